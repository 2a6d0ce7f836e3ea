"""Faults of HL7 v2 messages, and results that were corrected (OBX-11 C), which are none but must not be lost."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

from twinlake.synthetic.faults.fhir_r4_bulk import anything
from twinlake.synthetic.faults.record import Fault, Spoiled

# Fields by place in a segment cut at its separators; of MSH, whose first separator is a field, one less.
SENT, TYPE, CONTROL = 6, 8, 9
VALUE, UNIT, STATUS = 5, 6, 11

Segments = list[list[str]]


def changed(change: Callable[[Segments, random.Random], str]) -> Callable[[bytes, random.Random], Spoiled]:
    """A change of a message's fields as a change of its bytes; `change` returns what it did."""

    def spoil(raw: bytes, luck: random.Random) -> Spoiled:
        segments = [segment.split("|") for segment in raw.decode().split("\r")]
        what = change(segments, luck)
        text = "\r".join("|".join(fields) for fields in segments)
        return Spoiled(text.encode(), what, segments[0][CONTROL])

    return spoil


def results(segments: Segments) -> list[list[str]]:
    """The segments that hold a number with a unit."""
    return [fields for fields in segments if fields[0] == "OBX" and fields[2] == "NM" and fields[UNIT]]


def is_laboratory(raw: bytes) -> bool:
    """Whether a message has laboratory results with units."""
    return b"|laboratory^" in raw and bool(results([segment.split("|") for segment in raw.decode().split("\r")]))


def corrected(segments: Segments, luck: random.Random) -> str:
    """The panel once more, two hours later, its first result twice as high: it replaces what was said before."""
    first = results(segments)[0]
    first[VALUE], first[STATUS] = f"{float(first[VALUE]) * 2:g}", "C"
    head = segments[0]
    head[SENT] = re.sub(r"^(\d{8})(\d\d)", lambda t: f"{t[1]}{min(int(t[2]) + 2, 23):02d}", head[SENT])
    head[CONTROL] += "C"
    return "the first result was corrected to twice its value"


def untyped(segments: Segments, luck: random.Random) -> str:
    """A message that does not say what it is."""
    before, segments[0][TYPE] = segments[0][TYPE], ""
    return f"MSH-9, {before}, left out"


def control_of(raw: bytes) -> str:
    """MSH-10, by which a message is known."""
    return raw.split(b"|", CONTROL + 1)[CONTROL].decode()


def again(raw: bytes, luck: random.Random) -> Spoiled:
    """The same message twice."""
    return Spoiled(raw, "the same message once more, at the end of the file", control_of(raw))


def halved(raw: bytes, luck: random.Random) -> Spoiled:
    """A block whose transfer broke off: its end (0x1C 0x0D) is missing."""
    return Spoiled(raw[: len(raw) // 2], "the second half of the message is missing", control_of(raw))


def bad_byte(raw: bytes, luck: random.Random) -> Spoiled:
    """0xE9 is é in Latin-1 and no UTF-8, which MSH-18 says it is."""
    at = raw.index(b"\rPV1|")
    return Spoiled(raw[:at] + b"\xe9" + raw[at:], "byte 0xE9 at the end of PID", control_of(raw))


OF_VALUES = (
    Fault("corrected_result", "oru", 3, is_laboratory, changed(corrected), copies=True),
    Fault("duplicate_record", "rde", 2, anything, again, copies=True),
)
OF_TEXT = (
    Fault("cut_message", "oru", 1, anything, halved),
    Fault("bad_utf8", "rde", 1, anything, bad_byte),
    Fault("no_message_type", "rde", 1, anything, changed(untyped)),
)
