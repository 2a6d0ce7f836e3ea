"""A file for each wire format: bytes in, records and faults out; nothing here knows a hospital or a table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO, NamedTuple

from twinlake.declare.source import Feed


class Record(NamedTuple):
    """A record as it came; `offset` is its place among the file's records."""

    offset: int
    raw: str
    key: str | None
    person: str | None
    version: str | None


class Fault(NamedTuple):
    """A record that cannot be read: kept whole, with the rule it breaks and what was expected."""

    offset: int
    raw: str
    rule: str
    reason: str


class FileFault(Exception):
    """A file that cannot be trusted as a whole; nothing of it lands."""

    def __init__(self, rule: str, reason: str) -> None:
        super().__init__(f"{rule}: {reason}")
        self.rule, self.reason = rule, reason


Reader = Callable[[BinaryIO, Feed], Iterator[Record | Fault]]


def reader(wire: str) -> Reader:
    """The reader of a wire format."""
    from twinlake.engine.wire import csv, ndjson

    return {"csv": csv.read, "ndjson": ndjson.read}[wire]
