"""Faults of FHIR bulk files, record by record."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from typing import Any

import orjson

from twinlake.synthetic.faults.record import Fault, Spoiled

Resource = dict[str, Any]


def changed(change: Callable[[Resource, random.Random], str]) -> Callable[[bytes, random.Random], Spoiled]:
    """A change of the parsed resource as a change of the line; `change` returns what it did."""

    def spoil(raw: bytes, luck: random.Random) -> Spoiled:
        resource = orjson.loads(raw)
        what = change(resource, luck)
        return Spoiled(orjson.dumps(resource), what, resource["id"])

    return spoil


def is_laboratory(raw: bytes) -> bool:
    """Whether a line is a laboratory value."""
    return b'"code":"laboratory"' in raw and b'"valueQuantity"' in raw and b'"component"' not in raw


def anything(raw: bytes) -> bool:
    """Befalls every record."""
    return True


def orphaned(resource: Resource, luck: random.Random) -> str:
    """A fact of somebody unknown."""
    stranger = uuid.UUID(int=luck.getrandbits(128), version=4)
    resource["subject"] = {"reference": f"Patient/{stranger}"}
    resource.pop("encounter", None)
    return "subject is a patient whom nobody sent"


def taken_back(resource: Resource, luck: random.Random) -> str:
    """A fact that its sender withdrew."""
    resource["status"] = "entered-in-error"
    return "status entered-in-error"


def unborn(resource: Resource, luck: random.Random) -> str:
    """A person without any year of birth."""
    resource.pop("birthDate", None)
    return "birthDate left out"


def again(raw: bytes, luck: random.Random) -> Spoiled:
    """The same line twice."""
    return Spoiled(raw, "the same line once more, at the end of the file", orjson.loads(raw)["id"])


def halved(raw: bytes, luck: random.Random) -> Spoiled:
    """A line that a broken transfer cut in half."""
    return Spoiled(raw[: len(raw) // 2], "the second half of the line is missing", orjson.loads(raw)["id"])


def key_twice(raw: bytes, luck: random.Random) -> Spoiled:
    """An object that says two things under one key."""
    doubled = raw.replace(b'"status":', b'"status":"unknown","status":', 1)
    return Spoiled(doubled, "the key status stands twice", orjson.loads(raw)["id"])


def bad_byte(raw: bytes, luck: random.Random) -> Spoiled:
    """0xE9 is é in Latin-1 and no UTF-8 on its own."""
    at = raw.index(b'"display":"') + len(b'"display":"')
    return Spoiled(raw[:at] + b"\xe9" + raw[at:], "byte 0xE9 inside a display text", orjson.loads(raw)["id"])


def birthless(own_id: str) -> Fault:
    """The person of that id in this hospital loses their birth date."""
    mark = f'"id":"{own_id}"'.encode()
    return Fault("no_year_of_birth", "Patient", 1, lambda raw: mark in raw, changed(unborn))


OF_VALUES = (
    Fault("orphan", "Observation", 2, is_laboratory, changed(orphaned)),
    Fault("entered_in_error", "Observation", 2, is_laboratory, changed(taken_back)),
    Fault("duplicate_record", "Observation", 3, anything, again, copies=True),
    Fault("duplicate_record", "Condition", 1, anything, again, copies=True),
)
OF_TEXT = (
    Fault("cut_line", "Observation", 1, anything, halved),
    Fault("duplicate_key", "Procedure", 1, lambda raw: b'"status":' in raw, key_twice),
    Fault("bad_utf8", "Condition", 1, lambda raw: b'"display":"' in raw, bad_byte),
)
