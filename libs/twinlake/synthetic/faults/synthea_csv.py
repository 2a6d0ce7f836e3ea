"""Faults of CSV tables, row by row."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable

from twinlake.synthetic.faults.fhir_r4_bulk import anything
from twinlake.synthetic.faults.record import Fault, Spoiled

# Synthea quotes no field and puts no comma inside one, so a row is its cells.
PATIENT, ENCOUNTER, UNITS, TYPE = 1, 2, 7, 8
BIRTHDATE = 1


def cells(change: Callable[[list[str], random.Random], str]) -> Callable[[bytes, random.Random], Spoiled]:
    """A change of a row's cells as a change of the line; `change` returns what it did."""

    def spoil(raw: bytes, luck: random.Random) -> Spoiled:
        row = raw.decode().split(",")
        what = change(row, luck)
        return Spoiled(",".join(row).encode(), what)

    return spoil


def is_laboratory(raw: bytes) -> bool:
    """Whether a row is a laboratory value with a unit."""
    row = raw.split(b",")
    return b"laboratory" in raw and row[TYPE] == b"numeric" and row[UNITS] != b""


def orphaned(row: list[str], luck: random.Random) -> str:
    """A fact of somebody unknown."""
    row[PATIENT] = str(uuid.UUID(int=luck.getrandbits(128), version=4))
    row[ENCOUNTER] = ""
    return "PATIENT is one whom nobody sent"


def unborn(row: list[str], luck: random.Random) -> str:
    """A person without any year of birth."""
    row[BIRTHDATE] = ""
    return "BIRTHDATE left out"


def without_last(count: int) -> Callable[[list[str], random.Random], str]:
    """A row with too few cells."""

    def shorten(row: list[str], luck: random.Random) -> str:
        del row[-count:]
        return f"the last {count} cells are missing" if count > 1 else "the last cell is missing"

    return shorten


def with_cell(place: int, value: str, what: str) -> Callable[[list[str], random.Random], str]:
    """A row with another value in one cell."""

    def change(row: list[str], luck: random.Random) -> str:
        row[place] = value
        return what

    return change


def again(raw: bytes, luck: random.Random) -> Spoiled:
    """The same row twice."""
    return Spoiled(raw, "the same row once more, at the end of the file")


def bad_byte(raw: bytes, luck: random.Random) -> Spoiled:
    """0xE9 is é in Latin-1 and no UTF-8 on its own; it goes to the end of the row, the description."""
    return Spoiled(raw + b"\xe9", "byte 0xE9 at the end of DESCRIPTION")


def birthless(own_id: str) -> Fault:
    """The person of that id in this hospital loses their birth date."""
    spoil = cells(unborn)

    def named(raw: bytes, luck: random.Random) -> Spoiled:
        made = spoil(raw, luck)
        return Spoiled(made.raw, made.what, own_id)

    return Fault("no_year_of_birth", "patients", 1, lambda raw: raw.startswith(own_id.encode()), named)


OF_VALUES = (
    Fault("orphan", "observations", 2, is_laboratory, cells(orphaned)),
    Fault("duplicate_record", "observations", 3, anything, again, copies=True),
)
OF_TEXT = (
    Fault("short_row", "observations", 1, anything, cells(without_last(2))),
    Fault("bad_utf8", "conditions", 1, anything, bad_byte),
)
