"""Reads the catalogue, resolves names, sorts the work, and refuses what points backwards."""

from __future__ import annotations

import ast
import hashlib
import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from types import ModuleType, UnionType
from typing import Any

from twinlake import catalog
from twinlake.declare.errors import DeclarationError
from twinlake.declare.hospital import Hospital
from twinlake.declare.imputation import Learnt
from twinlake.declare.source import System
from twinlake.declare.table import Table

LAYERS = ("empi", "silver", "gold", "twins", "serving")
VERBS = {"empi": "link", "silver": "conform", "gold": "curate", "twins": "materialise", "serving": "publish"}
LIBRARY = Path(__file__).parent
PAGES = LIBRARY / "vocabulary" / "fields"
EXPECTATIONS = LIBRARY.parent.parent / "expectations"


@dataclass(frozen=True)
class Node:
    """One step of the plan: a verb, what it is done to, and the nodes it waits for."""

    name: str
    verb: str
    target: str
    after: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """The whole catalogue, in order."""

    systems: Mapping[str, System]
    tables: Mapping[str, Table]
    models: Mapping[str, Learnt]
    nodes: tuple[Node, ...]

    def node(self, name: str) -> Node:
        """A node by its name or by its table's short name."""
        for node in self.nodes:
            if name in (node.name, node.target, node.target.split(".")[-1]):
                return node
        known = ", ".join(n.name for n in self.nodes)
        raise DeclarationError(f"No node is called {name!r}. Known: {known}.")

    def upto(self, *names: str) -> tuple[Node, ...]:
        """The nodes of these names and all that they wait for, in order."""
        needed = set(names)
        for node in reversed(self.nodes):
            if node.name in needed:
                needed.update(node.after)
        return tuple(node for node in self.nodes if node.name in needed)


@cache
def read_plan() -> Plan:
    """The plan of the catalogue as it is written; no Spark session is started."""
    systems = {s.name: s for s in _declared("sources", System)}
    models = {m.name: m for m in _declared("models", Learnt)}
    declared = (t for layer in LAYERS for t in _declared(layer, Table))
    tables = {t.name: t.scoring(_features(t, models)) if t.scored else t for t in declared}
    _check_sources(systems, tables)
    _check_directions(tables)
    return Plan(systems, tables, models, tuple(_sorted(_nodes(tables, models))))


def _features(table: Table, models: Mapping[str, Learnt]) -> dict[str, str]:
    """Model → the table of its features, of every model whose kind the table is scored by."""
    return {name: models[name].feature_table.name for name in sorted(models) if models[name].kind in table.scored}


def _declared(layer: str, kind: type | UnionType) -> Iterator[Any]:
    for module in _modules(layer):
        for value in vars(module).values():
            if isinstance(value, kind) and _belongs(value, module):
                yield value


def _belongs(value: Any, module: ModuleType) -> bool:
    if isinstance(value, Table):
        return value.build.__module__ == module.__name__
    return value.name == module.__name__.rsplit(".", 1)[-1]


def _modules(layer: str) -> Iterator[ModuleType]:
    root = LIBRARY / "catalog" / layer
    if root.is_dir():
        for found in sorted(pkgutil.iter_modules([str(root)]), key=lambda m: m.name):
            if not found.name.startswith("_"):
                yield importlib.import_module(f"{catalog.__name__}.{layer}.{found.name}")


def _check_sources(systems: Mapping[str, System], tables: Mapping[str, Table]) -> None:
    problems = [
        f"{system.name} implements {i.table}, which no layer declares as made from sources"
        for system in systems.values()
        for i in system.implementations
        if i.table not in tables or not tables[i.table].is_implemented_by_sources
    ]
    if problems:
        raise DeclarationError("; ".join(problems) + ".")


def _check_directions(tables: Mapping[str, Table]) -> None:
    problems = [
        f"{t.full_name} reads {name}, which no file declares" for t in tables.values() for name in t.inputs
        if name not in tables
    ] or [
        f"{t.full_name} reads {tables[name].full_name}, which lies behind it" for t in tables.values()
        for name in t.inputs if _depth(tables[name]) > _depth(t)
    ]  # fmt: skip
    if problems:
        raise DeclarationError("; ".join(problems) + ".")


