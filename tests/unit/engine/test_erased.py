"""What is of an erased person does not land, is counted, and is found wherever it still stands; nothing needs Spark."""

from __future__ import annotations

import gzip
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.support.landing_sample import AS_OF, bronze, land, landed_row, lay, toy_run
from twinlake.declare.decision import Decision
from twinlake.declare.expressions import key_of
from twinlake.engine.decisions import decisions_of, record_decision
from twinlake.engine.erased import hash_of, read_erased, register
from twinlake.engine.ingest import ALL_ERASED
from twinlake.engine.integrity import missing_records, unbalanced_files
from twinlake.engine.ledger import NONE_READABLE
from twinlake.engine.resolution import has_moved, strangers
from twinlake.engine.subject import Held, Place, Subject, begin, begun, end, words
from twinlake.engine.whereabouts import Sought, search
from twinlake.engine.withdrawal import corrected, from_bronze, from_decisions, from_ledger

NOW = datetime(2026, 11, 2, tzinfo=UTC)
PERSONS = "id,name,note\n1,Ann,x\n2,Bob,y\n2,Bob,y\n1,Ann,z\n"
NUMBERS = ("records_in", "landed", "quarantined", "duplicates", "erased")


def subject(*places: Place, persons=(("h", "toy", "1"),), held: tuple[Held, ...] = ()) -> Subject:
    keys = tuple(key_of(*person) for person in persons)
    return Subject("1", "e1", "dpo", "asked", NOW.isoformat(), tuple(persons), keys, (), (), places, held)


def place(offset: int, run_id: str = "r", sha256: str = "a", path: str = "a") -> Place:
    return Place("bronze.toy_persons", path, sha256, AS_OF.isoformat(), run_id, offset)


def row(run, path: str) -> list:
    last = [r for r in run.ops.rows("landing_ledger") if r["path"] == path][-1]
    return [*(last[name] for name in NUMBERS), last["status"]]


def test_what_is_of_an_erased_person_is_counted_and_does_not_land(tmp_path: Path) -> None:
    run = toy_run(tmp_path)
    register(run.ops, "e1", [hash_of("h", "toy", "1")], [])
    lay(run.home.feeds, {"h/toy/2026-10-01/persons.csv": PERSONS, "g/toy/2026-10-01/persons.csv": PERSONS})
    assert land(run) == 1
    assert row(run, "h/toy/2026-10-01/persons.csv") == [4, 1, 0, 1, 2, "landed"]
    assert [found[5] for found in bronze(run, "persons")] == ["2"]
    assert not [*unbalanced_files(run.ops), *missing_records(run.ops)]
    # Another hospital's person of the same number is another person.
    assert land(run, "g") == 3
    assert row(run, "g/toy/2026-10-01/persons.csv") == [4, 3, 0, 1, 0, "landed"]


def test_a_snapshot_of_erased_persons_alone_takes_nothing_back(tmp_path: Path) -> None:
    run = toy_run(tmp_path)
    register(run.ops, "e1", [hash_of("h", "toy", "1")], [])
    lay(run.home.feeds, {"h/toy/2026-10-01/persons.csv": "id,name,note\n1,Ann,x\n"})
    assert land(run) == 0
    assert row(run, "h/toy/2026-10-01/persons.csv") == [1, 0, 0, 0, 1, "empty"]


def test_an_erased_record_that_nobody_can_read_is_not_quarantined_again(tmp_path: Path) -> None:
    run, broken = toy_run(tmp_path), '{"id": "v1", "subject": {"reference": "1"'
    register(run.ops, "e1", [], [hash_of("h", "toy", broken)])
    lay(run.home.feeds, {"h/toy/visit.ndjson": f'{broken}\n{{"id": "v2"\n{{"id": "v3"}}\n'})
    assert land(run) == 1
    assert row(run, "h/toy/visit.ndjson") == [3, 1, 1, 0, 1, "landed"]


def test_the_register_holds_hashes_once(tmp_path: Path) -> None:
    ops = toy_run(tmp_path).ops
    for _ in range(2):
        register(ops, "e1", [hash_of("h", "toy", "1")], [])
    assert [r["hash"] for r in ops.rows("erased")] == [hash_of("h", "toy", "1")]
    # sha256sum of h, unit separator, toy, unit separator, 1
    assert hash_of("h", "toy", "1") == "9fe10eb5dbf2a36a5dd69aa5d554f592"
    assert read_erased(ops).in_file("h/toy/a.csv") is not None


