"""The grammar of a system: its feeds, what identifies a record, and how they implement silver's tables."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from twinlake.declare.drift import wrong_policies
from twinlake.declare.errors import DeclarationError

DELIVERIES = ("snapshot", "increment")
# What the columns of a CSV feed may hold: an id is a whole number that is looked up as written, day and moment are as
# ISO 8601 writes them.
TYPES = ("id", "integer", "number", "date", "datetime")
# A table may come in several files of one delivery: `observations.csv`, or `observations.00017.csv` and its like.
PART = r"(?:[.-]\d+)?"


@dataclass(frozen=True)
class Layout:
    """Another header that files of a CSV feed may have: of an older release, in another order or case.

    Its columns are the feed's of the same name in any case, or those that `renamed` (its name → the feed's) says. The
    feed's other columns are null; what the feed has no column for stays in the raw record.
    """

    header: str
    renamed: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def columns(self) -> tuple[str, ...]:
        """Its own names, in order."""
        return tuple(self.header.split(","))

    @property
    def head(self) -> str:
        """The line it begins a file with."""
        return f"{self.header}\n"

    def named(self, columns: tuple[str, ...]) -> tuple[str | None, ...]:
        """What a feed of these columns calls each of its own; None what it has no column for."""
        known = {column.casefold(): column for column in columns}
        return tuple(self.renamed.get(own) or known.get(own.casefold()) for own in self.columns)


@dataclass(frozen=True)
class GivenUp:
    """When a key is given up: `when` is SQL over the records of the part `by` and of its own that bear the key.

    It is true where the key is given up, false where the next of them takes that back, null where neither is said. What
    was said before is not kept for what comes after; until something comes, all stands as it was.
    """

    by: str
    when: str


@dataclass(frozen=True)
class Feed:
    """One kind of file of a system.

    `files` is a regular expression for the path inside the system's folder, without a dated folder in front and without
    `.gz`. `schema` is Spark DDL: for CSV every column in the header's order, for JSON what conform reads. `key`,
    `person` and `version` are dotted paths into a record; no key means the record itself (its hash) is the key.
    `updates_alone` marks a feed under a header whose version is empty until a record is updated: without one it gives
    way to any that has one, whenever it came. `withdrawn` is SQL over the parsed record: such a record takes back what
    its key said before. `derived` are columns made of those that are read, by SQL. `kept` are columns, or fields of
    them (`PID.f7`), that a later version may leave out: where it is null there, the last version that is not counts for
    them; `given_up` says when what came before no longer does. `exact_numbers` are JSON names whose numbers keep their
    digits as written (`5.10`). `unmapped` gives, reason by reason, SQL for the records that no table takes. `foreign`
    gives, place by place, what only records of another
    version of the standard have, and which version that is: they go to quarantine. So do those whose `resourceType` is
    another than `resource_type`. `layouts` are the other headers of a CSV feed's files.
    `nameless` marks a feed whose records are each about somebody of their own whom nothing names (a survey): equal
    records are then different persons, and a record's place is part of what it is. Where a file is named for the
    person it is about, `files` says so by a group, `(?P<person>…)`.
    `required` are columns without which its records say nothing, beside those they are known by. `typed` says which
    columns of a CSV feed hold ids, whole numbers, numbers, days or moments (TYPES). `elements` are the members that the
    standard of a JSON feed knows (`value[x]`: of every type), `extensions` what the URLs of known extensions begin
    with: other ones are told (engine/schema_drift.py).

    A feed may be a part of another one, `within`, that lands files of mixed records: it has no files of its own, and
    its records are those for which `only`, SQL over `record_kind`, holds, read by its own schema.
    """

    name: str
    files: str
    wire: str
    schema: str
    delivery: str
    key: tuple[str, ...] = ()
    person: str | None = None
    version: str | None = None
    updates_alone: bool = False
    withdrawn: str | None = None
    derived: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    kept: tuple[str, ...] = ()
    given_up: GivenUp | None = None
    exact_numbers: tuple[str, ...] = ()
    unmapped: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    within: str | None = None
    only: str | None = None
    nameless: bool = False
    layouts: tuple[Layout, ...] = ()
    foreign: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    resource_type: str | None = None
    required: tuple[str, ...] = ()
    typed: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    elements: tuple[str, ...] = ()
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if wrong := [f"{c} is {kind}" for c, kind in self.typed.items() if c not in self.columns or kind not in TYPES]:
            raise DeclarationError(
                f"feed {self.name}: typed says {', '.join(wrong)}; expected a column and {', '.join(TYPES)}."
            )
        if missing := sorted({*self.required} - {*self.columns}):
            raise DeclarationError(f"feed {self.name}: required {', '.join(missing)} is no column.")
        if strangers := sorted({place.partition(".")[0] for place in self.kept} - {*self.columns, *self.derived}):
            raise DeclarationError(f"feed {self.name}: kept {', '.join(strangers)} is no column.")
        if self.nameless and (self.key or self.person):
            raise DeclarationError(f"feed {self.name}: what has a key or a person is not nameless.")
        if (self.within is None) != (self.only is None):
            raise DeclarationError(f"feed {self.name}: a part of another feed names both `within` and `only`.")
        if self.delivery not in DELIVERIES:
            raise DeclarationError(f"feed {self.name}: delivery is {self.delivery!r}; use {' or '.join(DELIVERIES)}.")
        problems = [problem for layout in self.layouts for problem in _wrong_layout(self, layout)]
        if problems:
            raise DeclarationError(f"feed {self.name}: {'; '.join(problems)}.")
        re.compile(self.files)

    @property
    def columns(self) -> tuple[str, ...]:
        """The top-level column names of the schema, in order."""
        return tuple(part.split("`")[1] if part[0] == "`" else part.split()[0] for part in _top_level(self.schema))

    @property
    def indispensable(self) -> frozenset[str]:
        """The columns that no record can do without: what it is known by, and `required`."""
        return frozenset({*self.key, *filter(None, (self.person, self.version)), *self.required})

    @property
    def types(self) -> dict[str, str]:
        """What each column is declared to be: Spark's types, or of a CSV feed those of `typed`."""
        declared = dict(zip(self.columns, (_type_in(part) for part in _top_level(self.schema)), strict=True))
        return {**declared, **self.typed}

    @property
    def is_known_by_hash(self) -> bool:
        """Whether nothing but its very text, header included, says that a record came before."""
        return self.delivery == "increment" and not self.key

    def person_in(self, path: str) -> str | None:
        """Whom a file is named for, by its path inside the system's folder; None where `files` names nobody."""
        named = re.fullmatch(self.files, path) if "(?P<person>" in self.files else None
        return named["person"] if named else None


