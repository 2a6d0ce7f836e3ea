"""Which columns a column is made of, as Spark itself resolved the table's build; down to the feeds."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from twinlake.declare.errors import ConfigurationError
from twinlake.declare.source import Implementation, System
from twinlake.declare.table import Table
from twinlake.engine.conform import mapped_types
from twinlake.engine.records import CARRIED_TYPES, parse
from twinlake.engine.run import no_rows

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

# What marks our inputs in a plan of Spark.
INPUT = "twinlake_input:"
ROWS = "rows"
# What no file says: the folders a file lies in, and the hospital's settings.
BESIDE = {"hospital": "feeds", "system": "feeds", "time_zone": "hospital.toml", "identifier_namespace": "hospital.toml"}
Node = dict[str, Any]
# A tree as TreeNode.toJSON writes it: the node, and the trees below.
Tree = tuple[Node, list[Any]]


class Origin(NamedTuple):
    """A column of a table, or of a feed (`fhir_r4_bulk.observation`)."""

    table: str
    column: str


class Catalogue(NamedTuple):
    """What lineage is read from; the tables by name, in the order in which they are made."""

    systems: Mapping[str, System]
    tables: Mapping[str, Table]


Origins = dict[str, frozenset[Origin]]


def origins(spark: SparkSession, catalogue: Catalogue, table: Table) -> Origins:
    """Column → the columns of other tables, and of feeds, whose values it is computed from; in the table's order.

    Rows that are filtered, joined or grouped by a column are not told: only what the value is made of. Of a table that
    is made outside Spark's expressions (linkage, scoring by models) every column is said to come from all it reads.
    """
    given: dict[str, Any] = {name: _input(spark, catalogue.tables[name]) for name in table.inputs}
    wanted = [name for name in inspect.signature(table.build).parameters if name != "rows"]
    if "hospitals" in wanted:
        given["hospitals"] = {}
    if not given.keys() >= set(wanted):
        every = {
            Origin(catalogue.tables[name].full_name, c) for name in table.inputs for c in catalogue.tables[name].columns
        }
        return dict.fromkeys(table.columns, frozenset(every))
    if not table.is_implemented_by_sources:
        found = _made_of(table.build(**{name: given[name] for name in wanted}))
        return {c: found.get(c, frozenset()) for c in table.columns}
    own = ", person_id bigint" if table.unit == "person_id" else ""
    rows = no_rows(spark, mapped_types(table) + own).alias(f"{INPUT}{ROWS}")
    found = _made_of(table.build(rows, **{name: given[name] for name in wanted}))
    said = {**_by_sources(spark, catalogue, table), "person_id": frozenset({Origin("empi.person_link", "person_id")})}
    return {c: frozenset(_through(found.get(c, frozenset()), said)) for c in table.columns}


def closure(
    spark: SparkSession, catalogue: Catalogue, table: Table, column: str
) -> Iterator[tuple[Table, list[str], list[Origin]]]:
    """Each table behind a column, from it to the feeds: which of its columns are needed, and of what those are made."""
    if column not in table.columns:
        raise ConfigurationError(f"{table.full_name} has no column {column!r}. It has: {', '.join(table.columns)}.")
    needed: dict[str, set[str]] = {table.full_name: {column}}
    for each in reversed(catalogue.tables.values()):
        if each.full_name in needed:
            known = origins(spark, catalogue, each)
            columns = [c for c in each.columns if c in needed[each.full_name]]
            made_of = sorted({origin for c in columns for origin in known[c]})
            for origin in made_of:
                needed.setdefault(origin.table, set()).add(origin.column)
            yield each, columns, made_of


def _input(spark: SparkSession, table: Table) -> DataFrame:
    return no_rows(spark, table.ddl).alias(f"{INPUT}{table.full_name}")


def _by_sources(spark: SparkSession, catalogue: Catalogue, table: Table) -> Origins:
    """Column of the mapped rows → the columns of feeds that any system makes it from."""
    said: dict[str, set[Origin]] = {}
    implemented = table.versions_of or table.name
    for name, system in sorted(catalogue.systems.items()):
        for each in system.implementing(implemented):
            for column, found in _made_of(_mapped(spark, catalogue, name, each)).items():
                said.setdefault(column, set()).update(Origin(BESIDE.get(c, feed), c) for feed, c in found)
    return {column: frozenset(found) for column, found in said.items()}


def _mapped(spark: SparkSession, catalogue: Catalogue, system: str, implementation: Implementation) -> DataFrame:
    feeds = [
        parse(no_rows(spark, CARRIED_TYPES), catalogue.systems[system].feed(feed)).alias(f"{INPUT}{system}.{feed}")
        for feed in implementation.feeds
    ]
    return implementation.map(*feeds)


def _through(found: frozenset[Origin], said: Mapping[str, frozenset[Origin]]) -> Iterator[Origin]:
    for origin in found:
        if origin.table == ROWS:
            yield from said.get(origin.column, ())
        else:
            yield origin


def _made_of(rows: DataFrame) -> Origins:
    """Column → the input columns it is computed from, by the ids that Spark's analyser gave them."""
    flat = json.loads(rows._jdf.queryExecution().analyzed().toJSON())
    whole = _grown(iter(flat))
    made: dict[int, set[int]] = {}
    leaves: dict[int, Origin] = {}
    out = _read(whole, made, leaves)
    return {name: frozenset(_leaves(id_, made, leaves)) for name, id_ in out}


