"""Tab-separated lines under a header, as OHDSI's Athena writes them: no quoting, a quote is a letter like others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from twinlake.declare.source import Feed
from twinlake.engine.wire import Fault, FileFault, Record
from twinlake.engine.wire._named_columns import difference, folded, picks
from twinlake.engine.wire.text import decode, lines


def read(stream: BinaryIO, feed: Feed) -> Iterator[Record | Fault]:
    """Records of a stream whose header is the feed's columns in their order, in any case; empty lines are none."""
    physical = lines(stream)
    _check_header(next(physical, None), feed)
    width, offset = len(feed.columns), 0
    key, person, version = picks(feed, feed.columns)
    for line in physical:
        text, damage = decode(line.rstrip(b"\r"))
        if not text:
            continue
        fields = text.split("\t")
        rule = damage or (None if len(fields) == width else "field_count")
        if rule:
            yield Fault(offset, text, rule, f"expected {width} fields between tabs, UTF-8 text")
        else:
            yield Record(offset, text, key(fields), person(fields), version(fields))
        offset += 1


def alone(raw: str, feed: Feed) -> str:
    """The file that a raw record is by itself."""
    return "\t".join(feed.columns) + f"\n{raw}\n"


def _check_header(line: bytes | None, feed: Feed) -> None:
    wanted = " ".join(feed.columns)
    if line is None:
        raise FileFault("empty_file", f"no header; expected, with tabs between, {wanted}")
    found = decode(line.rstrip(b"\r"))[0].split("\t")
    if folded(found) != folded(feed.columns):
        raise FileFault("wrong_header", f"{difference(found, feed.columns)}; expected, with tabs between, {wanted}")
