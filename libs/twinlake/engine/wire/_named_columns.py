"""Columns under a header, whatever separates them: whether the header is the feed's, and what names a record."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from twinlake.declare.source import Feed

# A moment before any update.
NEVER_UPDATED = "0001-01-01T00:00:00Z"


def folded(names: Iterable[str]) -> list[str]:
    """Names in any case as one."""
    return [name.casefold() for name in names]


def difference(found: list[str], columns: tuple[str, ...]) -> str:
    """What is wrong with a header; of a first line with few of the names nothing is told: it may be a patient's row."""
    if any("\r" in name for name in found):
        return "the lines end in CR alone, expected LF or CRLF"
    known, told = {c.casefold() for c in columns}, {c.casefold() for c in found}
    missing = [c for c in columns if c.casefold() not in told]
    extra = [c for c in found if c.casefold() not in known]
    if len(missing) * 2 >= len(columns):
        return f"the first line has {len(columns) - len(missing)} of the {len(columns)} names"
    if missing or extra:
        return f"missing {missing}, unknown {extra[:20]}"
    return "a column stands twice" if len(found) > len(columns) else "the columns stand in another order"


def picks(feed: Feed, columns: tuple[str | None, ...]) -> tuple[Callable[[list[str]], str | None], ...]:
    """What takes key, person and version out of the fields of a record whose columns are these."""

    def pick(names: tuple[str, ...]) -> Callable[[list[str]], str | None]:
        places = [columns.index(name) for name in names]
        if not places:
            return lambda fields: None
        if len(places) == 1:
            return lambda fields: fields[places[0]] or None
        return lambda fields: "\x1f".join(parts) if any(parts := [fields[place] for place in places]) else None

    key, person, version = (pick(names) for names in (feed.key, _one(feed.person), _one(feed.version)))
    return key, person, (lambda fields: version(fields) or NEVER_UPDATED) if feed.updates_alone else version


def _one(name: str | None) -> tuple[str, ...]:
    return (name,) if name else ()
