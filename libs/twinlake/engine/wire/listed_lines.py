"""Lists of one entry a line that do not say what they list: their file's name does, so each entry keeps it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import BinaryIO

from twinlake.declare.source import Feed
from twinlake.engine.wire import Fault, Record
from twinlake.engine.wire.text import decode, lines


def read_at(stream: BinaryIO, feed: Feed, path: str) -> Iterator[Record | Fault]:
    """Each line that is not blank, behind the name of its file and a tab."""
    yield from _records(stream, path.rpartition("/")[2].removesuffix(".gz") + "\t")


def read(stream: BinaryIO, feed: Feed) -> Iterator[Record | Fault]:
    """The same of lines that have their file's name in front already."""
    yield from _records(stream, "")


def as_json(raw: str) -> str:
    """`file` and `line`; a line keeps its columns, for they stand at fixed places."""
    file, _, line = raw.partition("\t")
    return json.dumps({"file": file, "line": line}, ensure_ascii=False)


def _records(stream: BinaryIO, head: str) -> Iterator[Record | Fault]:
    offset = 0
    for line in lines(stream):
        text, damage = _decoded(line.rstrip())
        if not text.strip():
            continue
        if damage:
            yield Fault(offset, head + text, damage, "expected text without NUL")
        else:
            yield Record(offset, head + text, None, None, None)
        offset += 1


def _decoded(line: bytes) -> tuple[str, str | None]:
    """CMS wrote some titles in Latin-1 (Ménière), which is no UTF-8 and in which every byte is a letter."""
    text, damage = decode(line)
    return (line.decode("latin-1"), None) if damage == "not_utf8" else (text, damage)
