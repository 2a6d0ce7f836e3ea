"""How a file differs from what its feed declares, and what its hospital's policy makes of that.

Only what is declared decides, never what came before: the lake is the same in whatever order deliveries come. How a
delivery differs from the hospital's earlier ones is told beside it (`engine/drift_history.py`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import partial

from twinlake.declare.drift import QUARANTINE, STOP, WIDEN, policy
from twinlake.declare.hospital import Hospital
from twinlake.declare.source import Feed, Layout, System
from twinlake.engine.file_shape import Column, Shape

RULE = "schema_drift"
HELD_BACK = (QUARANTINE, STOP)
# What else a text of a type may turn out to be without a value being lost.
WIDER = {"integer": ("number",), "date": ("datetime",)}
# The share of letters in which two names agree from which one is perhaps the other.
NEAR = 0.6
_IN_JSON = {"struct": "object", "array": "array", "boolean": "boolean"}
_NUMBERS = ("tinyint", "smallint", "int", "bigint", "float", "double", "decimal")
_NEVER_A_NAME = frozenset('",`')
LONGEST_NAME = 128
Decide = Callable[[str], str]


@dataclass(frozen=True)
class Drift:
    """One difference: what happened to which column, in words without any value, and the policy that holds.

    `is_wider` says that a column of another type than declared has a wider one of the same kind.
    """

    event: str
    column: str
    detail: str
    policy: str = ""
    is_wider: bool = False

    @property
    def holds_back(self) -> bool:
        return self.policy in HELD_BACK

    def __str__(self) -> str:
        return f"{self.event} {self.column} ({self.detail}): {self.policy}"


def decide(system: System, feed: str, hospital: Hospital | None, event: str) -> str:
    """The policy of one event in the files of one feed at one hospital."""
    at_hospital = hospital.drift if hospital else {}
    by_hash = system.feed(feed).is_known_by_hash
    return policy(event, feed, system.name, declared=system.drift, at_hospital=at_hospital, known_by_hash=by_hash)


def deciding(system: System, feed: str, hospital: Hospital | None) -> Decide:
    """What says the policy of any event in these files."""
    return partial(decide, system, feed, hospital)


def drift_of(shape: Shape, feed: Feed, by: Decide) -> tuple[Drift, ...]:
    """Every difference between a file and its feed; none where it is so unlike the feed that its reader refuses it."""
    if feed.wire == "csv":
        layout = layout_of(shape, feed)
        if layout is None:
            return ()
        found = (*_of_header(shape, layout, feed), *_retyped(shape, layout.named(feed.columns), feed))
    else:
        found = (*_of_members(shape, feed), *_of_extensions(shape, feed))
    return tuple(decided(each, by) for each in found)


def admitted(shape: Shape, feed: Feed, found: Iterable[Drift]) -> tuple[Feed, str]:
    """The feed with the file's header as one of its layouts, if that is another and may go on; and that header."""
    layout = layout_of(shape, feed) if feed.wire == "csv" else None
    if layout is None or is_declared(layout, feed) or any(each.holds_back for each in found):
        return feed, ""
    return with_layouts(feed, [layout.header]), layout.header


def with_layouts(feed: Feed, headers: Iterable[str]) -> Feed:
    """The feed as it has been delivered: with these headers of files as layouts, beside those it declares."""
    learned = tuple(layout for layout in map(Layout, headers) if not is_declared(layout, feed))
    return replace(feed, layouts=(*feed.layouts, *learned)) if learned else feed


def why_held_back(found: Iterable[Drift], system: str) -> str:
    """The reason of a file that may not land: every difference at fault, and what to do."""
    said = [each for each in found if each.holds_back]
    keys = ", ".join(sorted({f'"{system}.{each.event}"' for each in said}))
    return (
        f"{'; '.join(map(str, said))}. Deliver the file as declared, declare the change in the system's file in "
        f"catalog/sources, or let it pass by {keys} under [drift] in hospital.toml"
    )


def decided(found: Drift, by: Decide) -> Drift:
    """The difference with the policy that holds; `widen` is to go on or to be held back, by what came."""
    said = by(found.event)
    return replace(found, policy=QUARANTINE if said == WIDEN and not found.is_wider else said)


def to_json(found: Iterable[Drift]) -> str:
    """As `ops.file_schema` keeps it."""
    return json.dumps([[d.event, d.column, d.detail, d.policy, d.is_wider] for d in found])


def from_json(text: str) -> tuple[Drift, ...]:
    """What `to_json` kept."""
    return tuple(Drift(*each) for each in json.loads(text))


