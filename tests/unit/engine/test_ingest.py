"""What lands, under whatever name, however often, and killed in between."""

from __future__ import annotations

import gzip
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

import pytest

from tests.support.landing_sample import SYSTEMS, bronze, land, landed_row, lay, toy_run
from twinlake.declare.source import System, csv_feed
from twinlake.engine import ingest as engine_ingest
from twinlake.engine.ingest import new_files, refused_rows
from twinlake.engine.integrity import missing_records, unbalanced_files
from twinlake.engine.ledger import NONE_READABLE, Ledger, read_ledger
from twinlake.engine.records import Records

HEAD = "id,name,note\n"
ADA, BO = HEAD + "1,Ada,well\n2,Bo,ill\n", HEAD + "1,Ada,worse\n2,Bo,ill\n"
HOSTILE = "St [A] {b,c} 'x' %20 ü*?"


def visit(number, person="1"):
    return f'{{"id":"v{number}","subject":{{"reference":"Patient/{person}"}}}}\n'


def test_files_of_every_name_and_state_are_landed_or_told(spark, tmp_path):
    odd = ("it's", "a%20b", "a b", '"q"', "new\nline", "ü🏥", "[1]{a,b}*?", "`;--", "a:b")
    names = [f"visit {name}.ndjson" for name in odd]
    files = {f"{HOSTILE}/toy/{name}": visit(n) + "{\n" + visit(n) for n, name in enumerate(names)}
    cut = gzip.compress(ADA.encode())[:-9]
    lay(tmp_path / "feeds", {
        **files, f"{HOSTILE}/toy/persons.csv": HEAD, f"{HOSTILE}/toy/2026-10-01/persons.csv.gz": cut,
        f"{HOSTILE}/toy/notes.csv": "nom,remarque,id\nx,y,1\n", f"{HOSTILE}/toy/x.bin": b"\x00", f"{HOSTILE}/hl8/a": "",
    })  # fmt: skip
    run = toy_run(tmp_path, spark=spark)
    assert land(run, HOSTILE) == len(names)
    told = {path: (row["status"], row["landed"], row["quarantined"], row["duplicates"])
            for path, row in read_ledger(run.ops).current.items()}  # fmt: skip
    assert told == {
        **{path: ("landed", 1, 1, 1) for path in files},
        f"{HOSTILE}/toy/persons.csv": ("empty", 0, 0, 0),
        f"{HOSTILE}/toy/2026-10-01/persons.csv.gz": ("quarantined", 0, 1, 0),
        f"{HOSTILE}/toy/notes.csv": ("quarantined", 0, 1, 0), f"{HOSTILE}/toy/x.bin": ("unknown", 0, 0, 0),
        f"{HOSTILE}/hl8/a": ("unknown", 0, 0, 0),
    }  # fmt: skip
    assert {row[0] for row in bronze(run, "visit")} == set(files)
    assert not [*unbalanced_files(run.ops), *missing_records(run.ops)]
    assert new_files(run.home.feeds, HOSTILE, SYSTEMS, read_ledger(run.ops)) == []


def test_a_content_that_comes_back_lands_again_and_bronze_keeps_all(spark, tmp_path):
    for number, text in enumerate((ADA, BO, ADA), 1):
        lay(tmp_path / "feeds", {"h/toy/persons.csv": text, "h/toy/same as.visit": ""})
        run = toy_run(tmp_path, f"run-{number}", spark, day=number)
        assert land(run) == 2
    assert [row[2] for row in bronze(run, "persons")] == ["1,Ada,well", "1,Ada,worse", "1,Ada,well", *["2,Bo,ill"] * 3]
    assert not list(missing_records(run.ops))


