"""A file for each wire format: bytes in, records and faults out; nothing here knows a hospital or a table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from io import BytesIO
from typing import BinaryIO, NamedTuple

from twinlake.declare.source import Feed

# The version of what has none of its own and yet is no first word, as a deletion is not.
ON_DELIVERY = "on delivery"


class Record(NamedTuple):
    """A record as it came; `offset` is its place among the file's records, `kind` what it is where kinds are mixed."""

    offset: int
    raw: str
    key: str | None
    person: str | None
    version: str | None
    kind: str | None = None

    @property
    def identity(self) -> str | None:
        """What the record is a version of: its key among records of its kind."""
        return self.key if self.kind is None or self.key is None else f"{self.kind}|{self.key}"


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
    """The reader of a wire format: `read` of the module of that name."""
    return import_module(f"{__name__}.{wire}").read  # type: ignore[no-any-return]


def records_of(stream: BinaryIO, feed: Feed, path: str) -> Iterator[Record | Fault]:
    """The records of the file that the feeds call `path`; a format that keeps the place of its bytes has `read_at`."""
    module = import_module(f"{__name__}.{feed.wire}")
    return module.read_at(stream, feed, path) if hasattr(module, "read_at") else module.read(stream, feed)  # type: ignore[no-any-return]


def alone(raw: str, feed: Feed) -> str:
    """The text in which a raw record can be read by itself: `alone` of the module, if it has one."""
    module = import_module(f"{__name__}.{feed.wire}")
    return module.alone(raw, feed) if hasattr(module, "alone") else f"{raw}\n"


def read_alone(raw: str, feed: Feed) -> list[Record]:
    """The records of a text by itself: one, but where a record is a part of a message; none of a broken one."""
    try:
        found = list(reader(feed.wire)(BytesIO(alone(raw, feed).encode()), feed))
    except FileFault:  # of a format whose files are documents, a record that is still broken is no document either
        return []
    whole = [item for item in found if isinstance(item, Record)]
    return whole if len(whole) == len(found) and (len(found) == 1 or is_of_parts(feed.wire)) else []


def is_of_parts(wire: str) -> bool:
    """Whether a record is a part of a document or message, and is known by what stands around it (`PARTS`)."""
    return getattr(import_module(f"{__name__}.{wire}"), "PARTS", False)


def translator(wire: str) -> Callable[[str], str] | None:
    """What makes JSON of a raw record that is no JSON itself: `as_json` of the module, if it has one."""
    return getattr(import_module(f"{__name__}.{wire}"), "as_json", None)
