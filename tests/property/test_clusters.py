"""Clusters in SQL, where only what is told apart is cut by hand, are what all statements together come to."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from twinlake.declare.statement import Statement, settle
from twinlake.engine.clusters import link, link_moved
from twinlake.engine.linkage_backend import DuckdbBackend

KNOWN = "abcdefghij"
# Named by a merge or a decision before, or after, the lake knows them.
UNKNOWN = "AyZ"
KNOWN_SCHEMA = pa.schema(
    [("unique_id", pa.string()), ("is_linkable", pa.bool_()), ("root", pa.string()), ("match_weight", pa.float64()),
     ("agreements", pa.string())]
)  # fmt: skip
Pair = tuple[str, str, float]
THROUGH_A_STRANGER = [Statement(frozenset(pair[0]), frozenset(pair[1]), True, "told") for pair in ("aZ", "Zb")]


@pytest.fixture(scope="module")
def engine() -> Iterator[DuckdbBackend]:
    with duckdb.connect() as connection:
        yield DuckdbBackend(connection)


@st.composite
def statements(draw) -> Statement:
    named = draw(st.lists(st.sampled_from(KNOWN + UNKNOWN), min_size=2, max_size=4, unique=True))
    is_same = draw(st.booleans())
    cut = 1 if is_same else draw(st.integers(1, len(named) - 1))
    return Statement(frozenset(named[:cut]), frozenset(named[cut : 2 if is_same else None]), is_same, "told")


@st.composite
def pairs(draw) -> list[Pair]:
    """Sure pairs, some of one weight."""
    sides = st.lists(st.sampled_from(KNOWN), min_size=2, max_size=2, unique=True).map(lambda two: tuple(sorted(two)))
    found = draw(st.dictionaries(sides, st.integers(7, 12).map(float), max_size=14))
    return [(left, right, weight) for (left, right), weight in found.items()]


def linked(engine: DuckdbBackend, edges: list[Pair], said: list[Statement], nodes: str = KNOWN) -> dict[str, dict]:
    schema = pa.schema([("unique_id_l", pa.string()), ("unique_id_r", pa.string()), ("match_weight", pa.float64())])
    rows = pa.Table.from_pylist([dict(zip(schema.names, edge, strict=True)) for edge in edges], schema=schema)
    known = engine.take("known", pa.table({"unique_id": list(nodes), "is_linkable": [True] * len(nodes)}))
    nodes = engine.keep("nodes", f"SELECT * FROM {known}")
    stored = engine.keep("edges", f"SELECT *, 'alike' AS agreements FROM {engine.take('pairs', rows)}")
    found = engine.connection.table(link(engine, nodes, stored, said)).to_arrow_table().to_pylist()
    return {row["unique_id"]: row for row in found}


def expected(edges: list[Pair], said: list[Statement]) -> dict[str, str]:
    surest = sorted(edges, key=lambda pair: (-pair[2], pair[:2]))
    persons = settle([*said, *(Statement(frozenset(one), frozenset(two), True) for one, two, _ in surest)])
    return {record: min(r for r in KNOWN if persons.of(r) == persons.of(record)) for record in KNOWN}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edges=pairs(), said=st.lists(statements(), max_size=6), turned=st.randoms(use_true_random=False))
def test_clusters_are_what_stands_of_all_that_is_said_whatever_the_order_of_the_pairs(
    engine: DuckdbBackend, edges: list[Pair], said: list[Statement], turned
) -> None:
    first = linked(engine, edges, said)
    assert {record: row["root"] for record, row in first.items()} == expected(edges, said)
    turned.shuffle(edges)
    assert linked(engine, edges, said) == first


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edges=pairs(), said=st.lists(statements(), max_size=6))
def test_a_record_says_why_it_is_this_person_and_never_by_a_pair_that_was_cut(
    engine: DuckdbBackend, edges: list[Pair], said: list[Statement]
) -> None:
    found = linked(engine, edges, said)
    sizes = [row["root"] for row in found.values()]
    for record, row in found.items():
        inside = [w for one, two, w in edges if record in (one, two) and found[one]["root"] == found[two]["root"]]
        assert row["match_weight"] == max(inside, default=None)
        if sizes.count(row["root"]) == 1:
            assert row["agreements"] is None or row["agreements"].startswith("kept apart")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(before=[], after=[], said=THROUGH_A_STRANGER, absent=({"a"}, set()))
@given(
    before=pairs(),
    after=pairs(),
    said=st.lists(statements().filter(lambda s: s.is_same), max_size=4),
    absent=st.tuples(st.sets(st.sampled_from(KNOWN), max_size=3), st.sets(st.sampled_from(KNOWN), max_size=3)),
)
def test_linking_what_a_days_pairs_reach_gives_what_linking_all_gives(
    engine: DuckdbBackend, before: list[Pair], after: list[Pair], said: list[Statement], absent: tuple[set, set]
) -> None:
    """Persons come and go too, also those of whom a merge told before."""
    before, after = ([p for p in day if not {*p[:2]} & away] for day, away in zip((before, after), absent, strict=True))
    there = ["".join(sorted({*KNOWN} - away)) for away in absent]
    was, whole = linked(engine, before, said, there[0]), linked(engine, after, said, there[1])
    changed = sorted({end for one, two, _ in {*before} ^ {*after} for end in (one, two)} | {*there[0]} ^ {*there[1]})
    known = pa.Table.from_pylist([*was.values()], schema=KNOWN_SCHEMA)
    tables = {"was": known, "changed": pa.table({"unique_id": pa.array(changed, pa.string())})}
    names = [engine.keep(f"of_{name}", f"SELECT * FROM {engine.take(name, rows)}") for name, rows in tables.items()]
    links, reached = link_moved(engine, "linkage_nodes", names[0], "linkage_edges", names[1], said)
    anew = {row["unique_id"]: row for row in engine.connection.table(links).to_arrow_table().to_pylist()}
    kept = {record for (record,) in engine.rows(f"SELECT unique_id FROM {reached}")}
    assert {**{record: row for record, row in was.items() if record not in kept}, **anew} == whole
