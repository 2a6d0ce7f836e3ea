"""Linking only whom a day reaches gives what linking all gives, also where somebody is told apart from somebody."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.property.test_clusters import KNOWN, KNOWN_SCHEMA, Pair, linked, pairs, statements
from twinlake.declare.statement import Statement
from twinlake.engine.clusters import link_moved
from twinlake.engine.linkage import connected_to
from twinlake.engine.linkage_backend import DuckdbBackend

A_NOT_C, A_NOT_D = ([Statement(frozenset("a"), frozenset(other), is_same=False)] for other in "cd")
CHAIN = [("a", "b", 9.0), ("b", "c", 8.0), ("c", "d", 7.0)]


@pytest.fixture(scope="module")
def engine() -> Iterator[DuckdbBackend]:
    with duckdb.connect() as connection:
        yield DuckdbBackend(connection)


changes = st.sets(
    st.tuples(st.sampled_from(KNOWN), st.sampled_from(KNOWN), st.sampled_from((0.0, 6.0, 13.0))).filter(
        lambda pair: pair[0] < pair[1]
    ),
    max_size=3,
)
absent = st.sets(st.sampled_from(KNOWN), max_size=3)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
# A chain a-b-c-d was cut at c-d, its least sure pair. That a-b is less sure today joins d, whom nothing names, to c.
@example(CHAIN, {("a", "b", 6.0)}, A_NOT_D, (set(), set()))
@given(before=pairs(), day=changes, said=st.lists(statements(), max_size=5), away=st.tuples(absent, absent))
def test_linking_whom_a_day_reaches_gives_what_linking_all_gives(
    engine: DuckdbBackend, before: list[Pair], day: set[Pair], said: list[Statement], away: tuple[set, set]
) -> None:
    """`day` holds pairs of another weight, at 0 none any more; persons come and go."""
    weights = {pair[:2]: pair for pair in (*before, *sorted(day))}
    after = [pair for pair in weights.values() if pair[2]]
    before, after = ([p for p in day if not {*p[:2]} & gone] for day, gone in zip((before, after), away, strict=True))
    there = ["".join(sorted({*KNOWN} - gone)) for gone in away]
    was, whole = linked(engine, before, said, there[0]), linked(engine, after, said, there[1])
    changed = sorted({end for one, two, _ in {*before} ^ {*after} for end in (one, two)} | {*there[0]} ^ {*there[1]})
    known = engine.take("was", pa.Table.from_pylist([*was.values()], schema=KNOWN_SCHEMA))
    moved = engine.take("changed", pa.table({"unique_id": pa.array(changed, pa.string())}))
    names = [engine.keep(f"of_{name}", f"SELECT * FROM {name}") for name in (known, moved)]
    reached_by = connected_to(engine, names[1], "linkage_edges", said)
    links, reached = link_moved(engine, "linkage_nodes", names[0], "linkage_edges", reached_by, said)
    anew = {row["unique_id"]: row for row in engine.connection.table(links).to_arrow_table().to_pylist()}
    kept = {record for (record,) in engine.rows(f"SELECT unique_id FROM {reached}")}
    assert {**{record: row for record, row in was.items() if record not in kept}, **anew} == whole


def test_a_day_reaches_nobody_who_is_not_connected_to_who_moved(engine: DuckdbBackend) -> None:
    """Two pairs, one of them told apart from the other's; of the first one moved."""
    linked(engine, [("a", "b", 9.0), ("c", "d", 9.0)], [])
    moved = engine.keep("one", "SELECT 'a' AS unique_id")
    reached = connected_to(engine, moved, "linkage_edges", A_NOT_C)
    assert sorted(engine.rows(f"SELECT unique_id FROM {reached}")) == [("a",), ("b",)]
