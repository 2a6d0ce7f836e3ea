"""What is of an erased person does not land, is counted, and is found wherever it still stands; nothing needs Spark."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from tests.support.erasure_sample import NOW, place, subject
from tests.support.landing_sample import AS_OF, SYSTEMS, TOY, VISIT, bronze, land, landed_row, lay, toy_run
from twinlake.declare.decision import Decision
from twinlake.declare.errors import ConfigurationError, DataError
from twinlake.declare.expressions import key_of
from twinlake.declare.source import Feed, csv_feed
from twinlake.engine import resolution, withdrawal
from twinlake.engine.counting import counting_now
from twinlake.engine.decisions import decisions_of, record_decision
from twinlake.engine.erased import Erased, hash_of, read_erased, register
from twinlake.engine.ingest import ALL_ERASED, unfinished
from twinlake.engine.integrity import missing_records, unbalanced_files
from twinlake.engine.ledger import NONE_READABLE, read_ledger
from twinlake.engine.ops import State, as_batch
from twinlake.engine.publication import Publication
from twinlake.engine.quarantine import Quarantine
from twinlake.engine.replay import Mended, _refuse_erased
from twinlake.engine.resolution import _held, has_moved, strangers
from twinlake.engine.staging import Naming
from twinlake.engine.subject import Held, Place, Subject
from twinlake.engine.wire import Fault, Record
from twinlake.engine.withdrawal import (
    corrected,
    from_bronze,
    from_decisions,
    from_file_schemas,
    from_ledger,
    from_quarantine,
)

PERSONS = "id,name,note\n1,Ann,x\n2,Bob,y\n2,Bob,y\n1,Ann,z\n"


NUMBERS = ("records_in", "landed", "quarantined", "duplicates", "erased")


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


def test_a_snapshot_of_erased_persons_alone_takes_back_what_it_took_back_of_others(tmp_path: Path) -> None:
    run = toy_run(tmp_path)
    lay(run.home.feeds, {"h/toy/2026-10-01/persons.csv": PERSONS})
    land(run)
    register(run.ops, "e1", [hash_of("h", "toy", "1")], [])
    lay(run.home.feeds, {"h/toy/2026-10-02/persons.csv": "id,name,note\n1,Ann,x\n"})
    assert land(toy_run(tmp_path, "run-2")) == 0
    assert row(run, "h/toy/2026-10-02/persons.csv") == [1, 0, 0, 0, 1, "landed"]
    counts = counting_now(read_ledger(run.ops), SYSTEMS)["h", "toy", "persons"]
    assert {file.path for file in counts} == {"h/toy/2026-10-02/persons.csv"}


def test_a_file_of_which_nothing_can_be_read_takes_nothing_back_though_some_of_it_is_erased(tmp_path: Path) -> None:
    run, broken = toy_run(tmp_path), '{"id": "v1", "subject": {"reference": "1"'
    register(run.ops, "e1", [], [hash_of("h", "toy", broken)])
    lay(run.home.feeds, {"h/toy/visit-1.ndjson": f'{broken}\n{{"id": "v2"\n', "h/toy/visit-2.ndjson": broken})
    land(run)
    assert row(run, "h/toy/visit-1.ndjson") == [2, 0, 1, 0, 1, "quarantined"]
    assert row(run, "h/toy/visit-2.ndjson") == [1, 0, 0, 0, 1, "empty"]


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


def test_a_file_that_landed_counts_though_all_of_it_was_theirs() -> None:
    rows = [landed_row("a", 1, records_in=2, landed=1, quarantined=1), landed_row("b", 1),
            landed_row("c", 1, landed=0, quarantined=1, status="quarantined", reason=NONE_READABLE)]  # fmt: skip
    held = (Held("quarantine.toy_persons", "a", 1, None, "x"), Held("quarantine.toy_persons", "c", 0, None, "y"))
    after = corrected(rows, subject(place(0), held=held))
    assert [(r["status"], r["reason"], r["erased"]) for r in after] == [
        ("landed", ALL_ERASED, 2), ("landed", "", 0), ("empty", ALL_ERASED, 1),
    ]  # fmt: skip


def test_a_file_named_for_them_loses_its_name_but_counts() -> None:
    rows = [
        landed_row("h/toy/p-123456.csv", 1, delivery="2026-10-01"),
        landed_row("h/toy/p-1234567.csv", 1),
        landed_row("h/toy/old-p-123456.csv", 1, landed=0, records_in=0, status="empty"),
        landed_row("h/toy/bad-p-123456.csv", 1, landed=0, quarantined=1, status="quarantined", reason="r: no CSV"),
    ]
    hers = [place(0, path=r["path"]) for r in rows[:1]]
    left = corrected(rows, subject(*hers, persons=(("h", "toy", "p-123456"),)))
    assert [(r["path"], r["sha256"], r["status"], r["erased"]) for r in left] == [
        ("h/toy/2026-10-01/(erased)", "", "landed", 1), ("h/toy/p-1234567.csv", "a", "landed", 0),
    ]  # fmt: skip


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


def test_a_record_under_an_old_id_is_seen_by_their_number(tmp_path: Path) -> None:
    run = toy_run(tmp_path)
    lay(
        run.home.feeds, {"h/toy/2026-10-01/persons.csv": "id,name,note\n1,Ann,999-12-3456\n2,Bob,2026-10-10\n3,Ann,x\n"}
    )
    land(run)
    ann = replace(subject(persons=(("h", "toy", "3"),)), numbers=("20261010", "999123456"))
    assert strangers(run.ops, ann) == [("h/toy/2026-10-01/persons.csv", 0)]


def test_nobody_is_erased_while_persons_are_not_linked_by_what_landed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = toy_run(tmp_path)
    run.ops.append("landing_ledger", [landed_row("a", 1)])
    states = {"empi.source_person": State({"ops.landing_ledger": 0}), "empi.person_link": State()}
    monkeypatch.setattr(resolution, "consumed", lambda run, table: states.get(table))
    resolution.refuse_unlinked(run)
    run.ops.append("landing_ledger", [landed_row("stopped", 2, landed=0, status="quarantined")])
    resolution.refuse_unlinked(run)
    run.ops.append("landing_ledger", [landed_row("b", 3)])
    with pytest.raises(ConfigurationError, match="not linked yet"):
        resolution.refuse_unlinked(run)
    states["empi.source_person"] = State({"ops.landing_ledger": 2})
    resolution.refuse_unlinked(run)
    states["empi.person_link"] = State({"ops.landing_ledger": 1})
    with pytest.raises(ConfigurationError, match="not linked yet"):
        resolution.refuse_unlinked(run)


def test_records_in_bronze_of_a_file_that_does_not_count_are_told(tmp_path: Path) -> None:
    run = toy_run(tmp_path)
    lay(run.home.feeds, {"h/toy/2026-10-01/persons.csv": PERSONS})
    land(run)
    last = run.ops.rows("landing_ledger")[0]
    stood = {**last, "landed": 0, "erased": last["landed"], "status": "empty", "reason": ALL_ERASED}
    write_deltalake(run.ops.path("ops.landing_ledger"), as_batch("landing_ledger", [stood]), mode="overwrite")
    assert list(missing_records(run.ops)) == [
        "bronze.toy_persons: h/toy/2026-10-01/persons.csv has 3 records, its ledger says 0"
    ]


def held_row(table: str, **said: object) -> dict:
    return {"hospital": "h", "system": "toy", "feed": table.removeprefix("quarantine.toy_"), "rule": "r",
            "path": "h/toy/a", "record_offset": 0, "file_hash": "new", **said}  # fmt: skip


def test_of_quarantine_only_what_is_theirs_goes(tmp_path: Path) -> None:
    ops = toy_run(tmp_path).ops
    strip = Feed(name="strip", files=r"(?P<person>[^/]+)\.csv", wire="csv", schema="mg string", delivery="increment")
    feeds = {("toy", feed.name): feed for feed in (VISIT, strip)}
    ann = subject(place(0, sha256="old", path="h/toy/a"), persons=(("h", "toy", "p-ann"),))
    rows = {
        "quarantine.toy_visit": [
            {"raw_record": '{"of": "p-ann"', "path": "h/toy/b"},
            {"raw_record": '{"of": "p-bob"'},  # what stood there before the file was corrected was hers
        ],
        "quarantine.toy_strip": [
            {"raw_record": "x", "path": "h/toy/p-ann.csv"},
            {"raw_record": "seen with p-ann", "path": "h/toy/p-bob.csv"},
        ],
        "quarantine.measurement": [
            {"raw_record": '{"of": "p-baby", "mother": "p-ann"}', "record_offset": 5, "unit": 9, "record_id": 1},
            {"unit": ann.keys[0], "path": None, "record_offset": None, "file_hash": None, "record_id": 2},
            {"unit": 9, "file_hash": "old", "record_id": 3},
            {"unit": 9, "path": None, "record_offset": None, "file_hash": None, "record_id": 4},
        ],
    }
    for table, held in rows.items():
        Quarantine(ops, table).replace_units(None, [held_row(table, **row) for row in held])
    theirs = tuple(_held(ops, feeds, ann))
    assert [(h.table.removeprefix("quarantine."), h.path, h.record_id) for h in theirs] == [
        ("measurement", None, 2), ("measurement", "h/toy/a", 3),
        ("toy_strip", "h/toy/p-ann.csv", None), ("toy_visit", "h/toy/b", None),
    ]  # fmt: skip
    for table in rows:
        from_quarantine(ops, table, theirs)
    assert {table: len(Quarantine(ops, table).rows()) for table in rows} == {
        "quarantine.toy_visit": 1, "quarantine.toy_strip": 1, "quarantine.measurement": 2,
    }  # fmt: skip


def test_of_rows_of_one_unit_in_quarantine_only_theirs_go(tmp_path: Path) -> None:
    ops, table = toy_run(tmp_path).ops, "quarantine.care_site"
    nowhere = {"path": None, "record_offset": None, "file_hash": None, "unit": 7}
    Quarantine(ops, table).replace_units(None, [held_row(table, **nowhere, record_id=n) for n in (1, 2)])
    from_quarantine(ops, table, (Held(table, None, None, 7, "", 1),))
    assert [row["record_id"] for row in Quarantine(ops, table).rows()] == [2]


def test_what_a_steward_decides_meanwhile_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ops, left = toy_run(tmp_path).ops, withdrawal._left

    def decides(other: str) -> None:
        record_decision(ops, Decision("reject", ("h/toy/1",) if other == "9" else ("h/toy/7",), (f"h/toy/{other}",),
                                      "steward", "seen", NOW))  # fmt: skip

    def meanwhile(*given: Any) -> Any:
        decides("8")
        return left(*given)

    decides("9")
    monkeypatch.setattr(withdrawal, "_left", meanwhile)
    assert from_decisions(ops, subject()) == 1
    assert [(d.one, d.other) for d in decisions_of(ops)] == [(("h/toy/7",), ("h/toy/8",))]


STRIP = csv_feed("strip", r"(?P<person>[^/]+)\.csv", "mg,at", "increment")


def test_what_cannot_be_read_of_a_file_that_is_named_for_them_does_not_come_back(tmp_path: Path) -> None:
    erased = Erased(frozenset([hash_of("h", "toy", "p-ann")]))
    fault = Fault(1, "whatever", "unreadable", "")
    strips = [Naming(STRIP, f"{name}.csv", erased.in_file(f"h/toy/{name}.csv")) for name in ("p-ann", "p-bob")]
    assert [naming.is_erased(fault) for naming in strips] == [True, False]


def test_a_record_that_is_mended_is_theirs_where_its_file_is(tmp_path: Path) -> None:
    run = replace(toy_run(tmp_path), systems={"toy": replace(TOY, feeds=(STRIP,))})
    register(run.ops, "e1", [hash_of("h", "toy", "p-ann")], [])
    for name, is_theirs in (("p-ann", True), ("p-bob", False)):
        path = f"h/toy/{name}.csv"
        mended = [(Mended(path, 1, "5,6"), [Record(1, "5,6", None, None, None, None)])]
        with pytest.raises(DataError, match="erased") if is_theirs else nullcontext():
            _refuse_erased(run, mended, {(path, ""): {"system": "toy", "feed": "strip"}})


def test_a_landing_of_which_all_was_erased_is_finished(tmp_path: Path) -> None:
    run = toy_run(tmp_path)
    lay(run.home.feeds, {"h/toy/2026-10-01/persons.csv": "id,name,note\n1,Ann,x\n"})
    land(run)
    hers = Place("bronze.toy_persons", "h/toy/2026-10-01/persons.csv", run.ops.rows("landing_ledger")[0]["sha256"],
                 datetime(2026, 10, 1, tzinfo=UTC).isoformat(), "run-1", 0)  # fmt: skip
    from_ledger(run.ops, subject(hers), "{}")
    assert run.ops.rows("landing_ledger")[0]["landed"] == 0
    assert not list(unfinished(toy_run(tmp_path, "run-2"), "h", "bronze.toy_persons"))


def test_a_file_named_for_them_is_in_no_table_of_files(tmp_path: Path) -> None:
    ops = toy_run(tmp_path).ops
    paths = ["h/toy/p-bob.csv", "h/toy/p-ann.csv", "h/toy/p-ann-of-others.csv"]
    ops.append("file_schema", [{"path": path, "layout": "a", "system": "toy", "feed": "strip"} for path in paths])
    ops.append("landing_ledger", [landed_row(path, 1) for path in (paths[0], paths[2])])
    for _ in range(2):
        from_file_schemas(ops, subject(persons=(("h", "toy", "p-ann"),)))
        assert [r["path"] for r in ops.rows("file_schema")] == [paths[0], paths[2]]
        assert [r["layout"] for r in ops.rows("file_schema")] == ["a", "a"]


def test_who_stands_in_quarantine_alone_can_be_erased(tmp_path: Path) -> None:
    ops = toy_run(tmp_path).ops
    table = "quarantine.toy_visit"
    Quarantine(ops, table).replace_units(None, [held_row(table, raw_record='{"of": "p-ann"')])
    asked = (Publication("p", AS_OF, 1, {}, {}, {}), {("toy", "visit"): VISIT})
    found = resolution.resolve(ops, *asked, "h/toy/p-ann", "dpo", "asked", NOW)
    assert (len(found.held), found.places, found.persons) == (1, (), (("h", "toy", "p-ann"),))
    with pytest.raises(ConfigurationError, match="nobody of this lake"):
        resolution.resolve(ops, *asked, "h/toy/p-cleo", "dpo", "asked", NOW)