def _depth(table: Table) -> float:
    return LAYERS.index(table.layer) + 0.5 * bool(table.scored)


def _nodes(tables: Mapping[str, Table], models: Mapping[str, Learnt]) -> Iterator[Node]:
    yield Node("ingest", "ingest", "bronze", ())
    pinned = [t for t in tables.values() if t.layer in ("empi", "silver", "gold") and not t.scored]
    yield Node("pin", "pin", "publication", tuple(sorted(t.full_name for t in pinned)))
    for model in models.values():
        yield Node(f"train.{model.name}", "train", model.name, ("pin",))
    for table in tables.values():
        yield Node(table.full_name, "score" if table.scored else VERBS[table.layer], table.full_name,
                   tuple(_after(table, tables)))  # fmt: skip
    yield Node("publish", "publish", "publication", tuple(sorted({t.full_name for t in tables.values()} | {"pin"})))


def _after(table: Table, tables: Mapping[str, Table]) -> Iterator[str]:
    if table.is_implemented_by_sources:
        yield "ingest"
        if table.unit == "person_id":
            yield "empi.person_link"
    if table.scored:
        yield from (f"train.{name}" for name in table.features)
    elif LAYERS.index(table.layer) > LAYERS.index("gold"):
        yield "pin"
    yield from (tables[name].full_name for name in (*table.inputs, *table.references.values(), *table.beside))


def _sorted(nodes: Iterator[Node]) -> Iterator[Node]:
    by_name = {node.name: node for node in nodes}
    sorter = TopologicalSorter({name: sorted(node.after) for name, node in sorted(by_name.items())})
    try:
        for name in sorter.static_order():
            yield by_name[name]
    except CycleError as error:
        raise DeclarationError(f"The plan goes round in a circle: {' → '.join(error.args[1])}.") from error


def fingerprints(plan: Plan, hospitals: Mapping[str, Hospital]) -> dict[str, str]:
    """What each table's rows depend on besides its inputs: declaration, build, words, rules and hospital.toml."""
    folders = (LIBRARY / "vocabulary", LIBRARY / "clinical")
    words = _text(*(file for folder in folders for file in sorted(folder.rglob("*.py")) if file.parent != PAGES))
    words += "\n".join(_without_fields(_text(page)) for page in sorted(PAGES.glob("*.py")))
    shared = _text(*(file for folder in ("declare", "catalog", "catalog/cohorts") for kind in ("*.py", "*.json")
                     for file in sorted((LIBRARY / folder).glob(kind))))  # fmt: skip
    told = repr(sorted((h, repr(v)) for h, v in hospitals.items()))
    return {t.full_name: _hash(words, shared, told, *_own(plan, t)) for t in plan.tables.values()}


def _without_fields(page: str) -> str:
    """A page of the dictionary without its fields: a new column is nothing to the tables that do not have it."""
    module = ast.parse(page)
    rest = [
        node for node in module.body if not (isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "PAGE")
    ]
    return ast.unparse(ast.Module(rest, []))


def _own(plan: Plan, table: Table) -> Iterator[str]:
    yield repr(table.fields)
    yield _text(*(LIBRARY / "catalog" / "models" / f"{model}.py" for model in table.features))
    yield _text(LIBRARY / "catalog" / table.layer / f"{table.name}.py")
    yield _text(*sorted(EXPECTATIONS.glob("*.py")), EXPECTATIONS / table.layer / f"{table.name}.py")
    if table.versions_of:
        of = f"{table.layer}/{table.versions_of}.py"
        yield _text(LIBRARY / "catalog" / of, EXPECTATIONS / of)
    if table.is_implemented_by_sources:
        yield _text(*sorted((LIBRARY / "catalog" / "sources").rglob("*.py")))


def _text(*files: Path) -> str:
    return "\n".join(f.read_text(encoding="utf-8") for f in files if f.is_file())


def _hash(*texts: str) -> str:
    return hashlib.sha256("\x1f".join(texts).encode()).hexdigest()[:32]
