"""Faults of HL7 v2 messages, and results that were corrected (OBX-11 C), which are none but must not be lost."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

from twinlake.synthetic.faults.fhir_r4_bulk import HEART_RATE, UNKNOWN_UNIT, WEIGHT, anything
from twinlake.synthetic.faults.record import Fault, Spoiled

# Fields by place in a segment cut at its separators; of MSH, whose first separator is a field, one less.
SENT, TYPE, CONTROL = 6, 8, 9
CODE, VALUE, UNIT, STATUS = 3, 5, 6, 11

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


def measures(loinc: str) -> Callable[[bytes], bool]:
    """Whether a message has a result of that code."""
    return lambda raw: f"|NM|{loinc}^".encode() in raw


def unknown_unit(segments: Segments, luck: random.Random) -> str:
    """A unit that is not UCUM and that hospital.toml does not explain."""
    first = results(segments)[0]
    before, first[UNIT] = first[UNIT], UNKNOWN_UNIT
    return f"OBX-6 of the first result is {UNKNOWN_UNIT} in place of {before}"


def missing_unit(segments: Segments, luck: random.Random) -> str:
    """A number without a unit."""
    first = results(segments)[0]
    before, first[UNIT] = first[UNIT], ""
    return f"OBX-6 of the first result, {before}, left out"


def heavy(segments: Segments, luck: random.Random) -> str:
    """A weight that no person has."""
    next(fields for fields in segments if fields[CODE : CODE + 1] and _is(fields, WEIGHT))[VALUE] = "900"
    return "body weight of 900 kg"


def negative(segments: Segments, luck: random.Random) -> str:
    """A heart rate below zero."""
    next(fields for fields in segments if fields[CODE : CODE + 1] and _is(fields, HEART_RATE))[VALUE] = "-72"
    return "heart rate of -72 per minute"


def _is(fields: list[str], loinc: str) -> bool:
    return fields[0] == "OBX" and fields[CODE].startswith(f"{loinc}^")


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
    Fault("unknown_unit", "oru", 3, is_laboratory, changed(unknown_unit)),
    Fault("missing_unit", "oru", 3, is_laboratory, changed(missing_unit)),
    Fault("impossible_value", "oru", 1, measures(WEIGHT), changed(heavy)),
    Fault("impossible_value", "oru", 1, measures(HEART_RATE), changed(negative)),
    Fault("corrected_result", "oru", 3, is_laboratory, changed(corrected), copies=True),
    Fault("duplicate_record", "rde", 2, anything, again, copies=True),
)
OF_TEXT = (
    Fault("cut_message", "oru", 1, anything, halved),
    Fault("bad_utf8", "rde", 1, anything, bad_byte),
    Fault("no_message_type", "rde", 1, anything, changed(untyped)),
)
