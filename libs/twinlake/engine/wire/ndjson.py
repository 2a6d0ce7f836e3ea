"""NDJSON: one JSON object a line (FHIR Bulk Data Access 2.0, section Output)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

import orjson

from twinlake.declare.source import Feed
from twinlake.engine.wire import Fault, Record
from twinlake.engine.wire.text import decode, lines

Path = Callable[[Any], str | None]


def read(stream: BinaryIO, feed: Feed) -> Iterator[Record | Fault]:
    """Records of an NDJSON stream; blank lines are no records."""
    key, person, version = (_path(p) for p in (".".join(feed.key) or None, feed.person, feed.version))
    offset = 0
    for line in lines(stream):
        if line.strip():
            yield _record(offset, line, key, person, version)
            offset += 1


def _record(offset: int, line: bytes, key: Path, person: Path, version: Path) -> Record | Fault:
    text, rule = decode(line)
    if rule:
        return Fault(offset, text, rule, "expected UTF-8 text without NUL")
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError:
        return Fault(offset, text, "not_json", "expected one whole JSON object on the line")
    if not isinstance(found, dict):
        return Fault(offset, text, "not_json", "expected a JSON object")
    if _has_duplicate_key(line, found):
        return Fault(offset, text, "duplicate_key", "an object names the same key twice; expected each key once")
    return Record(offset, text, key(found), person(found), version(found))


def _has_duplicate_key(line: bytes, found: dict) -> bool:
    if len(orjson.dumps(found)) == len(line):
        return False
    twice = False

    def check(pairs: list[tuple[str, Any]]) -> dict:
        nonlocal twice
        made = dict(pairs)
        twice = twice or len(made) < len(pairs)
        return made

    json.loads(line, object_pairs_hook=check)
    return twice


def _path(dotted: str | None) -> Path:
    """Reads a dotted path; a FHIR reference gives the id behind its last slash or colon."""
    if not dotted:
        return lambda found: None
    steps = dotted.split(".")

    def take(found: Any) -> str | None:
        for step in steps:
            found = found.get(step) if isinstance(found, dict) else None
        if found is None:
            return None
        return str(found).replace(":", "/").rsplit("/", 1)[-1] if steps[-1] == "reference" else str(found)

    return take