def layout_of(shape: Shape, feed: Feed) -> Layout | None:
    """The layout that a file's header is: the declared one, in whatever case, or one by the feed's own names.

    None of what may be no header at all: most names are missing, one stands twice, or one is no name. Such a first
    line may be a patient's, so it is kept nowhere.
    """
    names = [name.casefold() for name in shape.names]
    for known in (Layout(",".join(feed.columns)), *feed.layouts):
        if names == [name.casefold() for name in known.columns]:
            return known
    is_header = bool(names) and len(set(names)) == len(names) and all(map(_is_name, names))
    own = [column for column in feed.columns if column.casefold() in names]
    return Layout(",".join(shape.names)) if is_header and 2 * len(own) > len(feed.columns) else None


def _is_name(text: str) -> bool:
    return 0 < len(text) <= LONGEST_NAME and text.isprintable() and not _NEVER_A_NAME & {*text}


def is_declared(layout: Layout, feed: Feed) -> bool:
    """Whether the feed itself says that files may begin so."""
    return layout.columns == feed.columns or layout.header in {known.header for known in feed.layouts}


def _of_header(shape: Shape, layout: Layout, feed: Feed) -> Iterator[Drift]:
    """Columns that came or went, a pair of them that is perhaps one, and columns in another order."""
    if is_declared(layout, feed):
        return
    named = layout.named(feed.columns)
    new = [column for column, name in zip(shape.columns, named, strict=True) if name is None]
    gone = [column for column in feed.columns if column not in named]
    renamed = _renamed(gone, new, shape, feed)
    for column in gone:
        perhaps = f"perhaps renamed to {renamed[column]}" if column in renamed else "not in the header"
        is_lost = column in feed.indispensable
        yield Drift("lost" if is_lost else "renamed" if column in renamed else "dropped", column, perhaps)
    for each in new:
        if each.name not in renamed.values():
            yield Drift("new", each.name, f"not declared; holds {each.type or 'too little to tell'}")
    shared = [name for name in named if name]
    if shared != [column for column in feed.columns if column in shared]:
        yield Drift("reordered", "", "columns are read by their names")


def _renamed(gone: list[str], new: list[Column], shape: Shape, feed: Feed) -> dict[str, str]:
    """Dropped column → new one that is near it in name, or stands at its place, and can hold what it held."""
    left, found = list(new), {}
    for column in gone:
        fitting = [c for c in left if column not in feed.typed or c.is_mostly(feed.typed[column])]
        near = max(fitting, key=lambda c: _likeness(c.name, column), default=None)
        if near is None or _likeness(near.name, column) < NEAR:
            place = feed.columns.index(column)
            near = next(
                (c for c in fitting if len(shape.names) == len(feed.columns) and shape.names[place] == c.name), None
            )
        if near:
            found[column] = near.name
            left.remove(near)
    return found


def _likeness(one: str, other: str) -> float:
    plain = ("".join(filter(str.isalnum, name.casefold())) for name in (one, other))
    return SequenceMatcher(None, *plain).ratio()


def _retyped(shape: Shape, named: Iterable[str | None], feed: Feed) -> Iterator[Drift]:
    for column, name in zip(shape.columns, named, strict=True):
        kind = feed.typed.get(name or "")
        if kind and not column.is_mostly(kind):
            is_wider = column.type in WIDER.get(kind, ())
            detail = f"declared {kind}, {column.misfits(kind)} of {column.values} values seen are not: {column.type}"
            yield Drift("retyped", str(name), detail, is_wider=is_wider)


def _of_members(shape: Shape, feed: Feed) -> Iterator[Drift]:
    """Members that the standard does not know, and those of another shape than is read.

    What gives away another version of the standard is told record by record, by the reader.
    """
    marks = {place.partition(".")[2].partition(":")[0] for place in feed.foreign}
    types = {name: kind for name, kind in feed.types.items() if name not in marks}
    for column in shape.columns:
        kind = _in_json(types.get(column.name, ""))
        if feed.elements and column.name not in feed.types and not _is_element(column.name, feed.elements):
            yield Drift("new", column.name, "no element of the resource")
        elif kind and not column.is_mostly(kind):
            detail = f"expected {kind}, {column.misfits(kind)} of {column.values} seen are not: {column.type}"
            yield Drift("retyped", column.name, detail)


def _in_json(declared: str) -> str:
    """The shape that a JSON value of a Spark type has; of a text any will do, for it is kept as it came."""
    word = declared.replace("<", "(").partition("(")[0].lower()
    return "number" if word in _NUMBERS else _IN_JSON.get(word, "")


def _is_element(name: str, elements: Iterable[str]) -> bool:
    """Whether a resource may have such a member; `_birthDate` is what FHIR says beside a `birthDate`."""
    plain = name.removeprefix("_")
    return any(
        plain == element
        or (element.endswith("[x]") and plain.startswith(element[:-3]) and plain[len(element) - 3 :][:1].isupper())
        for element in elements
    )


def _of_extensions(shape: Shape, feed: Feed) -> Iterator[Drift]:
    if feed.extensions:
        unknown = (url for url in shape.extensions if not url.startswith(feed.extensions))
        yield from (Drift("extension", url, "an extension that nothing here reads") for url in unknown)
