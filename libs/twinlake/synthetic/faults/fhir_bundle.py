"""Faults of FHIR Bundles: those of bulk files inside an entry, and an entry that holds nothing."""

from __future__ import annotations

import random
from dataclasses import replace

import orjson

from twinlake.synthetic.faults import fhir_r4_bulk as bulk
from twinlake.synthetic.faults.record import Fault, Spoiled

FIRST = "bundle-0001"


def inside(fault: Fault) -> Fault:
    """The fault of a resource of its type as one of the entry around it."""
    kind = f'"resourceType":"{fault.file}"'.encode()

    def spoil(raw: bytes, luck: random.Random) -> Spoiled:
        entry = orjson.loads(raw)
        spoiled = fault.spoil(orjson.dumps(entry["resource"]), luck)
        begins = raw[: raw.index(b'"resource":') + len(b'"resource":')]
        return replace(spoiled, raw=begins + spoiled.raw + b"}")

    return replace(fault, file=FIRST, befalls=lambda raw: kind in raw and fault.befalls(raw), spoil=spoil)


def hollow(raw: bytes, luck: random.Random) -> Spoiled:
    """An entry that names a resource and does not hold it."""
    entry = orjson.loads(raw)
    without = {key: value for key, value in entry.items() if key != "resource"}
    return Spoiled(orjson.dumps(without), "the entry has no resource", entry["resource"]["id"])


def birthless(own_id: str) -> Fault:
    """The person of that id in this hospital loses their birth date."""
    return replace(inside(bulk.birthless(own_id)), file="bundle-*")


OF_VALUES = tuple(map(inside, bulk.OF_VALUES))
OF_TEXT = (
    *(inside(fault) for fault in bulk.OF_TEXT if fault.kind == "duplicate_key"),
    Fault("empty_entry", FIRST, 1, lambda raw: b'"resourceType":"Procedure"' in raw, hollow),
)
