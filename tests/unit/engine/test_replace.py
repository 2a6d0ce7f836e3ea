"""Writing a table: only what changed, and a process that is killed between two commits leaves nothing half done."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

import pytest
from deltalake import CommitProperties, DeltaTable

from twinlake.declare.rule import row
from twinlake.declare.table import Table
from twinlake.engine import replace as replacing
from twinlake.engine import stored as stored_module
from twinlake.engine.changes import MOST_UNITS, changed_rows, was_rewritten
from twinlake.engine.consumed import consumed, looked
from twinlake.engine.home import Home
from twinlake.engine.ops import State
from twinlake.engine.quarantine import Quarantine
from twinlake.engine.replace import Outcome, replace
from twinlake.engine.run import Run
from twinlake.engine.stored import FEW_VALUES

PLACE = Table(
    name="place", layer="silver", meaning="Where a person lives.", grain="a person", key=("person_id",),
    columns=("person_id", "city"), required=frozenset({"person_id"}), unit="person_id", build=lambda: None, inputs=(),
)  # fmt: skip
NOWHERE = row("is_somewhere", "city <> 'NOWHERE'", "a city is somewhere")
Rows = Iterable[tuple[int, str]]


@pytest.fixture(params=["small", pytest.param("large", marks=pytest.mark.nightly)])
def run(spark, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A lake whose tables are small, or count as large."""
    if request.param == "large":
        monkeypatch.setattr("twinlake.engine.stored.FEW_VALUES", 0)
    return Run(
        Home(tmp_path, tmp_path / "feeds"), "run-1", datetime(2026, 11, 1, tzinfo=UTC), {}, {}, {"place": PLACE},
        {"silver.place": "f"}, lambda _: (NOWHERE,), session=lambda: spark,
    )  # fmt: skip


@pytest.fixture
def put(run: Run) -> Callable[..., Outcome]:
    def write(rows: Rows, units: list[int] | None = None, table: Table = PLACE, seen: int = 1) -> Outcome:
        columns = ", ".join(f"{f.name} {f.type}" for f in table.fields)
        frame = run.spark.createDataFrame([(*r, *(None,) * (len(table.columns) - len(r))) for r in rows], columns)
        return replace(run, table, frame, units, State({"ops.landing_ledger": seen}, "f"))

    return write


def stored(run: Run) -> set[tuple[int, str]]:
    found = run.spark.read.format("delta").load(run.ops.path("silver.place")).toArrow().to_pylist()
    return {(r["person_id"], r["city"]) for r in found}


def held(run: Run) -> list[int]:
    return sorted(r["unit"] for r in Quarantine(run.ops, "quarantine.place").rows())


def test_only_the_units_that_differ_are_replaced_and_those_without_rows_go(run: Run, put) -> None:
    assert put([(1, "A"), (2, "B"), (3, "C")]).mode == "first"
    outcome = put([(1, "A"), (2, "Z")], units=[1, 2, 3], seen=2)
    assert (outcome.mode, outcome.units_changed, outcome.rows_deleted, outcome.rows_written) == ("units", 2, 2, 1)
    assert stored(run) == {(1, "A"), (2, "Z")}
    assert consumed(run, "silver.place").inputs == {"ops.landing_ledger": 2}
    assert run.ops.state("silver.place").rows == 2


def test_a_table_that_is_made_anew_needs_no_file_of_before_and_its_readers_look_at_all_of_it(run: Run, put) -> None:
    put([(1, "A"), (2, "B")])
    before = run.ops.version("silver.place")
    for file in Path(run.ops.path("silver.place")).glob("*.parquet"):
        file.unlink()
    run.anew = frozenset({"silver.place"})
    assert consumed(run, "silver.place") is None
    assert put([(1, "A"), (2, "B")]).mode == "first"
    assert stored(run) == {(1, "A"), (2, "B")}
    assert run.ops.version("silver.place") > before
    assert was_rewritten(run, "silver.place", before)


def test_units_that_were_not_looked_at_stay(run: Run, put) -> None:
    put([(1, "A"), (2, "B")])
    put([], units=[1])
    assert stored(run) == {(2, "B")}


def test_equal_units_make_no_commit_and_their_look_is_remembered(run: Run, put) -> None:
    put([(1, "A")])
    version = run.ops.version("silver.place")
    outcome = put([(1, "A")], seen=5)
    assert outcome.mode == "equal"
    assert run.ops.version("silver.place") == version
    run.log("silver.place", "conform", version=version, state=looked(outcome.state.inputs, "g"))
    assert (consumed(run, "silver.place").inputs, consumed(run, "silver.place").fingerprint) == (
        {"ops.landing_ledger": 5},
        "g",
    )


def test_quarantine_of_a_unit_is_replaced_with_it_even_if_its_rows_are_equal(run: Run, put) -> None:
    put([(1, "A"), (1, "NOWHERE"), (2, "NOWHERE")])
    assert held(run) == [1, 2]
    assert put([(1, "A")], units=[1]).mode == "equal"
    assert held(run) == [2]


def test_digest_of_a_table_does_not_depend_on_how_it_came_to_be(run: Run, put) -> None:
    put([(1, "A"), (2, "B")])
    put([(1, "X")], units=[1])
    put([(1, "A")], units=[1])
    digest = run.ops.state("silver.place").digest
    other = dataclasses.replace(run, home=Home(run.home.path / "other", run.home.feeds))
    replace(
        other,
        PLACE,
        run.spark.createDataFrame([(2, "B"), (1, "A")], "person_id bigint, city string"),
        None,
        State({}, "f"),
    )
    assert other.ops.state("silver.place").digest == digest


