"""A record that landed and reached nothing stops the run, again and again, until it is mended or declared."""

from __future__ import annotations

import dataclasses
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from deltalake import write_deltalake

from twinlake.declare.errors import DataError
from twinlake.declare.source import Implementation, System, csv_feed
from twinlake.declare.table import Table
from twinlake.engine.home import Home
from twinlake.engine.ingest import ingest, new_files
from twinlake.engine.ledger import read_ledger
from twinlake.engine.position import Position, last_said
from twinlake.engine.quarantine import Quarantine
from twinlake.engine.reconcile import _shares, misaccounted, reconcile
from twinlake.engine.records import Records, parse
from twinlake.engine.run import Run

HEADER = "id,person,kind"
PLACE = Table(
    name="place", layer="silver", meaning="m", grain="g", key=("_record_id",),
    columns=("person_id", "system", "_record_id"), required=frozenset(), unit="person_id", build=lambda: None,
    inputs=(), from_sources=("city",),
)  # fmt: skip
FEED = csv_feed("places", r"places\.csv", HEADER, "snapshot", key=("id",), person="person")
TOY = System("toy", "m", (FEED,), (Implementation("place", ("places",), lambda rows: rows),))


@pytest.fixture
def run(spark, tmp_path: Path) -> Run:
    """Four records landed, two of them one record that said two things; nothing is mapped yet."""
    file = tmp_path / "feeds" / "h" / "toy" / "places.csv"
    file.parent.mkdir(parents=True)
    file.write_text(f"{HEADER}\n1,p,good\n2,p,odd\n3,p,good\n3,p,better\n")
    home = Home(tmp_path / "home", tmp_path / "feeds")
    at = datetime(2026, 11, 1, tzinfo=UTC)
    made = Run(home, "r", at, {}, {"toy": TOY}, {"place": PLACE}, {}, lambda _: (), session=lambda: spark)
    ledger = read_ledger(made.ops)
    ingest(made, "h", new_files(home.feeds, "h", made.systems, ledger), ledger)
    return made


def store(run: Run, condition: str) -> None:
    """silver.place, as if these records had been mapped."""
    found = Records(run, read_ledger(run.ops)).current("toy", "places").where(condition)
    mapped = found.selectExpr("source_person_key as person_id", "system", "_record_id").toArrow()
    write_deltalake(run.ops.path("silver.place"), mapped, mode="overwrite")


def outcomes(run: Run) -> dict[str, int]:
    return {row["outcome"]: row["records"] for row in reconcile(run)}


@pytest.mark.parametrize(("compared_bytes", "most_repeated"), [(1 << 20, 9), (0, 9), (0, 0)])
def test_each_record_is_accounted_for_once(run: Run, monkeypatch, compared_bytes: int, most_repeated: int) -> None:
    """However it is found out which records were told more than once."""
    monkeypatch.setattr("twinlake.engine.records.COMPARED_BYTES", compared_bytes)
    monkeypatch.setattr("twinlake.engine.records.MOST_REPEATED", most_repeated)
    store(run, "true")
    assert outcomes(run) == {"mapped": 3, "superseded": 1}
    assert outcomes(run) == {}, "nothing changed since"


def test_feeds_are_shared_out_by_their_records() -> None:
    x, y, z = ("a", "x"), ("a", "y"), ("b", "z")
    assert _shares([x, y, z], {x: 10, y: 10, z: 30}, 2) == [[x, y], [z]]
    assert _shares([x, y, z], {x: 30, y: 10, z: 10}, 2) == [[x], [y, z]]
    assert _shares([x, y, z], {}, 3) == [[x], [y], [z]]
    assert _shares([x], {x: 7}, 2) == [[x]]


def test_a_lost_record_stops_this_run_and_the_next(run: Run) -> None:
    store(run, "kind <> 'odd'")
    for _ in range(2):
        with pytest.raises(DataError, match=r"h toy\.places: 1"):
            reconcile(run)