def test_each_landing_that_brought_them_is_corrected_and_no_other() -> None:
    rows = [
        landed_row("a", 1, records_in=5, landed=4, quarantined=1),
        landed_row("a", 2, "b", records_in=2, landed=2),
        landed_row("a", 3, records_in=5, landed=4, quarantined=1, run_id="r2"),
        landed_row("a", 4, records_in=5, landed=5, mended=1, run_id="mend"),
        landed_row("other", 1, records_in=1, landed=1),
    ]
    hers = [place(0), place(1), place(0, "r2"), place(1, "r2"), place(4, "mend"), place(0, "killed", "zz")]
    after = corrected(rows, subject(*hers))
    assert [[r[n] for n in NUMBERS] for r in after] == [
        [5, 2, 1, 0, 2], [2, 2, 0, 0, 0], [5, 2, 1, 0, 2], [5, 2, 0, 0, 3], [1, 1, 0, 0, 0],
    ]  # fmt: skip
    assert {r["status"] for r in after} == {"landed"}


def test_a_file_of_which_all_was_theirs_counts_no_more() -> None:
    rows = [landed_row("a", 1, records_in=2, landed=1, quarantined=1), landed_row("b", 1),
            landed_row("c", 1, landed=0, quarantined=1, status="quarantined", reason=NONE_READABLE)]  # fmt: skip
    held = (Held("quarantine.toy_persons", "a", 1, None, "x"), Held("quarantine.toy_persons", "c", 0, None, "y"))
    after = corrected(rows, subject(place(0), held=held))
    assert [(r["status"], r["reason"], r["erased"]) for r in after] == [
        ("empty", ALL_ERASED, 2), ("landed", "", 0), ("empty", ALL_ERASED, 1),
    ]  # fmt: skip


def test_a_file_named_for_them_leaves_the_ledger() -> None:
    rows = [landed_row("h/toy/p-123456.csv", 1), landed_row("h/toy/p-1234567.csv", 1)]
    hers = [place(0, path=r["path"]) for r in rows[:1]]
    left = corrected(rows, subject(*hers, persons=(("h", "toy", "p-123456"),)))
    assert [r["path"] for r in left] == ["h/toy/p-1234567.csv"]


def test_bronze_and_ledger_stay_in_step_however_often_it_is_done(tmp_path: Path) -> None:
    run = toy_run(tmp_path)
    path = "h/toy/2026-10-01/persons.csv"
    lay(run.home.feeds, {path: PERSONS})
    land(run)
    sha256 = run.ops.rows("landing_ledger")[0]["sha256"]
    delivered = datetime(2026, 10, 1, tzinfo=UTC).isoformat()
    hers = [Place("bronze.toy_persons", path, sha256, delivered, "run-1", n) for n in (0, 3)]
    keys = [key_of("h", "toy", "1")]
    assert [from_bronze(run.ops, "bronze.toy_persons", keys, "{}") for _ in range(2)] == [2, 0]
    assert [found[5] for found in bronze(run, "persons")] == ["2"]
    assert list(missing_records(run.ops))
    for _ in range(2):
        from_ledger(run.ops, subject(*hers), '{"erasure": "e1"}')
        assert row(run, path) == [4, 1, 0, 1, 2, "landed"]
    assert not [*unbalanced_files(run.ops), *missing_records(run.ops)]


def test_a_ledger_of_before_there_were_erasures_is_read_and_goes_on(tmp_path: Path) -> None:
    from deltalake import write_deltalake

    run = toy_run(tmp_path)
    old = {name: value for name, value in landed_row("a", 1).items() if name != "erased"}
    write_deltalake(run.ops.path("ops.landing_ledger"), pa.Table.from_pylist([old]))
    run.ops.append("landing_ledger", [landed_row("b", 2, records_in=2, erased=1)])
    assert [r["erased"] for r in run.ops.rows("landing_ledger")] == [None, 1]
    assert not list(unbalanced_files(run.ops))


