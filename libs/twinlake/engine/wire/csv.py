"""CSV: RFC 4180 with a header; a stray quote costs its own line, never the lines after it."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO

from twinlake.declare.source import Feed
from twinlake.engine.wire import Fault, FileFault, Record
from twinlake.engine.wire._named_columns import difference, folded, picks
from twinlake.engine.wire.text import decode, lines

LONGEST = 1000

csv.field_size_limit(1 << 28)


def read(stream: BinaryIO, feed: Feed) -> Iterator[Record | Fault]:
    """Records of a CSV stream whose header is the feed's columns in their order, or one of its layouts; in any case.

    A record whose columns stand elsewhere than the feed's keeps its header in front, so that it can be read alone.
    """
    physical = _Lines(lines(stream))
    columns, head = _arrangement(physical, feed)
    key, person, version = picks(feed, columns)
    offset = 0
    while physical.more():
        text, rule, fields = _next_record(physical, len(columns))
        if rule:
            yield Fault(offset, head + text, rule, f"expected {len(columns)} fields, quotes in pairs, UTF-8 text")
        elif fields:
            yield Record(offset, head + text, key(fields), person(fields), version(fields))
        else:
            continue
        offset += 1


def alone(raw: str, feed: Feed) -> str:
    """The file that a raw record is by itself: under the feed's header, unless its own stands there."""
    is_headed = raw.startswith(tuple(layout.head for layout in feed.layouts))
    return f"{raw}\n" if is_headed else f"{','.join(feed.columns)}\n{raw}\n"


def glance(stream: BinaryIO, most: int) -> tuple[list[str], list[list[str]]]:
    """The header of a stream, whatever feed it is of, and the fields of its first records that have as many."""
    physical = _Lines(lines(stream))
    _, rule, names = _next_record(physical, 0) if physical.more() else ("", None, [])
    if rule not in (None, "field_count"):
        return [], []
    records: list[list[str]] = []
    for _ in range(most):
        if not physical.more():
            break
        _, rule, fields = _next_record(physical, len(names))
        if fields and not rule:
            records.append(fields)
    return names, records


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
    if line.count(b'"') % 2:
        whole = _joined(physical, width)
        if whole:
            return whole
        physical.take(1)
        return decode(line.rstrip(b"\r"))[0], "unbalanced_quote", []
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
            if len(fields) != width:
                return None
            physical.take(count)
            return text, rule, fields
    return None


def _parsed(line: bytes, width: int) -> tuple[str, str | None, list[str]]:
    """CRs before the record's end are part of the line end; those inside a quoted text are part of the text."""
    text, damage = decode(line.rstrip(b"\r"))
    if not text:
        return text, None, []
    fields = _fields(text)
    if not fields:
        return text, damage or "unbalanced_quote", []
    return text, damage or (None if len(fields) == width else "field_count"), fields


def _fields(text: str) -> list[str]:
    """The fields of a record, none where its quotes do not stand as RFC 4180 wants them."""
    if '"' not in text:
        return text.split(",")
    try:
        return next(csv.reader([text], strict=True))
    except (csv.Error, StopIteration):
        return []


def _arrangement(physical: _Lines, feed: Feed) -> tuple[tuple[str | None, ...], str]:
    """What the feed calls each column of the file, and the header that its records keep, if any."""
    if not physical.more():
        raise FileFault("empty_file", f"no header; expected {','.join(feed.columns)}")
    _, rule, found = _next_record(physical, len(feed.columns))
    header = folded(found if rule in (None, "field_count") else ())
    if header == folded(feed.columns):
        return feed.columns, ""
    for layout in feed.layouts:
        if header == folded(layout.columns):
            named = layout.named(feed.columns)
            return named, "" if named == feed.columns else layout.head
    headers = " or ".join(map(",".join, (feed.columns, *(layout.columns for layout in feed.layouts))))
    raise FileFault("wrong_header", f"{difference(found, feed.columns)}; expected {headers}")
