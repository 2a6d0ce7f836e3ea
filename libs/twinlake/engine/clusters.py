"""Persons out of sure pairs: what they connect is one person, unless a steward or a hospital says otherwise.

Only what a statement puts apart is looked at pair by pair, in this process: everything else is connected in SQL.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import count, product
from typing import TYPE_CHECKING

import pyarrow as pa

from twinlake.declare.statement import Statement, settle
from twinlake.engine.linkage_sql import arcs_sql, changed_sql, first_roots_sql, links_sql, next_roots_sql

if TYPE_CHECKING:
    from twinlake.engine.linkage_backend import Backend

TEXT = pa.string()
KEPT_APART = "kept apart from who is alike, by a steward's decision"


def link(engine: Backend, nodes: str, edges: str, statements: Sequence[Statement] = ()) -> str:
    """The name of the links: a row per node with the smallest node of its person, and its best pair.

    `statements` are told in the order in which they count; what pairs the model is sure of counts less than any.
    """
    arcs = engine.keep("arcs", arcs_sql(edges))
    if not statements:
        return engine.keep("links", links_sql(nodes, connect(engine, arcs), arcs))
    told = engine.keep("told", f"SELECT * FROM {arcs} UNION ALL {arcs_sql(_said(engine, statements))}")
    roots = connect(engine, told)
    settled = _settled(engine, roots, edges, statements)
    persons = engine.keep("persons", persons_sql(nodes, roots, settled))
    within = engine.keep("within", within_sql(told, persons))
    links = engine.keep("bare_links", links_sql(nodes, persons, within))
    return engine.keep("links", with_reason_sql(links, settled))


def link_moved(
    engine: Backend, nodes: str, known: str, edges: str, moved: str, statements: Sequence[Statement] = ()
) -> tuple[str, str]:
    """The names of the links of those that moved reach, and of all these records (`unique_id`); others' stay.

    `known` are the links as they were (`unique_id, root`), `moved` who came, went, or of whose sure pairs one did.
    Statements are those of before, and none tells anybody apart, or `moved` holds all who are connected: then who is
    connected was one person, but for those who came and whom statements join through a record that nobody knows.
    """
    told = engine.keep("told", f"{arcs_sql(edges)} UNION ALL {arcs_sql(_said(engine, statements))}")
    reached = engine.keep("reached", reached_sql(known, told, _joined(engine, statements), moved))
    some = [
        engine.keep(f"reached_{name}", f"SELECT * FROM {table} WHERE {side} IN (SELECT unique_id FROM {reached})")
        for name, table, side in (("nodes", nodes, "unique_id"), ("edges", edges, "unique_id_l"))
    ]
    return link(engine, *some, statements), reached


def connect(engine: Backend, arcs: str) -> str:
    """`unique_id, root` of all that have an edge: each takes its neighbours' smallest root until nobody's changes.

    Splink's own clustering grows its Spark plan with every round; persons are few records, so few rounds are needed.
    """
    roots = engine.keep("roots_0", first_roots_sql(arcs))
    for turn in count(1):
        earlier, roots = roots, engine.keep(f"roots_{turn}", next_roots_sql(arcs, roots))
        if not engine.any(changed_sql(earlier, roots)):
            break
    return roots


def reached_sql(known: str, arcs: str, joined: str, moved: str) -> str:
    """Whoever was one person with somebody who moved, or with whom a sure pair or statements join these now."""
    return f"""