def _leaves(id_: int, made: Mapping[int, set[int]], leaves: Mapping[int, Origin]) -> set[Origin]:
    found, open_, seen = set(), [id_], set()
    while open_:
        at = open_.pop()
        if at in seen:
            continue
        seen.add(at)
        if at in leaves:
            found.add(leaves[at])
        else:
            open_ += made.get(at, ())
    return found


def _grown(flat: Iterator[Node]) -> Tree:
    """A tree of its nodes in preorder."""
    node = next(flat)
    return node, [_grown(flat) for _ in range(node["num-children"])]


Output = list[tuple[str, int]]


def _read(tree: Tree, made: dict[int, set[int]], leaves: dict[int, Origin]) -> Output:
    """What a step of the plan puts out, by name and id; `made` and `leaves` learn where the ids come from."""
    node, below = tree
    kind = node["class"].rsplit(".", 1)[-1]
    alias = _alias_of(node) if kind == "SubqueryAlias" else ""
    outs = [_read(each, made, {} if alias else leaves) for each in below]
    _learn(node, made)
    if alias:
        leaves.update({id_: Origin(alias, name) for name, id_ in outs[0]})
        return outs[0]
    if kind == "Join":
        is_half = any(word in str(node["joinType"]) for word in ("LeftSemi", "LeftAnti"))
        return outs[0] if is_half else [*outs[0], *outs[1]]
    if kind == "Union":
        for first, *others in zip(*outs, strict=True):
            made.setdefault(first[1], set()).update(id_ for _, id_ in others)
        return outs[0]
    if kind.startswith(("MapIn", "FlatMapGroups")):
        # A function of Python: any column of its output may be made of any of its input.
        for each in node["output"]:
            made.setdefault(_named(each)[1], set()).update(id_ for out in outs for _, id_ in out)
    for listed in ("projectList", "aggregateExpressions", "output"):
        if listed in node:
            return [_named(each) for each in node[listed]]
    added = [_named(each) for each in (*node.get("generatorOutput", ()), *node.get("windowExpressions", ()))]
    return [*(outs[0] if outs else []), *added]


def _alias_of(node: Node) -> str:
    name = str(node["identifier"]["name"])
    return name.removeprefix(INPUT) if name.startswith(INPUT) else ""


def _learn(node: Node, made: dict[int, set[int]]) -> None:
    """Every name an expression is given in a step, with what it refers to; a generator's output with its input."""
    if "generator" in node:
        told = _references(_grown(iter(node["generator"])))
        for each in node["generatorOutput"]:
            made.setdefault(_named(each)[1], set()).update(told)
    for expressions in node.values():
        if isinstance(expressions, list):
            for each in expressions:
                if isinstance(each, list) and each and isinstance(each[0], dict) and "num-children" in each[0]:
                    _learn_names(_grown(iter(each)), made)


def _learn_names(tree: Tree, made: dict[int, set[int]]) -> None:
    node, below = tree
    if "exprId" in node and node["class"].endswith(".Alias"):
        made.setdefault(_id(node), set()).update(_references(tree))
    for each in below:
        _learn_names(each, made)


def _references(tree: Tree) -> set[int]:
    node, below = tree
    if node["class"].endswith(".AttributeReference"):
        return {_id(node)}
    return {id_ for each in below for id_ in _references(each)}


def _named(expression: list[Node]) -> tuple[str, int]:
    return expression[0]["name"], _id(expression[0])


def _id(node: Node) -> int:
    return int(node["exprId"]["id"])
