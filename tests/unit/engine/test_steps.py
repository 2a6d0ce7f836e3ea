"""What is stored is proved, also by a run that comes after a killed one, and again when its rules are others."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

import pytest

from twinlake.declare.errors import DataError
from twinlake.declare.rule import referring, row
from twinlake.declare.table import Table
from twinlake.engine import replace as replacing
from twinlake.engine.home import Home
from twinlake.engine.ops import State
from twinlake.engine.proofs import is_proved
from twinlake.engine.run import Run
from twinlake.engine.steps import make, prove


def built(spark):
    return spark.createDataFrame([(1, "A"), (2, "B")], "person_id bigint, city string")


PLACE = Table(
    name="place", layer="silver", meaning="m", grain="a person", key=("person_id",), columns=("person_id", "city"),
    required=frozenset({"person_id"}), unit="person_id", build=lambda: None, inputs=(),
)  # fmt: skip
NAMED = row("is_named", "city IS NOT NULL", "a city has a name")


@pytest.fixture
def run(spark, tmp_path: Path) -> Run:
    return Run(
        Home(tmp_path, tmp_path / "feeds"), "run-1", datetime(2026, 11, 1, tzinfo=UTC), {}, {}, {"place": PLACE},
        {"silver.place": "f"}, lambda _: (NAMED,), session=lambda: spark,
    )  # fmt: skip


@pytest.mark.parametrize("run_again", [1, 2])
def test_another_number_of_rows_than_was_counted_is_never_proved(run: Run, spark, run_again: int) -> None:
    def miscounted(state: State) -> State:
        return dataclasses.replace(state, rows=state.rows + 1)

    mark = replacing._mark
    with patch.object(replacing, "_mark", side_effect=lambda r, t, s: mark(r, t, miscounted(s))):
        replacing.replace(run, PLACE, built(spark), None, State({}, "f"))
    for _ in range(run_again):
        with pytest.raises(AssertionError, match="3 rows were built and kept, 2 are stored"):
            prove(run, PLACE)
    assert not run.ops.rows("validation")


@pytest.mark.parametrize("whole", [False, True])
def test_a_table_found_equal_under_other_rules_is_proved_again(run: Run, spark, whole: bool) -> None:
    table = dataclasses.replace(PLACE, whole=whole, build=lambda: built(spark))
    for fingerprint, proofs in (("f", 1), ("f", 1), ("g", 2), ("g", 2)):
        with patch.dict(run.fingerprints, {"silver.place": fingerprint}):
            make(run, table, "curate", fingerprint=fingerprint)
        assert len(run.ops.rows("validation")) == proofs
    stored = [*Path(run.ops.path("silver.place")).glob("*.parquet")]
    # A file a partition of the shuffle, of which infra/environments/ci.toml has two.
    assert run.ops.rows("table_run")[0]["files_added"] == len(stored) == 2


def test_a_table_is_proved_again_when_a_table_that_its_rules_look_into_moves(run: Run, spark) -> None:
    """A visit that its facts name is withdrawn later: nothing of the facts moves, and they name nothing any more."""
    visitor = dataclasses.replace(PLACE, name="visitor", columns=("person_id",))
    known = referring(
        "is_known", "visitor.person_id IS NOT NULL", "they visited", to="visitor", on="person_id", kahn="conformance",
        severity="fatal",
    )  # fmt: skip
    run = dataclasses.replace(
        run, tables={"place": PLACE, "visitor": visitor}, rules=lambda table: (known,) if table is PLACE else ()
    )
    visitors = built(spark).select("person_id")
    replacing.replace(run, visitor, visitors, None, State({}, "f"))
    replacing.replace(run, PLACE, built(spark), None, State({}, "f"))
    prove(run, PLACE)
    prove(run, PLACE)
    assert [row["success"] for row in run.ops.rows("validation")] == [True]
    replacing.replace(run, visitor, visitors.where("person_id = 1"), None, State({}, "g"))
    assert not is_proved(run, PLACE)
    with pytest.raises(DataError, match="is_known is broken by 1 of 2 rows"):
        prove(run, PLACE)
    assert not is_proved(run, PLACE)


def test_rows_that_were_deleted_without_a_new_file_are_not_counted(run: Run, spark) -> None:
    """A small change leaves the file and marks its rows deleted (a deletion vector)."""
    many = spark.range(1000).selectExpr("id as person_id", "'A' as city")
    replacing.replace(run, PLACE, many, None, State({}, "f"))
    spark.sql(f"DELETE FROM delta.`{run.ops.path('silver.place')}` WHERE person_id < 10")
    with pytest.raises(AssertionError, match="1000 rows were built and kept, 990 are stored"):
        prove(run, PLACE)
    replacing.replace(run, PLACE, many.where("person_id >= 10"), None, State({}, "f"))
    replacing._mark(run, PLACE, dataclasses.replace(run.ops.state("silver.place"), rows=990))
    prove(run, PLACE)
    assert len(run.ops.rows("validation")) == 1
