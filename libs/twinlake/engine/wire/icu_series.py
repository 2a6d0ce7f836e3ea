"""The series of one stay in intensive care, as PhysioNet's Challenge 2012 writes them: Time,Parameter,Value.

A file is a stay. Its first record names it, `00:00,RecordID,132539`; no other line does, so without it the file is
nobody's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import BinaryIO

from twinlake.declare.source import Feed
from twinlake.engine.wire import Fault, FileFault, Record
from twinlake.engine.wire.text import decode, lines

HEADER = "time,parameter,value"
STAY = re.compile(r"00:00,RecordID,(\d{1,18})(?:\.0+)?")
LINE = re.compile(r"\d{1,5}:[0-5]\d,[^,\s][^,]{0,99},[^,]*")


def read(stream: BinaryIO, feed: Feed) -> Iterator[Record | Fault]:
    """Records of a stay: key and person begin with its RecordID, which stands in the first of them."""
    stay: str | None = None
    for place, line in enumerate(_texts(stream)):
        text, rule = line
        if place == 0:
            _check_header(text)
            continue
        stay = stay or _stay(text)
        yield _record(place - 1, text, rule, stay)
    if stay is None:
        raise FileFault("no_record_id", "the file holds no record; expected at least 00:00,RecordID,<number>")


def as_json(raw: str) -> str:
    """A record by the names of the header."""
    time, parameter, value = (*raw.split(",", 2), "", "")[:3]
    return json.dumps({"time": time, "parameter": parameter, "value": value or None})


def _texts(stream: BinaryIO) -> Iterator[tuple[str, str | None]]:
    for line in lines(stream):
        text, rule = decode(line.rstrip(b"\r"))
        if text.strip():
            yield text, rule


def _check_header(text: str) -> None:
    if text.casefold() != HEADER:
        raise FileFault("wrong_header", "expected Time,Parameter,Value")


def _stay(text: str) -> str:
    found = STAY.fullmatch(text)
    if found is None:
        raise FileFault("no_record_id", "the first record does not name the stay; expected 00:00,RecordID,<number>")
    return found[1]


def _record(offset: int, text: str, rule: str | None, stay: str) -> Record | Fault:
    if rule:
        return Fault(offset, text, rule, "expected UTF-8 text without NUL")
    if not LINE.fullmatch(text):
        return Fault(offset, text, "not_a_reading", "expected hh:mm,Parameter,Value")
    if offset and ",RecordID," in text and _other_stay(text, stay):
        return Fault(offset, text, "other_stay", "names another stay than the first record of the file does")
    return Record(offset, text, f"{stay}\x1f{text}", stay, None)


def _other_stay(text: str, stay: str) -> bool:
    found = STAY.fullmatch(text)
    return found is None or found[1] != stay
