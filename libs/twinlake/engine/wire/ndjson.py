"""NDJSON: one JSON object a line (FHIR Bulk Data Access 2.0, section Output)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

import orjson

from twinlake.declare.source import Feed
from twinlake.engine.wire import Fault, Record
from twinlake.engine.wire.foreign import Foreign, modified
from twinlake.engine.wire.reference import patient_in
from twinlake.engine.wire.text import decode, lines

_LOOSE_NAME = re.compile(rb'"\s+:')
Path = Callable[[Any], str | None]


def read(stream: BinaryIO, feed: Feed) -> Iterator[Record | Fault]:
    """Records of an NDJSON stream; blank lines are no records."""
    key, person, version = (_path(p) for p in (".".join(feed.key) or None, feed.person, feed.version))
    foreign, expected = Foreign(feed.foreign), feed.resource_type
    offset = 0
    for line in lines(stream):
        if not line or line.isspace():
            continue
        line = line.rstrip(b"\r")
        try:
            found = orjson.loads(line)
        except orjson.JSONDecodeError:
            found = None
        if not isinstance(found, dict):
            yield _unreadable(offset, line)
        elif (
            flaw := _flaw(line, found)
            or _of_another_type(found, expected)
            or foreign.flaw(found)
            or modified(found, line)
        ):
            yield Fault(offset, line.decode(), *flaw)
        else:
            yield Record(offset, line.decode(), key(found), person(found), version(found))
        offset += 1


def _unreadable(offset: int, line: bytes) -> Fault:
    text, rule = decode(line)
    if rule:
        return Fault(offset, text, rule, "expected UTF-8 text without NUL")
    return Fault(offset, text, "not_json", "expected one whole JSON object on the line")


def _flaw(line: bytes, found: dict) -> tuple[str, str] | None:
    """What a lenient parser does not tell: a key that stands twice, or more levels than Spark's parser follows."""
    try:
        # What orjson writes has each key once, so a line with as many needs no second look.
        written = orjson.dumps(found)
        if written == line or _has_as_many_names(line, written):
            return None
        is_twice = _has_duplicate_key(line)
    except (TypeError, RecursionError):
        return "nested_too_deep", "objects in objects beyond 250 levels; no record of care is like that"
    except ValueError:
        return "not_json", "a number has more digits than any parser follows"
    return ("duplicate_key", "an object names the same key twice; expected each key once") if is_twice else None


def _of_another_type(found: dict, expected: str | None) -> tuple[str, str] | None:
    """A resource in the file of another type would be read as what it is not."""
    if expected is None or found.get("resourceType", expected) == expected:
        return None
    return "wrong_type", f"its resourceType is not {expected}; put it in the file of its own type"


def _has_as_many_names(line: bytes, written: bytes) -> bool:
    """Whether both have as many members, told by the quote and colon behind each name.

    In a text they stand in both alike. An escape may hide them there and a blank behind a name: then nobody knows.
    """
    return b"\\u" not in line and not _LOOSE_NAME.search(line) and line.count(b'":') == written.count(b'":')


def _has_duplicate_key(line: bytes) -> bool:
    twice = False

    def check(pairs: list[tuple[str, Any]]) -> dict:
        nonlocal twice
        made = dict(pairs)
        twice = twice or len(made) < len(pairs)
        return made

    json.loads(line, object_pairs_hook=check)
    return twice


def _path(dotted: str | None) -> Path:
    """Reads a dotted path to a text or whole number; of a FHIR reference, the id of the Patient it points to."""
    if not dotted:
        return lambda found: None
    steps = dotted.split(".")
    is_reference = steps[-1] == "reference"

    def take(found: Any) -> str | None:
        for step in steps:
            if type(found) is not dict:
                return None
            found = found.get(step)
        # A whole number beyond 64 bits comes as a float, in which two keys would be one.
        text = found if type(found) is str else str(found) if type(found) is int else ""
        return (patient_in(text) if is_reference else text) or None

    return take
