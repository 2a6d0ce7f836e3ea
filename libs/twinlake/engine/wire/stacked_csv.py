"""Several CSV tables one under another in one file, each with its header, an empty line between two.

A record's kind is the first name of its table's header. All tables are as wide as the feed's schema, whose columns
are `field_1`, `field_2` …, since each table has names of its own.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from typing import BinaryIO

from twinlake.declare.source import Feed
from twinlake.engine.wire import Fault, FileFault, Record
from twinlake.engine.wire.text import decode, lines

NAME = re.compile(r"[A-Za-z_]\w{0,99}")


def read(stream: BinaryIO, feed: Feed) -> Iterator[Record | Fault]:
    """Records of every table of the stream; headers and the empty lines between tables are no records."""
    width = len(feed.columns)
    places = [feed.columns.index(name) for name in feed.key]
    kind, offset = None, 0
    for line in lines(stream):
        text, rule = decode(line.rstrip(b"\r"))
        if not text.strip(", "):
            kind = None
            continue
        fields = _fields(text)
        if kind is None:
            kind = _kind(fields, width, offset)
            continue
        yield _record(offset, text, rule, fields, width, places, kind)
        offset += 1


def as_json(raw: str) -> str:
    """The fields of a record by their place."""
    return json.dumps({f"field_{n}": value or None for n, value in enumerate(_fields(raw), 1)})


def _fields(text: str) -> list[str]:
    """The fields of a line, none where its quotes do not stand as RFC 4180 wants them."""
    try:
        return next(csv.reader([text], strict=True))
    except (csv.Error, StopIteration):
        return []


def _kind(header: list[str], width: int, offset: int) -> str:
    """What a table holds, by its header; without one its records could be of any kind, and so could all others."""
    if len(header) != width or not all(NAME.fullmatch(name) for name in header):
        raise FileFault("wrong_header", f"the table before record {offset} begins without a header of {width} names")
    return header[0]


def _record(
    offset: int, text: str, rule: str | None, fields: list[str], width: int, places: list[int], kind: str
) -> Record | Fault:
    flaw = rule or (None if len(fields) == width else "field_count" if fields else "unbalanced_quote")
    if flaw:
        return Fault(offset, text, flaw, f"expected {width} fields on the line, quotes in pairs, UTF-8 text")
    return Record(offset, text, "\x1f".join(fields[place] for place in places) or None, None, None, kind)