def _wrong_layout(feed: Feed, layout: Layout) -> Iterator[str]:
    named = [name for name in layout.named(feed.columns) if name]
    identity = {*feed.key, *filter(None, (feed.person, feed.version))}
    if feed.wire != "csv":
        yield f"layouts are for CSV, not for {feed.wire}"
    if layout.columns == feed.columns or [known.header for known in feed.layouts].count(layout.header) > 1:
        yield f"the layout {layout.header} stands twice"
    if missing := sorted(identity - {*named}):
        yield f"the layout {layout.header} lacks {', '.join(missing)}, by which records are known"
    if twice := sorted({name for name in named if named.count(name) > 1}):
        yield f"the layout {layout.header} says twice what {', '.join(twice)} is"
    if unknown := sorted({*layout.renamed} - {*layout.columns} | {*layout.renamed.values()} - {*feed.columns}):
        yield f"the layout {layout.header} renames {', '.join(unknown)}, which is no column"


def _type_in(part: str) -> str:
    return (part.split("`")[2] if part[0] == "`" else part.partition(" ")[2]).strip()


def _top_level(ddl: str) -> list[str]:
    parts, depth, start = [], 0, 0
    for position, letter in enumerate(ddl):
        depth += letter in "<(" or -(letter in ">)")
        if letter == "," and depth == 0:
            parts.append(ddl[start:position])
            start = position + 1
    return [part.strip() for part in [*parts, ddl[start:]] if part.strip()]


