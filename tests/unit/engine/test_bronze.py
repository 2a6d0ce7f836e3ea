"""Bronze files as a landing makes them: sorted by person, cut to size, with nothing of a person in the log."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.support.landing_sample import VISIT, bronze, land, lay, toy_run
from twinlake.declare.expressions import key_of, surrogate_key
from twinlake.engine import bronze as engine_bronze
from twinlake.engine import ingest as engine_ingest
from twinlake.engine.bronze import BRONZE, Part, Source, parts, write_part
from twinlake.engine.staging import stage

AT = datetime(2026, 11, 1, 8, 30, 0, 250, tzinfo=UTC)


def visit(number: int, person: str | None) -> str:
    of = f',"subject":{{"reference":"Patient/{person}"}}' if person else ""
    return f'{{"id":"v{number}"{of}}}\n'


def staged(folder: Path, name: str, text: str) -> Source:
    (folder / name).write_text(text)
    target = folder / f"{name}.parquet"
    list(stage(folder / name, VISIT, target, f"h/toy/{name}"))
    return Source(target, "h", "toy", f"h/toy/{name}", "sha", AT)


def written(folder: Path, *sources: Source) -> list[tuple[dict, list[dict]]]:
    """What is told of each file, and its rows in the order they stand."""
    told = list(write_part(Part("bronze.toy_visit", folder / "lake", sources, "run", AT)))
    return [(said, pq.read_table(folder / "lake" / said["name"]).to_pylist()) for said in told]


def test_a_person_stands_together_in_a_file_in_the_order_of_files_and_places(tmp_path):
    one = staged(tmp_path, "visit1.ndjson", visit(1, "ada") + visit(2, "bo") + visit(3, "ada") + visit(4, None))
    two = staged(tmp_path, "visit2.ndjson", visit(5, "bo") + visit(6, "ada"))
    ((said, rows),) = written(tmp_path, one, two)
    keys = [row["source_person_key"] for row in rows]
    assert keys == sorted(keys) and len(set(keys)) == 3
    order = {person: [r["record_key"] for r in rows if r["source_person_id"] == person] for person in ("ada", "bo")}
    assert order == {"ada": ["v1", "v3", "v6"], "bo": ["v2", "v5"]}
    assert list(rows[0]) == BRONZE.names and {(r["_run_id"], r["delivered_at"]) for r in rows} == {("run", AT)}
    stats = json.loads(said["stats"])
    assert (stats["numRecords"], stats["minValues"]["path"], stats["maxValues"]["path"]) == (6, one.path, two.path)
    assert (stats["minValues"]["record_offset"], stats["maxValues"]["record_offset"]) == (0, 3)
    assert stats["maxValues"]["delivered_at"] == "2026-11-01T08:30:00.000250+00:00"
    assert not {"ada", "bo"} & set(said["stats"].split('"')), "an identifier in the log"


def test_what_is_too_much_for_a_file_becomes_several_and_what_is_little_shares_one(tmp_path, monkeypatch):
    sources = [staged(tmp_path, f"visit{n}.ndjson", visit(n, "ada")) for n in range(4)]
    (alone,) = parts("t", tmp_path, sources, "run", AT)
    assert [s.path for s in alone.sources] == [s.path for s in sources]
    monkeypatch.setattr(engine_bronze, "FILE_BYTES", 1)
    assert [len(p.sources) for p in parts("t", tmp_path, sources, "run", AT)] == [1, 1, 1, 1]
    files = written(tmp_path, *sources)
    assert [[r["record_key"] for r in rows] for _, rows in files] == [["v0"], ["v1"], ["v2"], ["v3"]]
    assert len({said["name"] for said, _ in files}) == 4


def test_a_file_says_what_stands_on_each_of_its_pages(tmp_path, monkeypatch):
    monkeypatch.setattr(engine_bronze, "PAGE_ROWS", 2)
    source = staged(tmp_path, "visit1.ndjson", "".join(visit(n, f"p{n}") for n in range(10)))
    ((said, _),) = written(tmp_path, source)
    columns = pq.ParquetFile(tmp_path / "lake" / said["name"]).metadata.row_group(0)
    pages = {name: columns.column(n) for n, name in enumerate(BRONZE.names)}
    assert all(page.has_offset_index for page in pages.values())
    assert pages["source_person_key"].has_column_index
    assert not pages["raw_record"].has_column_index and not pages["source_person_id"].is_stats_set


@pytest.mark.parametrize("texts", [("h", "toy", "p1"), ("ü🏥", "", "a" * 70), ("h", "toy", None), (None, None, None)])
def test_a_key_is_the_same_with_spark_and_without(spark, texts):
    row = spark.createDataFrame([texts], "a string, b string, c string").select(surrogate_key("a", "b", "c")).first()
    assert key_of(*texts) == row[0]


def test_a_landing_on_the_executors_is_the_landing_without_them(spark, tmp_path, monkeypatch):
    files = {f"h/toy/visit{n}.ndjson": visit(n, "ada") + "{\n" + visit(n, "ada") for n in range(3)}
    found = []
    for name, small in (("here", 1 << 20), ("spread", 0)):
        monkeypatch.setattr(engine_ingest, "SMALL", small)
        lay(tmp_path / name / "feeds", files)
        run = toy_run(tmp_path / name, spark=spark)
        assert land(run) == 3
        found.append(bronze(run, "visit"))
    assert found[0] == found[1] and len(found[0]) == 3


def test_a_small_landing_starts_no_spark(tmp_path):
    lay(tmp_path / "feeds", {"h/toy/visit.ndjson": visit(1, "ada")})
    assert land(toy_run(tmp_path, spark=None)) == 1
