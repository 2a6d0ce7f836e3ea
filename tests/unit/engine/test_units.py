"""How many units are rebuilt each, and how their rows are found."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from twinlake.engine import run as run_module
from twinlake.engine.changes import most_units
from twinlake.engine.run import MOST_LITERALS, among


@pytest.mark.parametrize("literals", [MOST_LITERALS, 0])
@pytest.mark.parametrize(
    ("values", "found"), [([], []), ([2], ["b", "c"]), ([1, 2, 9], ["a", "b", "c"]), ([-3], ["d"])]
)
def test_rows_of_units_are_found_once_whether_they_are_named_or_joined(spark, monkeypatch, literals, values, found):
    monkeypatch.setattr(run_module, "MOST_LITERALS", literals)
    rows = spark.createDataFrame([(1, "a"), (2, "b"), (2, "c"), (-3, "d"), (None, "e")], "unit bigint, name string")
    assert sorted(row["name"] for row in among(rows, "unit", values).toArrow().to_pylist()) == found
    assert sorted(row["name"] for row in among(rows, "unit + 1 - 1", values).toArrow().to_pylist()) == found


@pytest.mark.parametrize(
    ("source_persons", "most"),
    [(None, 2_000), (590, 2_000), (160_000, 16_000), (1_600_000, 50_000)],
    ids=["none yet", "a demo", "100,000 persons", "a million"],
)
def test_the_larger_the_network_the_more_of_it_is_rebuilt_one_by_one(source_persons, most):
    state = source_persons and SimpleNamespace(rows=source_persons)
    assert most_units(SimpleNamespace(ops=SimpleNamespace(state={"empi.source_person": state}.get))) == most
