"""CSV: RFC 4180 with a header; a stray quote costs its own line, never the lines after it."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from itertools import islice
from typing import BinaryIO

from twinlake.declare.source import Feed
from twinlake.engine.wire import Fault, FileFault, Record
from twinlake.engine.wire.text import decode, lines

LONGEST = 1000

csv.field_size_limit(1 << 28)


def read(stream: BinaryIO, feed: Feed) -> Iterator[Record | Fault]:
    """Records of a CSV stream whose header is the feed's columns, in their order."""
    physical = _Lines(lines(stream))
    _check_header(physical, feed.columns)
    key, person, version = _picks(feed)
    offset = 0
    while physical.more():
        text, rule, fields = _next_record(physical, len(feed.columns))
        if rule:
            yield Fault(offset, text, rule, f"expected {len(feed.columns)} fields, quotes in pairs, UTF-8 text")
        elif fields:
            yield Record(offset, text, key(fields), person(fields), version(fields))
        else:
            continue
        offset += 1


class _Lines:
    """Physical lines with a look ahead, so that a record that swallowed too much can be given back."""

    def __init__(self, source: Iterator[bytes]) -> None:
        self.source, self.ahead = source, []  # type: ignore[var-annotated]

    def look(self, count: int) -> list[bytes]:
        self.ahead.extend(islice(self.source, count - len(self.ahead)) if count > len(self.ahead) else ())
        return self.ahead[:count]

    def more(self) -> bool:
        return bool(self.look(1))

    def take(self, count: int) -> None:
        del self.ahead[:count]


def _next_record(physical: _Lines, width: int) -> tuple[str, str | None, list[str]]:
    """The next record: text, broken rule, fields. A blank line has neither rule nor fields."""
    line = physical.look(1)[0]
    if b'"' in line and line.count(b'"') % 2:
        whole = _joined(physical, width)
        if whole:
            return whole
        physical.take(1)
        return decode(line)[0], "unbalanced_quote", []
    physical.take(1)
    return _parsed(line, width)


def _joined(physical: _Lines, width: int) -> tuple[str, str | None, list[str]] | None:
    """A record over several lines, if joining them until its quotes pair gives the right number of fields."""
    quotes = 0
    for count in range(1, LONGEST):
        part = physical.look(count)
        if len(part) < count:
            return None
        quotes += part[-1].count(b'"')
        if quotes % 2 == 0:
            text, rule, fields = _parsed(b"\n".join(part), width)
            if rule:
                return None
            physical.take(count)
            return text, rule, fields
    return None


def _parsed(line: bytes, width: int) -> tuple[str, str | None, list[str]]:
    text, rule = decode(line)
    if rule or not line:
        return text, rule, []
    if b'"' not in line:
        fields = text.split(",")
    else:
        try:
            fields = next(csv.reader([text], strict=True))
        except (csv.Error, StopIteration):
            return text, "unbalanced_quote", []
    return text, None if len(fields) == width else "field_count", fields


def _check_header(physical: _Lines, columns: tuple[str, ...]) -> None:
    if not physical.more():
        raise FileFault("empty_file", f"no header; expected {','.join(columns)}")
    text, rule, found = _next_record(physical, len(columns))
    if (rule and rule != "field_count") or tuple(found) != columns:
        missing = [c for c in columns if c not in found]
        extra = [c for c in found if c not in columns] if len(found) < 200 else []
        what = f"missing {missing}, unknown {extra}" if missing or extra else "the columns stand in another order"
        raise FileFault("wrong_header", f"{what}; expected {','.join(columns)}")


def _picks(feed: Feed) -> tuple[Callable[[list[str]], str | None], ...]:
    def pick(names: tuple[str, ...]) -> Callable[[list[str]], str | None]:
        places = [feed.columns.index(name) for name in names]
        if not places:
            return lambda fields: None
        if len(places) == 1:
            return lambda fields: fields[places[0]] or None
        return lambda fields: "\x1f".join(fields[place] for place in places)

    return tuple(pick(names) for names in (feed.key, _one(feed.person), _one(feed.version)))


def _one(name: str | None) -> tuple[str, ...]:
    return (name,) if name else ()
