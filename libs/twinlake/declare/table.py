"""The grammar of a table: grain, key, columns by name, the tables it reads, and its build."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from twinlake.declare.errors import DeclarationError
from twinlake.vocabulary.field import Field
from twinlake.vocabulary.fields import DICTIONARY

NOT_TABLES = frozenset({"rows", "hospitals", "compare", "link", "champions", "features"})


@dataclass(frozen=True)
class Through:
    """How a changed row of an input reaches the unit: through the rows of a table that has the unit.

    `on` is SQL over that table's row, `of` SQL over the changed one (the same, where nothing else is said): where both
    give one value the unit is reached. The table may be the one that is built, as it stands.
    """

    table: str
    on: str
    of: str = ""


@dataclass(frozen=True)
class Table:
    """What a table is; never how it is written.

    `unit` is the column by which it is rebuilt. `via` says, for an input that does not carry the unit, which SQL
    expression over a changed row of that input gives the unit. `build` takes the tables named by its parameters; `rows`
    stands for what the sources implement and `hospitals` for the hospitals' settings; `optional` are columns that few
    sources can give, null where one does not. `view` adds the columns that depend on the reader's moment (age today),
    as SQL over the row, `as_of` and `publication_id`; never stored. `versions_of` marks the table that keeps the
    versions another one's rows had before they were corrected, replaced or withdrawn; `whole` one whose every row may
    depend on any row of its inputs. `references` are foreign keys, column → table, made before this one,
    as are those that its rules look into `beside` them. A `scored` table is given the `champions` and `features` of the
    models of these kinds; which table each model's features stand in, the plan fills in as `features`.
    """

    name: str
    layer: str
    meaning: str
    grain: str
    key: tuple[str, ...]
    columns: tuple[str, ...]
    required: frozenset[str]
    unit: str
    build: Callable[..., Any]
    inputs: tuple[str, ...]
    from_sources: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    via: Mapping[str, str | Through] = field(default_factory=lambda: MappingProxyType({}))
    view: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    scored: tuple[str, ...] = ()
    versions_of: str | None = None
    whole: bool = False
    references: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    beside: tuple[str, ...] = ()
    features: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        problems = [
            *(f"column {c} is not in vocabulary/fields" for c in self.columns if c not in DICTIONARY),
            *(f"key {c} is not a column" for c in self.key if c not in self.columns),
            *(f"required {c} is not a column" for c in sorted(self.required) if c not in self.columns),
            *(
                f"optional {c} is not a column, or required"
                for c in self.optional
                if c not in self.columns or c in {*self.required, *self.from_sources}
            ),
            *(f"reference {c} is not a column" for c in self.references if c not in self.columns),
            *(f"via names {t}, which build does not read" for t in self.via if t not in self.inputs),
            *([] if self.unit in self.columns else [f"unit {self.unit} is not a column"]),
            *(f"column {c} stands twice" for c in sorted({c for c in self.columns if self.columns.count(c) > 1})),
        ]
        if problems:
            raise DeclarationError(f"{self.layer}.{self.name}: " + "; ".join(problems) + ".")

    @property
    def full_name(self) -> str:
        return f"{self.layer}.{self.name}"

    def scoring(self, features: Mapping[str, str]) -> Table:
        """The table that reads these feature tables too (model → table)."""
        inputs = dict.fromkeys((*self.inputs, *features.values()))
        return replace(self, inputs=tuple(inputs), features=MappingProxyType(dict(features)))

    @property
    def fields(self) -> tuple[Field, ...]:
        return tuple(DICTIONARY[c] for c in self.columns)

    @property
    def definition(self) -> tuple[str, ...]:
        """What its rows say: its module as it is written, and its columns' types and units.

        Not what the module imports (code lists, shared expressions), nor how the tables it reads are made.
        """
        module = Path(inspect.getfile(self.build)).read_text(encoding="utf-8")
        return (module, *(f"{f.name} {f.type} {f.unit}" for f in self.fields))

    @property
    def nested(self) -> tuple[str, ...]:
        """The columns that hold values within values."""
        return tuple(f.name for f in self.fields if "<" in f.type)

    @property
    def ddl(self) -> str:
        return ", ".join(f"`{f.name}` {f.type}" for f in self.fields)

    @property
    def is_implemented_by_sources(self) -> bool:
        return bool(self.from_sources)


def _address(build: Callable[..., Any]) -> tuple[str, str]:
    *_, layer, module = build.__module__.split(".")
    if module != build.__name__:
        raise DeclarationError(f"{build.__module__}: the build is called {build.__name__}; call it {module}.")
    return layer, module


def table(
    *,
    grain: str,
    key: tuple[str, ...],
    columns: tuple[str, ...],
    required: tuple[str, ...] = (),
    unit: str = "person_id",
    from_sources: tuple[str, ...] = (),
    optional: tuple[str, ...] = (),
    via: Mapping[str, str | Through] | None = None,
    view: Mapping[str, str] | None = None,
    scored: tuple[str, ...] = (),
    versions_of: str | None = None,
    whole: bool = False,
    references: Mapping[str, str] | None = None,
    beside: tuple[str, ...] = (),
) -> Callable[[Callable[..., Any]], Table]:
    """Declare the decorated function as the build of the table at its own address, `catalog/<layer>/<name>.py`."""

    def declare(build: Callable[..., Any]) -> Table:
        layer, name = _address(build)
        parameters = tuple(inspect.signature(build).parameters)
        return Table(
            name=name,
            layer=layer,
            meaning=inspect.getdoc(build) or "",
            grain=grain,
            key=key,
            columns=columns,
            required=frozenset({*key, unit, *required}),
            unit=unit,
            build=build,
            inputs=tuple(p for p in parameters if p not in NOT_TABLES),
            from_sources=from_sources,
            optional=optional,
            via=MappingProxyType(dict(via or {})),
            view=MappingProxyType(dict(view or {})),
            scored=scored,
            versions_of=versions_of,
            whole=whole,
            references=MappingProxyType(dict(references or {})),
            beside=beside,
        )

    return declare