def test_a_decision_keeps_what_it_says_of_others_and_one_taken_back_goes_whole(tmp_path: Path) -> None:
    ops = toy_run(tmp_path).ops

    def said(kind: str, one: str, other: str, why: str = "Ann's twin") -> Decision:
        made = Decision(kind, tuple(one.split()), tuple(other.split()), "steward", why, NOW)
        record_decision(ops, made)
        return made

    said("split", "h/toy/1 h/toy/3", "h/toy/2")
    said("reject", "h/toy/1", "h/toy/9")
    undone = said("accept", "h/toy/1 h/toy/5", "h/toy/6")
    record_decision(ops, Decision("undo", (), (), "steward", "wrong", NOW, undone.decision_id))
    others = said("reject", "h/toy/7", "h/toy/8", "seen")
    said("reject", "h/toy/7", "h/toy/9", "met ann there")
    theirs = replace(subject(), called=("Ann",))
    assert from_decisions(ops, theirs) == 4
    kept = {(d.kind, d.one, d.other, d.why) for d in decisions_of(ops)}
    assert kept == {("split", ("h/toy/3",), ("h/toy/2",), "(erased)"), ("reject", others.one, others.other, "seen"),
                    ("reject", ("h/toy/7",), ("h/toy/9",), "(erased)")}  # fmt: skip
    assert from_decisions(ops, theirs) == 0


def test_an_erasure_that_was_begun_is_kept_for_its_owner_alone_and_then_not_at_all(tmp_path: Path) -> None:
    home = toy_run(tmp_path).home
    theirs = subject(place(3), held=(Held("quarantine.x", None, None, 4, ""),))
    begin(home, theirs)
    assert begun(home) == theirs
    assert (home.path / "erasing.json").stat().st_mode & 0o077 == 0
    end(home)
    assert begun(home) is None


def test_records_that_others_are_told_of_too_are_seen(tmp_path: Path) -> None:
    run = toy_run(tmp_path)
    visit = '{{"id": "{}", "subject": {{"reference": "{}"}}, "seen_by": "{}"}}\n'
    lay(run.home.feeds, {"h/toy/visit-1.ndjson": visit.format("v1", "p-one", "") + visit.format("v2", "p-two", ""),
                         "h/toy/visit-2.ndjson": visit.format("v1", "p-three", "p-two")})  # fmt: skip
    land(run)

    def asked(person: str) -> Subject:
        at = Place("bronze.toy_visit", "h/toy/visit-1.ndjson", "", AS_OF.isoformat(), "run-1", 0)
        return subject(at, persons=(("h", "toy", person),))

    assert [has_moved(run.ops, asked(person)) for person in ("p-one", "p-two", "p-three")] == [True, False, True]
    assert strangers(run.ops, asked("p-two")) == [("h/toy/visit-2.ndjson", 0)]
    assert strangers(run.ops, asked("p-one")) == []


@pytest.mark.parametrize("name", ["nested", "number", "key", "json", "gz", "zip", "name", "half"])
def test_they_are_found_wherever_they_stand(tmp_path: Path, name: str) -> None:
    def parquet(file: str, **columns: pa.Array) -> None:
        pq.write_table(pa.table(columns), tmp_path / file)

    nested = pa.array([{"a": [{"b": "see P-77."}]}, {"a": [{"b": "see P-778"}]}])
    match name:
        case "nested":
            parquet("x.parquet", c=nested)
        case "number":
            parquet("x.parquet", c=pa.array([[1], [-5]]))
        case "key":
            parquet("x.parquet", c=pa.array([{"k": "p-77"}]))
        case "json":
            (tmp_path / "x.json").write_text('{"id": "p-77"}')
        case "gz":
            (tmp_path / "x.csv.gz").write_bytes(gzip.compress(b"1,P-77\n"))
        case "zip":
            with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr("y.txt", "P-77")
        case "name":
            (tmp_path / "P-77.txt").write_text("")
        case "half":
            (tmp_path / "x.parquet").write_bytes(b"PAR1 P-77")
    parquet("other.parquet", c=pa.array(["P-778", "xP-77", "P-77-1", "p_P-77"]), d=pa.array([5, 6, 7, 8]))
    left = search(tmp_path, [Sought(("P-77",), (-5,))])
    assert (left.files, len(left.found[0])) == (2, 1)
    assert not left.found[0][0].startswith("other")


def test_a_word_stands_between_what_is_no_letter() -> None:
    import re

    pattern = re.compile(words(["a.b(c"]))
    assert [bool(pattern.search(text)) for text in ("a.b(c", "/a.b(c,", "aXb(c", "xa.b(c", "a.b(c1")] == [
        True, True, False, False, False,
    ]  # fmt: skip
