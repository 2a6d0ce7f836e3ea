"""Plain text notes: lines `Name: value`, an empty line, the text; a form feed before the next note of the file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import BinaryIO

from twinlake.declare.source import Feed
from twinlake.engine.wire import Fault, FileFault, Record
from twinlake.engine.wire.text import decode, lines

# Bytes of one note: a file without form feeds must not be read into memory whole.
LONGEST_NOTE = 16 << 20
_HEADER = re.compile(r"([A-Za-z][A-Za-z0-9-]{0,63}):[ \t]*(.*)")
_EMPTY_LINE = re.compile(r"\r?\n[ \t]*\r?\n")
TEXT = "text"


def read(stream: BinaryIO, feed: Feed) -> Iterator[Record | Fault]:
    """Records of a file of notes; header names are the feed's columns, with hyphens for underscores and in any case."""
    for offset, page in enumerate(_pages(stream)):
        yield _record(offset, page, feed)


def as_json(raw: str) -> str:
    """A note as one JSON object: its headers by their names in small letters, and its `text`."""
    headers, text, _ = _parsed(raw)
    return json.dumps({**headers, TEXT: text}, ensure_ascii=False)


def _pages(stream: BinaryIO) -> Iterator[bytes]:
    """The notes of a file, blank ones left out."""
    page: list[bytes] = []
    size = 0
    for line in lines(stream):
        for n, piece in enumerate(line.split(b"\f")):
            if n:
                yield from _unless_blank(page)
                page, size = [], 0
            page.append(piece)
            size += len(piece) + 1
            if size > LONGEST_NOTE:
                raise FileFault("note_too_long", f"a note is longer than {LONGEST_NOTE >> 20} MiB")
    yield from _unless_blank(page)


def _unless_blank(page: list[bytes]) -> Iterator[bytes]:
    whole = b"\n".join(page)
    if whole.strip():
        yield whole


def _record(offset: int, page: bytes, feed: Feed) -> Record | Fault:
    raw, damage = decode(page)
    if damage:
        return Fault(offset, raw, damage, "expected UTF-8 text without NUL")
    headers, text, flaw = _parsed(raw)
    if flaw:
        return Fault(offset, raw, *flaw)
    if not text.strip():
        return Fault(offset, raw, "no_text", "expected a text after the empty line")
    key = headers.get(feed.key[0]) if feed.key else None
    return Record(offset, raw, key, headers.get(feed.person or ""), headers.get(feed.version or ""))


def _parsed(raw: str) -> tuple[dict[str, str], str, tuple[str, str] | None]:
    """Headers, text, and what is wrong with them, if anything."""
    head, empty, text = _cut(raw.lstrip("\r\n"))
    headers: dict[str, str] = {}
    for line in head.split("\n"):
        found = _HEADER.fullmatch(line.rstrip())
        if not found or not empty:
            return headers, text, ("no_header", "expected lines `Name: value`, then an empty line, then the text")
        name = found[1].lower().replace("-", "_")
        if name in headers or name == TEXT:
            return headers, text, ("duplicate_header", "a header stands twice, or is called Text; expected each once")
        headers[name] = found[2]
    return {name: value for name, value in headers.items() if value}, text, None


def _cut(raw: str) -> tuple[str, str, str]:
    """What stands before the first empty line, that line, and what stands after it."""
    found = _EMPTY_LINE.search(raw)
    return (raw[: found.start()], found[0], raw[found.end() :]) if found else (raw, "", "")
