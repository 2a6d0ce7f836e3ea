"""Readers see a table as it was published, and columns of the moment as of that publication."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from twinlake.declare.table import Table
from twinlake.engine.ops import Ops
from twinlake.engine.publication import Publication
from twinlake.engine.reading import drop_views, open_views

TWIN = Table(
    name="toy_state", layer="twins", meaning="m", grain="g", key=("person_id",), columns=("person_id", "state_at"),
    required=frozenset(), unit="person_id", build=lambda: None, inputs=(),
    view=MappingProxyType({"staleness_days": "datediff(cast(as_of AS date), cast(state_at AS date))"}),
)  # fmt: skip


def write(ops: Ops, persons: list[int]) -> None:
    at = datetime(2026, 10, 30, tzinfo=UTC)
    write_deltalake(
        ops.path(TWIN.full_name), pa.table({"person_id": persons, "state_at": [at] * len(persons)}), mode="overwrite"
    )


def test_a_view_is_of_the_publication_whatever_was_written_since(spark, tmp_path: Path) -> None:
    ops = Ops(tmp_path)
    write(ops, [1])
    published = Publication("abc", datetime(2026, 11, 1, tzinfo=UTC), 1, {TWIN.full_name: 0}, {}, {})
    write(ops, [1, 2])
    names = open_views(spark, ops, {"toy_state": TWIN}, published)
    found = spark.sql("SELECT * FROM twins.toy_state").toArrow().to_pylist()
    drop_views(spark, names)
    assert [(r["person_id"], r["staleness_days"], r["publication_id"]) for r in found] == [(1, 2, "abc")]


@pytest.mark.parametrize(
    ("query", "opened"),
    [
        ("", ["twins.toy_state"]),
        ("select 1", []),
        ("SELECT * FROM Twins.Toy_State", ["twins.toy_state"]),
        ("show tables in twins", ["twins.toy_state"]),
        ("select state_at from gold.other", []),
    ],
)
def test_of_a_query_only_what_it_may_name_is_opened(spark, tmp_path: Path, query: str, opened: list[str]) -> None:
    ops = Ops(tmp_path)
    write(ops, [1])
    published = Publication("abc", datetime(2026, 11, 1, tzinfo=UTC), 1, {TWIN.full_name: 0}, {}, {})
    names = open_views(spark, ops, {"toy_state": TWIN}, published, query)
    drop_views(spark, names)
    assert names == opened