@pytest.mark.parametrize("commit", ["_write", "_mark", "_quarantine"])
def test_a_first_build_killed_before_any_of_its_commits_is_made_anew(run: Run, put, commit: str) -> None:
    with patch(f"twinlake.engine.replace.{commit}", side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
        put([(1, "A"), (2, "NOWHERE")])
    assert consumed(run, "silver.place") is None
    put([(1, "A"), (2, "NOWHERE")])
    assert (stored(run), held(run), run.ops.state("silver.place").rows) == ({(1, "A")}, [2], 1)


def test_a_change_killed_before_its_commit_is_found_again(run: Run, put) -> None:
    put([(1, "A"), (2, "NOWHERE")])
    with patch("twinlake.engine.replace._write", side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
        put([(1, "B"), (2, "C")], units=[1, 2], seen=2)
    assert consumed(run, "silver.place").inputs == {"ops.landing_ledger": 1}
    put([(1, "B"), (2, "C")], units=[1, 2], seen=2)
    assert (stored(run), held(run)) == ({(1, "B"), (2, "C")}, [])


def test_a_column_more_in_the_declaration_makes_the_table_anew(run: Run, put) -> None:
    put([(1, "A")])
    wider = dataclasses.replace(PLACE, columns=("person_id", "city", "state"))
    assert put([(1, "A")], table=wider).mode == "first"
    assert put([(1, "A")], table=wider).mode == "equal"


@pytest.mark.parametrize("before", [[], [(1, "A"), (7, "G")]])
def test_a_table_made_anew_and_killed_before_its_mark_is_made_anew_again(run: Run, put, before: Rows) -> None:
    put(before)
    wider = dataclasses.replace(PLACE, columns=("person_id", "city", "state"))
    now = [(1, "B"), (2, "C"), (3, "D")]
    with patch("twinlake.engine.replace._mark", side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
        put(now, table=wider, seen=2)
    assert consumed(run, "silver.place") is None
    assert put(now, table=wider, seen=2).mode == "first"
    assert run.ops.state("silver.place").rows == len(stored(run)) == 3


def test_the_change_feed_tells_each_row_that_went_and_came(run: Run, put) -> None:
    put([(1, "A"), (2, "B"), (3, "C"), (3, "D")])
    since = run.ops.version("silver.place")
    put([(1, "Z"), (3, "D"), (9, "N")], units=[1, 2, 3, 9])
    put([(2, "B")], units=[2])
    told = changed_rows(run, "silver.place", since, run.ops.version("silver.place"))
    found = told.groupBy("person_id", "city", "_change_type").count().toArrow().to_pylist()
    net = Counter()
    for each in found:
        net[each["person_id"], each["city"]] += each["count"] * (1 if each["_change_type"] == "insert" else -1)
    assert {each["_change_type"] for each in found} == {"insert", "delete"}
    assert {place: n for place, n in net.items() if n} == {(1, "A"): -1, (1, "Z"): 1, (3, "C"): -1, (9, "N"): 1}


def test_as_many_units_as_are_ever_named_are_replaced_and_no_other(run: Run, put) -> None:
    put([(n, "A") for n in range(MOST_UNITS + 5)])
    outcome = put([(n, "B") for n in range(MOST_UNITS)], units=[*range(MOST_UNITS)])
    assert (outcome.mode, outcome.units_changed) == ("units", MOST_UNITS)
    assert stored(run) == {(n, "B" if n < MOST_UNITS else "A") for n in range(MOST_UNITS + 5)}


@pytest.mark.parametrize("moment", ["_difference", "_write"])
def test_a_commit_that_comes_between_is_seen_and_all_is_counted_again(run: Run, put, moment: str) -> None:
    if moment == "_write" and FEW_VALUES != stored_module.FEW_VALUES:
        pytest.skip("Spark looks at the table by itself when it writes; what comes after the last look is not seen")
    put([(1, "A"), (2, "B")])
    step, meanwhile = getattr(replacing, moment), []

    def overtaken(*args):
        said = step(*args) if moment == "_difference" else None
        if not meanwhile:
            meanwhile.append(True)
            state = dataclasses.replace(run.ops.state("silver.place"), rows=1)
            properties = CommitProperties(custom_metadata={"userMetadata": state.to_json()})
            DeltaTable(run.ops.path("silver.place")).delete("person_id = 2", commit_properties=properties)
        return said or step(*args)

    with patch(f"twinlake.engine.replace.{moment}", overtaken):
        put([(1, "Z"), (3, "C")], units=[1, 3])
    assert stored(run) == {(1, "Z"), (3, "C")}
    assert run.ops.state("silver.place").rows == 2


def test_a_column_of_another_type_in_the_declaration_makes_the_table_anew(run: Run, put) -> None:
    put([(1, "7"), (2, "8")])
    before = run.ops.state("silver.place").to_json()
    narrower = run.spark.createDataFrame([(1, 7), (2, 8)], "person_id bigint, city int")
    as_whole = narrower.write.format("delta").mode("overwrite").option("overwriteSchema", "true")
    as_whole.option("userMetadata", before).save(run.ops.path("silver.place"))
    assert put([(1, "7.5"), (2, "8")]).mode == "first"
    assert stored(run) == {(1, "7.5"), (2, "8")}
