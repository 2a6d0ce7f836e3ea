"""HL7 v2 messages (2.1 to 2.9, encoding rules of chapter 2), bare, in batches or as MLLP dumps.

A message lands as the things it tells of (`_hl7v2_records`). What cannot be read costs its message and no other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, partial
from itertools import count, takewhile
from typing import BinaryIO

import orjson

from twinlake.declare.source import Feed
from twinlake.engine.wire import Fault, FileFault, Record
from twinlake.engine.wire._hl7v2_frames import Envelope, Piece, pieces
from twinlake.engine.wire._hl7v2_keys import whose_of
from twinlake.engine.wire._hl7v2_records import things_of
from twinlake.engine.wire._hl7v2_segments import (
    LONGEST_CACHED,
    Separators,
    decoded,
    fields_of,
    head_of,
    line_end,
    segment_json,
    segment_json_once,
    segments,
    separators_of,
)
from twinlake.engine.wire.text import decode

PARTS = True
NAMES = {"\r": "CR", "\r\n": "CRLF", "\n": "LF"}
FLAWS = {
    "not_utf8": "MSH-18 names UTF-8, or no character set, and the bytes are no UTF-8",
    "wrong_charset": "the bytes are not in the character set that MSH-18 names",
    "unknown_charset": "MSH-18 names a character set that is not known here, and the bytes are not ASCII",
    "nul_byte": "expected text without NUL",
}


def read(stream: BinaryIO, feed: Feed) -> Iterator[Record | Fault]:
    """The records of every message; the keys are the messages' own, whatever the feed is called."""
    envelope, offset, found_message = Envelope(), 0, False
    for piece in pieces(stream):
        found_message = found_message or bool(piece.name)
        for item in _items(piece, envelope, offset):
            yield item
            offset += 1
    for fault in envelope.left_open():
        yield fault._replace(offset=offset)
        offset += 1
    if offset and not found_message:
        raise FileFault("not_hl7v2", "no line begins with MSH and its separators")


def _items(piece: Piece, envelope: Envelope, offset: int) -> Iterator[Record | Fault]:
    """What a piece holds, numbered from `offset` on."""
    if not piece.name:
        yield Fault(offset, decode(piece.data)[0], "outside_message", "this stands before, between or after messages")
    elif piece.name == "MSH":
        envelope.count_message()
        yield from _message(piece, offset)
    elif fault := envelope.see(piece.name, piece.data):
        yield fault._replace(offset=offset)


def _message(piece: Piece, offset: int) -> Iterator[Record | Fault]:
    text, rule = decoded(piece.data)
    each = segments(text)
    flaw = (rule, FLAWS[rule]) if rule else _flaw(text, each, piece.is_cut)
    if flaw:
        yield Fault(offset, text.replace("\x00", "\\x00"), *flaw)
        return
    by, end = _separators(text), line_end(text)
    for place, thing in enumerate(things_of(each, by, partial(fields_of, by=by)), offset):
        yield Record(place, end.join(thing.segments), thing.key, thing.person, thing.version, thing.kind)


def _separators(text: str) -> Separators:
    by = separators_of(head_of(text))
    assert by is not None
    return by


def _flaw(text: str, each: list[str], is_cut: bool) -> tuple[str, str] | None:
    """Why a message cannot be read: rule and reason."""
    if is_cut:
        return "cut_message", "the MLLP block has no end (0x1C 0x0D)"
    by = separators_of(head_of(text))
    if by is None:
        return "bad_separators", "MSH-1 and MSH-2 name at least two different separators, no letters and no blanks"
    is_segment = _segment_start(by.field).match
    for n, segment in enumerate(each, 1):
        if not is_segment(segment):
            return "not_a_segment", f"line {n} of {len(each)} does not begin with three letters and the field separator"
    header = fields_of(each[0], by)
    if len(header) < 10 or not header[9].strip(by.component + by.repetition):
        return "no_message_type", "MSH-9 is empty"
    version = header[12].strip() if len(header) > 12 else ""
    if version and not version.startswith("2"):
        return "wrong_version", "MSH-12 names no version 2 of HL7"
    return ("two_headers", "MSH stands twice in one message") if any(s.startswith("MSH") for s in each[1:]) else None


@cache
def _segment_start(separator: str) -> re.Pattern[str]:
    return re.compile(rf"[A-Z][A-Z0-9]{{2}}(?:{re.escape(separator)}|$)")


class _Last:
    """The record that was translated last: its neighbours of the same message have most of their segments in common."""

    def __init__(self) -> None:
        self.segments: list[str] = []
        self.json: list[str] = []

    def translated(self, each: list[str], by: Separators, is_short: bool) -> list[str]:
        known = len([1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(each, self.segments, strict=False))])
        translate = segment_json if is_short else segment_json_once
        made = [*self.json[:known], *(translate(segment, by) for segment in each[known:])]
        self.segments, self.json = (each, made) if is_short else ([], [])
        return made


_last = _Last()


def as_json(raw: str) -> str:
    """The record as JSON: each segment under its name (a second one `NTE_2`), whose it is, and its line end."""
    by = _separators(raw)
    each = segments(raw)
    said: dict[str, str] = {}
    for segment, text in zip(each, _last.translated(each, by, len(raw) <= LONGEST_CACHED), strict=True):
        name = segment[:3]
        said[name if name not in said else _again(name, said)] = text
    whose = orjson.dumps(whose_of(*(_first(each, name) for name in ("PID", "PV1", "MRG")), by)).decode()
    whole = ",".join([f'"{name}":{text}' for name, text in said.items()])
    return f'{{"line_end":"{NAMES[line_end(raw)]}",{whose[1:-1]},{whole}}}'


def _again(name: str, said: dict[str, str]) -> str:
    return next(other for n in count(2) if (other := f"{name}_{n}") not in said)


def _first(each: list[str], name: str) -> str:
    return next((segment for segment in each if segment.startswith(name)), "")
