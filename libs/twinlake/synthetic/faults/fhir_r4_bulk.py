"""Faults of FHIR bulk files, record by record."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from typing import Any

import orjson

from twinlake.synthetic.faults.record import Fault, Spoiled

WEIGHT, HEART_RATE = "29463-7", "8867-4"
UNKNOWN_UNIT = "RLU"  # relative light units: common on laboratory reports, absent from UCUM

Resource = dict[str, Any]


def changed(change: Callable[[Resource, random.Random], str]) -> Callable[[bytes, random.Random], Spoiled]:
    """A change of the parsed resource as a change of the line; `change` returns what it did."""

    def spoil(raw: bytes, luck: random.Random) -> Spoiled:
        resource = orjson.loads(raw)
        what = change(resource, luck)
        return Spoiled(orjson.dumps(resource), what, resource["id"])

    return spoil


def measures(loinc: str) -> Callable[[bytes], bool]:
    """Whether a line is an observation of that code with a quantity."""
    code = f'"code":"{loinc}"'.encode()
    return lambda raw: code in raw and b'"valueQuantity"' in raw and b'"component"' not in raw


def is_laboratory(raw: bytes) -> bool:
    """Whether a line is a laboratory value."""
    return b'"code":"laboratory"' in raw and b'"valueQuantity"' in raw and b'"component"' not in raw


def anything(raw: bytes) -> bool:
    """Befalls every record."""
    return True


def unknown_unit(resource: Resource, luck: random.Random) -> str:
    """A unit that is not UCUM and that hospital.toml does not explain."""
    quantity = resource["valueQuantity"]
    before = quantity.get("unit")
    resource["valueQuantity"] = {"value": quantity["value"], "unit": UNKNOWN_UNIT}
    return f"unit {UNKNOWN_UNIT} in place of {before}"


def missing_unit(resource: Resource, luck: random.Random) -> str:
    """A number without a unit."""
    before = resource["valueQuantity"].get("unit")
    resource["valueQuantity"] = {"value": resource["valueQuantity"]["value"]}
    return f"unit {before} left out"


def heavy(resource: Resource, luck: random.Random) -> str:
    """A weight that no person has."""
    resource["valueQuantity"]["value"] = 900
    return "body weight of 900 kg"


def negative(resource: Resource, luck: random.Random) -> str:
    """A heart rate below zero."""
    resource["valueQuantity"]["value"] = -72
    return "heart rate of -72 per minute"


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
    Fault("unknown_unit", "Observation", 3, is_laboratory, changed(unknown_unit)),
    Fault("missing_unit", "Observation", 3, is_laboratory, changed(missing_unit)),
    Fault("impossible_value", "Observation", 1, measures(WEIGHT), changed(heavy)),
    Fault("impossible_value", "Observation", 1, measures(HEART_RATE), changed(negative)),
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
