"""What a run has before it is told from the ledger and the names and sizes of the files, before Spark reads one."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from pyspark.sql import functions as F

from twinlake.declare.hospital import read_hospital
from twinlake.engine import pending
from twinlake.engine.home import Home
from twinlake.engine.ops import State
from twinlake.engine.pending import COMPILED, INTERPRETED, QUICK_JAVA, pending_bytes, suited_session
from twinlake.engine.run import Run
from twinlake.plan import read_plan

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

FILE = "st_mary/synthea_csv/2026-11-01/patients.csv"
OLD, NEW = "st_mary/synthea_csv/2026-10-01/patients.csv", "st_mary/synthea_csv/2026-11-02/patients.csv"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    hospital = tmp_path / "feeds" / "st_mary"
    hospital.mkdir(parents=True)
    (hospital / "hospital.toml").write_text(
        'name = "St Mary"\ntime_zone = "Europe/Dublin"\nidentifier_namespace = "urn:m"\n'
    )
    plan = read_plan()
    person = plan.tables["person"]
    monkeypatch.setattr(pending, "consumed", lambda run, table: State({}, "as declared, by model 1"))
    return Run(
        Home(tmp_path / "home", tmp_path / "feeds"), "run-2", datetime(2026, 11, 1, tzinfo=UTC),
        {"st_mary": read_hospital(hospital)}, plan.systems, {"person": person}, {person.full_name: "as declared"},
        lambda _: (),
    )  # fmt: skip


def lay(run: Run, path: str, size: int) -> None:
    file = run.home.feeds / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"x" * size)


def landed(run: Run, path: str, size: int, run_id: str) -> None:
    run.ops.append("landing_ledger", [{"hospital": "st_mary", "path": path, "bytes": size, "run_id": run_id}])


def publish(run: Run, run_id: str) -> None:
    run.ops.append("run", [{"run_id": run_id, "stage": "publish", "state": "done"}])


def test_files_that_are_new_or_have_another_size_are_before_a_run(run: Run) -> None:
    lay(run, FILE, 100)
    lay(run, OLD, 30)
    landed(run, OLD, 20, "run-1")
    publish(run, "run-1")
    assert pending_bytes(run) == 100 + 30


def test_a_zipped_file_counts_for_what_it_holds(run: Run) -> None:
    lay(run, f"{FILE}.gz", 100)
    landed(run, f"{OLD}.gz", 20, "run-1")
    assert pending_bytes(run) == 8 * (100 + 20)


def test_what_landed_and_was_not_published_is_before_a_run(run: Run) -> None:
    lay(run, FILE, 100)
    landed(run, FILE, 100, "run-1")
    assert pending_bytes(run) == 100
    publish(run, "run-1")
    assert pending_bytes(run) == 0


def test_what_a_killed_run_landed_is_published_with_the_run_after_it(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    lay(run, FILE, 100)
    landed(run, FILE, 100, "killed")
    monkeypatch.setattr(pending, "consumed", lambda run, table: State({"ops.landing_ledger": 0}, "as declared"))
    publish(run, "run-0")
    landed(run, OLD, 20, "killed again")
    run.ops.append("run", [{"run_id": run.run_id, "stage": "ingest", "state": "done"}])
    assert pending_bytes(run) == 20
    run.ops.append("run", [{"run_id": "run-1", "stage": "curate:person", "state": "done"}])
    assert pending_bytes(run) == 120, "nothing tells yet that the day behind it is over"


def test_a_table_of_another_declaration_is_made_of_all_that_ever_landed(run: Run) -> None:
    landed(run, OLD, 20, "run-1")
    landed(run, FILE, 100, "run-1")
    publish(run, "run-1")
    run.fingerprints = {"silver.person": "declared otherwise"}
    assert pending_bytes(run) == 120


@pytest.mark.parametrize(
    ("size", "rows", "evaluated", "java"),
    [
        (10, 7, INTERPRETED, QUICK_JAVA),
        (11, 7, COMPILED, ()),
        (10, 8, COMPILED, ()),
        (10, None, INTERPRETED, QUICK_JAVA),
    ],
)
def test_few_bytes_beside_few_rows_are_interpreted_and_many_of_either_compiled(
    run: Run, monkeypatch: pytest.MonkeyPatch, size: int, rows: int | None, evaluated: dict[str, str],
    java: tuple[str, ...],
) -> None:  # fmt: skip
    monkeypatch.setattr(pending, "FEW_BYTES", 10)
    monkeypatch.setattr(pending, "FEW_ROWS", 7)
    monkeypatch.setattr(run.ops, "state", lambda table: None if rows is None else State({}, "as declared", rows))
    lay(run, NEW, size)
    said: dict[str, str] = {}
    started = []

    def start(java_options: tuple[str, ...]) -> SimpleNamespace:
        started.append(java_options)
        return SimpleNamespace(conf=SimpleNamespace(set=said.__setitem__))

    monkeypatch.setattr(pending, "start_session", start)
    suited_session(run)
    assert (said, started) == (evaluated, [java])


SAME_EITHER_WAY = (
    "upper(text)", "initcap(text)", "regexp_replace(text, '[^A-Za-z]', '')", "try_cast(text AS DECIMAL(38, 6))",
    "xxhash64(text, n)", "sha2(text, 256)", "n / 3", "CAST(n / 3 AS STRING)", "round(n * 0.15, 2)",
    "to_utc_timestamp(CAST('2026-03-08 02:30:00' AS TIMESTAMP), 'America/New_York')",
    "transform(split(text, ' '), x -> length(x))", "from_json('{\"a\": 5.10}', 'a STRING').a",
)  # fmt: skip


def test_rows_are_the_same_compiled_or_interpreted(spark: SparkSession) -> None:
    rows = spark.createDataFrame([("Straße 12", 7.0), ("İÅ ǆ", float("nan")), ("5.10", -0.0)], "text string, n double")
    rows = rows.unionByName(rows).repartition(2)
    before = {name: spark.conf.get(name) for name in INTERPRETED}
    found = []
    for way in (COMPILED, INTERPRETED):
        for name, value in way.items():
            spark.conf.set(name, value)
        summed = rows.groupBy("text").agg(*(F.to_json(F.collect_set(F.expr(each))) for each in SAME_EITHER_WAY))
        found.append(sorted(map(repr, summed.collect())))
    for name, value in before.items():
        spark.conf.set(name, value)
    assert found[0] == found[1] and len(found[0]) == 3