def test_a_record_that_its_own_parsing_loses_is_lost_too(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    store(run, "kind <> 'odd'")
    monkeypatch.setattr("twinlake.engine.accounts.parse", lambda *given: parse(*given).where("false"))
    told = dataclasses.replace(TOY, feeds=(dataclasses.replace(FEED, unmapped={"odd ones": "kind = 'odd'"}),))
    with pytest.raises(DataError, match=r"h toy\.places: 1"):
        reconcile(dataclasses.replace(run, systems={"toy": told}))


def test_a_reason_in_the_source_is_an_account(run: Run) -> None:
    store(run, "kind <> 'odd'")
    told = dataclasses.replace(TOY, feeds=(dataclasses.replace(FEED, unmapped={"odd ones": "kind = 'odd'"}),))
    assert outcomes(dataclasses.replace(run, systems={"toy": told})) == {"mapped": 2, "unmapped": 1, "superseded": 1}


def test_a_reason_that_is_taken_back_is_missed_at_once(run: Run) -> None:
    store(run, "kind <> 'odd'")
    told = dataclasses.replace(TOY, feeds=(dataclasses.replace(FEED, unmapped={"odd ones": "kind = 'odd'"}),))
    assert outcomes(dataclasses.replace(run, systems={"toy": told}))["unmapped"] == 1
    with pytest.raises(DataError, match=r"h toy\.places: 1"):
        reconcile(run)


@pytest.mark.parametrize("most_local", [0, 10])
def test_a_quarantine_that_lets_a_record_go_is_asked_where_it_went(run: Run, monkeypatch, most_local: int) -> None:
    monkeypatch.setattr("twinlake.engine.accounts.MOST_LOCAL", most_local)
    store(run, "kind <> 'odd'")
    odd = Records(run, read_ledger(run.ops)).current("toy", "places").where("kind = 'odd'").first()
    place = Quarantine(run.ops, "quarantine.place")
    held = {"rule": "r", "reason": "r", "hospital": "h", "system": "toy", "record_id": odd["_record_id"], "unit": 1}
    place.replace_units([1], [held])
    assert outcomes(run) == {"mapped": 2, "quarantined": 1, "superseded": 1}
    place.replace_units([1], [])
    with pytest.raises(DataError, match=r"h toy\.places: 1"):
        reconcile(run)


def test_a_table_declared_otherwise_is_counted_again(run: Run) -> None:
    store(run, "true")
    assert outcomes(run) == {"mapped": 3, "superseded": 1}
    assert outcomes(dataclasses.replace(run, fingerprints={"silver.place": "another"})) == {
        "mapped": 3,
        "superseded": 1,
    }


@dataclasses.dataclass
class Days:
    """Snapshots of one hospital, a day each; all but the odd ones are mapped unless a test says otherwise."""

    run: Run
    number: int = 0

    def land(self, *lines: str, condition: str = "kind <> 'odd'") -> None:
        self.number += 1
        file = self.run.home.feeds / "h" / "toy" / f"2026-11-0{self.number}" / "places.csv"
        file.parent.mkdir(parents=True)
        file.write_text("\n".join((HEADER, *lines, "")))
        ledger = read_ledger(self.run.ops)
        ingest(self.run, "h", new_files(self.run.home.feeds, "h", self.run.systems, ledger), ledger)
        store(self.run, condition)


@pytest.fixture
def days(spark, tmp_path: Path, monkeypatch) -> Days:
    """A first day is accounted for: p's two records and q's odd one; from now on no feed is counted as a whole."""
    told = dataclasses.replace(TOY, feeds=(dataclasses.replace(FEED, unmapped={"odd ones": "kind = 'odd'"}),))
    at = datetime(2026, 11, 5, tzinfo=UTC)
    home = Home(tmp_path / "home", tmp_path / "feeds")
    made = Days(Run(home, "first", at, {}, {"toy": told}, {"place": PLACE}, {}, lambda _: (), session=lambda: spark))
    made.land("1,p,good", "2,p,good", "3,q,odd")
    assert outcomes(made.run) == {"mapped": 2, "unmapped": 1}
    monkeypatch.setattr("twinlake.engine.reconcile.counted", lambda *_: pytest.fail("all records were counted"))
    made.run = dataclasses.replace(made.run, run_id="second")
    return made


def anew(run: Run, monkeypatch) -> list[str]:
    monkeypatch.undo()
    return misaccounted(run)


def test_a_day_counts_the_records_of_those_that_it_tells_of(days: Days, monkeypatch) -> None:
    days.land("1,p,good", "2,p,good", "3,q,fine", "4,r,odd", "5,r,good")
    assert outcomes(days.run) == {"mapped": 4, "unmapped": 1, "superseded": 1}
    assert anew(days.run, monkeypatch) == []


def test_a_record_that_leaves_is_superseded_and_one_that_goes_to_another_person_counts_there(
    days: Days, monkeypatch
) -> None:
    days.land("1,p,good", "3,p,good")
    assert outcomes(days.run) == {"mapped": 2, "superseded": 2}
    assert anew(days.run, monkeypatch) == []


def test_a_record_of_a_day_that_is_lost_stops_the_run_and_the_next_counts_all(days: Days, monkeypatch) -> None:
    days.land("1,p,good", "2,p,good", "3,q,odd", "4,r,good", condition="id <> '4' and kind <> 'odd'")
    with pytest.raises(DataError, match=r"h toy\.places: 1"):
        reconcile(days.run)
    monkeypatch.undo()
    with pytest.raises(DataError, match=r"h toy\.places: 1"):
        reconcile(dataclasses.replace(days.run, run_id="third"))


@pytest.mark.parametrize("mapped", ["id <> '1' and kind <> 'odd'", "true"])
def test_what_moves_without_a_delivery_has_all_counted(days: Days, monkeypatch, mapped: str) -> None:
    """A lookup moves what is mapped of persons of whom nothing landed."""
    store(days.run, mapped)
    monkeypatch.undo()
    if mapped == "true":
        assert outcomes(days.run) == {"mapped": 3}
    else:
        with pytest.raises(DataError, match=r"h toy\.places: 1"):
            reconcile(days.run)


def test_a_days_quarantine_is_told_from_the_one_before(days: Days, monkeypatch) -> None:
    place = Quarantine(days.run.ops, "quarantine.place")
    days.land("1,p,bad", "2,p,good", "3,q,odd", condition="kind = 'good'")
    bad = Records(days.run, read_ledger(days.run.ops)).current("toy", "places").where("kind = 'bad'").first()
    held = {"rule": "r", "reason": "r", "hospital": "h", "system": "toy", "record_id": bad["_record_id"], "unit": 1}
    place.replace_units([1], [held])
    assert outcomes(days.run) == {"mapped": 1, "quarantined": 1, "unmapped": 1, "superseded": 1}
    days.run = dataclasses.replace(days.run, run_id="third")
    days.land("1,p,good", "2,p,good", "3,q,odd")
    place.replace_units([1], [])
    assert outcomes(days.run) == {"mapped": 2, "unmapped": 1, "superseded": 1}, "the first is what it was at first"
    assert anew(days.run, monkeypatch) == []


def test_a_step_taken_again_in_one_run_counts_once(days: Days, monkeypatch) -> None:
    store(days.run, "id = '1'")
    monkeypatch.undo()
    for _ in range(2):
        with pytest.raises(DataError, match=r"h toy\.places: 1"):
            reconcile(days.run)
    store(days.run, "kind <> 'odd'")
    reconcile(days.run)
    assert {row["outcome"]: row["records"] for rows in last_said(days.run.ops).values() for row in rows} == {
        "mapped": 2, "unmapped": 1,
    }  # fmt: skip


def test_counting_anew_says_where_the_ledger_differs(days: Days, monkeypatch) -> None:
    ops = days.run.ops
    ops.append("conform_ledger", [{**row, "run_id": "other", "records": 7} for row in ops.rows("conform_ledger")])
    assert anew(days.run, monkeypatch) == [
        "h toy.places: 2 records mapped (no reason), 7 were said",
        "h toy.places: 1 records unmapped (odd ones), 7 were said",
    ]
    reconcile(days.run, anew=True)
    assert misaccounted(days.run) == []


def test_a_content_that_never_counted_has_all_counted(days: Days, monkeypatch) -> None:
    """It landed, and before it was accounted for the same path said something else."""
    days.land("1,p,good", "2,p,good", "3,q,odd", "4,r,good")
    file = days.run.home.feeds / "h" / "toy" / "2026-11-02" / "places.csv"
    file.write_text("\n".join((HEADER, "1,p,good", "2,p,good", "3,q,odd", "")))
    ledger = read_ledger(days.run.ops)
    ingest(days.run, "h", new_files(days.run.home.feeds, "h", days.run.systems, ledger), ledger)
    store(days.run, "kind <> 'odd'")
    monkeypatch.undo()
    assert outcomes(days.run) == {"mapped": 2, "unmapped": 1, "superseded": 1}


def test_of_a_feed_of_which_nothing_is_left_that_is_said(days: Days, monkeypatch) -> None:
    """As when the only person of a feed is erased: else its next account would start from before."""
    monkeypatch.undo()
    monkeypatch.setattr("twinlake.engine.reconcile.counted", lambda *_: Counter())
    assert [row["records"] for row in reconcile(days.run, anew=True)] == [0, 0]
    assert reconcile(dataclasses.replace(days.run, run_id="third")) == []


def test_a_state_of_another_version_is_no_position() -> None:
    """Sixteen hex digits may well be a number."""
    assert [Position.read(text) for text in ("", "1234567890123456", "7e69834485575419", "[]", '{"ledger": 1}')] == [
        None
    ] * 5