def test_a_landing_killed_before_its_ledger_is_as_if_it_had_not_been(spark, tmp_path, monkeypatch):
    lay(tmp_path / "feeds", {"h/toy/visit1.ndjson": visit(1)})
    run = toy_run(tmp_path, "same run", spark)
    land(run)
    lay(tmp_path / "feeds", {"h/toy/visit2.ndjson": visit(2)})
    with monkeypatch.context() as killed:
        killed.setattr(run.ops, "append", lambda *a: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            land(run)
    assert len(bronze(run, "visit")) == 2
    lay(tmp_path / "feeds", {"h/toy/visit3.ndjson": visit(3)})
    land(toy_run(tmp_path, "same run", spark))
    assert [row[4] for row in bronze(run, "visit")] == ["v1", "v2", "v3"]
    with monkeypatch.context() as killed:
        lay(tmp_path / "feeds", {"h/toy/visit4.ndjson": visit(4)})
        other = toy_run(tmp_path, "other run", spark)
        killed.setattr(other.ops, "append", lambda *a: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            land(other)
    land(toy_run(tmp_path, "third run", spark))
    assert [row[4] for row in bronze(run, "visit")] == ["v1", "v2", "v3", "v4"]


def test_a_killed_landing_is_taken_back_also_where_nothing_of_its_file_can_be_read_any_more(
    spark, tmp_path, monkeypatch
):
    lay(tmp_path / "feeds", {"h/toy/visit1.ndjson": visit(1)})
    run = toy_run(tmp_path, "killed", spark)
    with monkeypatch.context() as killed:
        killed.setattr(run.ops, "append", lambda *a: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            land(run)
    lay(tmp_path / "feeds", {"h/toy/visit1.ndjson": "{\n"})
    assert land(toy_run(tmp_path, "next run", spark)) == 0
    assert bronze(run, "visit") == []


def test_a_landing_killed_after_its_hospital_was_accepted_again_is_taken_back(spark, tmp_path, monkeypatch):
    lay(tmp_path / "feeds", {"h/toy/visit1.ndjson": visit(1)})
    run = toy_run(tmp_path, "accepting run", spark)
    run.ops.append("landing_ledger", [landed_row("h/hospital.toml", 1, feed=None, status="accepted", landed=0,
                                                 run_id="accepting run")])  # fmt: skip
    with monkeypatch.context() as killed:
        killed.setattr(run.ops, "append", lambda *a: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            land(run)
    assert len(bronze(run, "visit")) == 1
    land(toy_run(tmp_path, "next run", spark))
    assert len(bronze(run, "visit")) == 1
    assert not list(missing_records(run.ops))


def test_a_run_cleared_and_killed_in_its_second_landing_is_taken_back_by_another(spark, tmp_path, monkeypatch):
    lay(tmp_path / "feeds", {"h/toy/visit1.ndjson": visit(1)})
    land(toy_run(tmp_path, "cleared", spark))
    lay(tmp_path / "feeds", {"h/toy/visit2.ndjson": visit(2)})
    run = toy_run(tmp_path, "cleared", spark)
    with monkeypatch.context() as killed:
        killed.setattr(run.ops, "append", lambda *a: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            land(run)
    land(toy_run(tmp_path, "another", spark))
    assert [row[4] for row in bronze(run, "visit")] == ["v1", "v2"]


def test_a_snapshot_of_which_nothing_can_be_read_withdraws_nothing_and_breaks_no_later_step(spark, tmp_path):
    bad = HEAD + "1,Ada,well,x\n2,Bo,ill,x\n"
    lay(tmp_path / "feeds", {"h/toy/2026-10-01/persons.csv": bad})
    run = toy_run(tmp_path, "first", spark)
    assert land(run) == 0
    row = read_ledger(run.ops).current["h/toy/2026-10-01/persons.csv"]
    assert (row["status"], row["quarantined"], row["reason"]) == ("quarantined", 2, NONE_READABLE)
    assert Records(run, read_ledger(run.ops)).current("toy", "persons") is None, (
        "no table of bronze, and none asked for"
    )
    lay(tmp_path / "feeds", {"h/toy/2026-10-02/persons.csv": ADA, "h/toy/2026-10-03/persons.csv": bad})
    land(toy_run(tmp_path, "second", spark))
    known = Records(run, read_ledger(run.ops)).current("toy", "persons")
    assert sorted(r["id"] for r in known.collect()) == ["1", "2"]


def test_hospitals_that_land_at_once_make_their_table_together(spark, tmp_path):
    hospitals = [f"h{n}" for n in range(6)]
    lay(tmp_path / "feeds", {f"{h}/toy/visit1.ndjson": visit(n) for n, h in enumerate(hospitals)})
    runs = [toy_run(tmp_path, f"run-{h}", spark) for h in hospitals]
    with ThreadPoolExecutor(len(runs)) as pool:
        assert list(pool.map(land, runs, hospitals)) == [1] * len(runs)
    assert len(bronze(runs[0], "visit")) == len(hospitals)
    assert not [*unbalanced_files(runs[0].ops), *missing_records(runs[0].ops)]


def test_a_file_is_new_by_its_content_and_its_verdict(tmp_path):
    lay(tmp_path, {"h/toy/persons.csv": ADA, "h/toy/x.bin": "x"})
    everything = new_files(tmp_path, "h", SYSTEMS, Ledger(-1, ()))
    known = ("path", "feed", "reason")
    rows = tuple({**{n: getattr(f.found, n) for n in known}, "sha256": f.sha256, "sequence": 1} for f in everything)
    assert len(everything) == 2 and new_files(tmp_path, "h", SYSTEMS, Ledger(0, rows)) == []
    lay(tmp_path, {"h/toy/persons.csv": BO})
    assert [f.found.path for f in new_files(tmp_path, "h", SYSTEMS, Ledger(0, rows))] == ["h/toy/persons.csv"]
    assert [f.found.path for f in new_files(tmp_path, "h", {}, Ledger(0, rows))] == ["h/toy/persons.csv", "h/toy/x.bin"]


def test_a_window_takes_the_deliveries_of_its_days_only(tmp_path):
    lay(tmp_path, {f"h/toy/{day}visit.ndjson": "{}" for day in ("", "2026-10-01/", "2026-10-02/", "2026-10-03/")})
    found = new_files(tmp_path, "h", SYSTEMS, Ledger(-1, ()), (date(2026, 10, 1), date(2026, 10, 3)))
    assert [f.found.delivery for f in found] == ["2026-10-01", "2026-10-02"]


def test_a_file_that_cannot_be_opened_is_told(tmp_path, monkeypatch):
    def refuse(path):
        raise PermissionError

    lay(tmp_path, {"h/toy/visit.ndjson": "{}"})
    monkeypatch.setattr(engine_ingest, "sha256_of", refuse)
    (file,) = new_files(tmp_path, "h", SYSTEMS, Ledger(-1, ()))
    assert (file.found.feed, file.found.reason) == (None, "cannot be read (PermissionError)")


def test_a_refused_hospital_and_a_stray_file_are_told_once_and_a_mended_one_too(tmp_path):
    lay(tmp_path / "feeds", {"h/toy/visit.ndjson": "{}", "loose.txt": "x"})
    run = toy_run(tmp_path)

    def tell(refused, hospitals):
        run.hospitals = hospitals
        rows = refused_rows(run, refused, read_ledger(run.ops))
        run.ops.append("landing_ledger", rows)
        return [(row["path"], row["status"]) for row in rows]

    assert tell({"h": "no time zone"}, {}) == [("h/hospital.toml", "refused"), ("loose.txt", "unknown")]
    assert tell({"h": "no time zone"}, {"h": "as it was before"}) == []
    assert tell({}, {"h": None}) == [("h/hospital.toml", "accepted")]
    assert tell({}, {"h": None}) == []
    assert tell({"h": "no time zone"}, {}) == [("h/hospital.toml", "refused")]


def test_a_record_that_moved_in_a_partial_snapshot_is_the_former_persons_no_more(spark, tmp_path):
    stays = csv_feed("stays", r"stays\d\.csv", "id,who", "snapshot", key=("id",), person="who")
    toy = System("toy", "A system of tests.", (stays,), ())
    files = {"10-01/stays1": "id,who\n1,ada\n", "10-01/stays2": "id,who\n2,ada\n",
             "10-02/stays1": "id,who\n1,bo\n", "10-02/stays2": "id;who\n2;ada\n"}  # fmt: skip
    lay(tmp_path / "feeds", {f"h/toy/2026-{name}.csv": text for name, text in files.items()})
    run = replace(toy_run(tmp_path, "run-1", spark), systems={"toy": toy})
    land(run)
    records = Records(run, read_ledger(run.ops))
    stored = {row["source_person_id"]: row["source_person_key"] for row in records.bronze("toy", "stays").collect()}

    def ids(*names):
        return sorted(row["id"] for row in records.current("toy", "stays", [stored[n] for n in names]).collect())

    assert (ids("ada"), ids("bo"), ids("ada", "bo")) == (["2"], ["1"], ["1", "2"])