WITH seeds AS (
    SELECT unique_id FROM {moved}
    UNION SELECT other FROM {arcs} WHERE unique_id IN (SELECT unique_id FROM {moved})
    UNION SELECT unique_id FROM {joined} WHERE root IN (
        SELECT root FROM {joined} WHERE unique_id IN (SELECT unique_id FROM {moved}))
)
SELECT unique_id FROM seeds
UNION SELECT unique_id FROM {known} WHERE root IN (
    SELECT root FROM {known} WHERE unique_id IN (SELECT unique_id FROM seeds))"""


def _said(engine: Backend, statements: Iterable[Statement]) -> str:
    """What is said to be one person, as pairs that have no weight; of two reasons for a pair that which counts more."""
    said: dict[tuple[str, str], str] = {}
    for each in (s for s in statements if s.is_same):
        first, *others = sorted(each.records)
        for other in others:
            said.setdefault((first, other), each.reason)
    names = ("unique_id_l", "unique_id_r", "agreements")
    rows = engine.take("said", _table(names, sorted((*pair, reason) for pair, reason in said.items())))
    return engine.keep(
        "said", f"SELECT unique_id_l, unique_id_r, CAST(NULL AS DOUBLE) AS match_weight, agreements FROM {rows}"
    )


def _joined(engine: Backend, statements: Sequence[Statement]) -> str:
    """`unique_id, root` of all whom statements name, known or not; these tell nobody apart."""
    persons = settle(statements)
    named = sorted({record for said in statements for record in said.records})
    return engine.take("joined", _table(("unique_id", "root"), [(record, persons.of(record)) for record in named]))


def _settled(engine: Backend, roots: str, edges: str, statements: Sequence[Statement]) -> str:
    """`unique_id, root` of the records of each group in which somebody is told apart from somebody."""
    pairs = sorted({pair for s in statements if not s.is_same for pair in product(s.one, s.other)})
    apart = engine.take("apart", _table(("one", "other"), pairs))
    touched = engine.keep("touched", touched_sql(apart, roots))
    members = {record for (record,) in engine.rows(f"SELECT unique_id FROM {touched}")}
    told = [s for s in statements if s.records & members]
    persons = settle([*told, *_pairs(engine.rows(touched_pairs_sql(edges, touched)))])
    settled = [(record, persons.of(record)) for record in sorted(members)]
    return engine.take("settled", _table(("unique_id", "root"), settled))


def _pairs(rows: Iterable[tuple[str, str, float]]) -> list[Statement]:
    """The sure pairs, the surest first."""
    ordered = sorted((-weight, left, right) for left, right, weight in rows)
    return [Statement(frozenset([left]), frozenset([right]), is_same=True) for _, left, right in ordered]


def _table(names: Sequence[str], rows: Sequence[tuple[str, ...]]) -> pa.Table:
    columns = zip(*rows, strict=True) if rows else [()] * len(names)
    return pa.table([pa.array(column, TEXT) for column in columns], names=list(names))


def touched_sql(apart: str, roots: str) -> str:
    """The records that are connected to two who are told apart."""
    return f"""
SELECT unique_id FROM {roots} WHERE root IN (
    SELECT one.root FROM {apart} AS apart JOIN {roots} AS one ON one.unique_id = apart.one
    JOIN {roots} AS other ON other.unique_id = apart.other AND other.root = one.root)"""


def touched_pairs_sql(edges: str, touched: str) -> str:
    """The sure pairs of these records; whoever is connected to one of them is one of them."""
    return f"""
SELECT unique_id_l, unique_id_r, match_weight FROM {edges}
WHERE unique_id_l IN (SELECT unique_id FROM {touched})"""


def persons_sql(nodes: str, roots: str, settled: str) -> str:
    """`unique_id, root`, the root being the smallest node: somebody named in a statement need not be one."""
    return f"""
SELECT nodes.unique_id, min(nodes.unique_id) OVER (PARTITION BY coalesce(settled.root, roots.root)) AS root
FROM {roots} AS roots JOIN {nodes} AS nodes ON nodes.unique_id = roots.unique_id
LEFT JOIN {settled} AS settled ON settled.unique_id = roots.unique_id"""


def within_sql(arcs: str, persons: str) -> str:
    """The arcs between two records of one person."""
    return f"""
SELECT arcs.* FROM {arcs} AS arcs JOIN {persons} AS own ON own.unique_id = arcs.unique_id
JOIN {persons} AS near ON near.unique_id = arcs.other AND near.root = own.root"""


def with_reason_sql(links: str, settled: str) -> str:
    """The links; a record that nothing joins any more says that it was told apart."""
    return f"""
SELECT links.unique_id, links.is_linkable, links.root, links.match_weight,
    coalesce(links.agreements, CASE WHEN settled.unique_id IS NOT NULL THEN '{KEPT_APART.replace("'", "''")}' END)
    AS agreements
FROM {links} AS links LEFT JOIN {settled} AS settled ON settled.unique_id = links.unique_id"""