def csv_feed(name: str, files: str, header: str, delivery: str, **rest: Any) -> Feed:
    """A CSV feed from its header line; every column is text until a table says otherwise."""
    schema = ", ".join(f"`{column}` string" for column in header.split(","))
    return Feed(name=name, files=files, wire="csv", schema=schema, delivery=delivery, **rest)


def part(of: Feed, name: str, only: str, **own: Any) -> Feed:
    """The records of a mixed feed of one kind, with what differs for them: schema, withdrawn, unmapped, kept …"""
    blank: dict[str, Any] = {
        "withdrawn": None,
        "unmapped": MappingProxyType({}),
        "derived": MappingProxyType({}),
        "kept": (),
        "given_up": None,
    }
    return replace(of, **{**blank, **own, "name": name, "files": "", "within": of.name, "only": only})


@dataclass(frozen=True)
class Via:
    """How a late lookup record reaches the facts: the same SQL value over the fact's record and over the lookup's."""

    feed: str
    fact: str
    lookup: str


@dataclass(frozen=True)
class Implementation:
    """One table as one system delivers it; `feeds` are the parameters of `map`, the first one holds the facts."""

    table: str
    feeds: tuple[str, ...]
    map: Callable[..., Any]
    via: tuple[Via, ...] = ()
    when: str | None = None


@dataclass(frozen=True)
class System:
    """A way of exporting; checked against silver's tables when the plan reads it.

    `drift` says what is done when deliveries change, where that is not the default: event or `feed.event` → policy.
    """

    name: str
    meaning: str
    feeds: tuple[Feed, ...]
    implementations: tuple[Implementation, ...]
    ignored: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    drift: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        names = {feed.name for feed in self.feeds}
        problems = [
            f"{i.table} reads {feed}, which is no feed"
            for i in self.implementations
            for feed in i.feeds
            if feed not in names
        ]
        problems += [
            f"{f.name} is within {f.within}, which is no feed" for f in self.feeds if f.within not in {None, *names}
        ]
        if len(names) != len(self.feeds):
            problems.append("a feed stands twice")
        problems += wrong_policies(self.drift)
        if problems:
            raise DeclarationError(f"system {self.name}: " + "; ".join(problems) + ".")

    def feed(self, name: str) -> Feed:
        return next(feed for feed in self.feeds if feed.name == name)

    def landed_in(self, name: str) -> str:
        """The feed whose files hold the records of this one: itself, or the one it is a part of."""
        return self.feed(name).within or name

    def parts(self, name: str) -> tuple[Feed, ...]:
        """The parts of a feed of mixed records."""
        return tuple(feed for feed in self.feeds if feed.within == name)

    def implementing(self, table: str) -> tuple[Implementation, ...]:
        return tuple(i for i in self.implementations if i.table == table)

    def feed_of(self, path: str) -> Feed | None:
        """The feed of a file, by its path inside the system's folder (no dated folder, no `.gz`)."""
        return next((f for f in self.feeds if f.within is None and re.fullmatch(f.files, path)), None)

    def why_ignored(self, path: str) -> str | None:
        """Why a file of the system is known but not read."""
        return next((why for pattern, why in self.ignored.items() if re.fullmatch(pattern, path)), None)


def implements(
    table: str, *, when: str | None = None, via: tuple[Via, ...] = ()
) -> Callable[[Callable[..., Any]], Implementation]:
    """The decorated function maps its feeds (parsed records) to the table; `when` is SQL choosing among the facts."""

    def declare(function: Callable[..., Any]) -> Implementation:
        return Implementation(table, tuple(inspect.signature(function).parameters), function, via, when)

    return declare
