"""Faults of an OMOP CDM's tables."""

from __future__ import annotations

from collections.abc import Callable

from twinlake.synthetic.faults.fhir_r4_bulk import HEART_RATE, UNKNOWN_UNIT, WEIGHT, anything
from twinlake.synthetic.faults.record import Fault
from twinlake.synthetic.faults.synthea_csv import again, cells, with_cell, without_last

FILE = "measurement"
PERSON, VALUE, SOURCE, UNIT = 1, 8, 16, 18
STRANGER = "999999999999999999"


def measures(loinc: str) -> Callable[[bytes], bool]:
    """Whether a row is of that code."""
    return lambda raw: raw.split(b",")[SOURCE] == loinc.encode()


def has_unit(raw: bytes) -> bool:
    """Whether a row has a unit."""
    return bool(raw.split(b",")[UNIT])


OF_VALUES = (
    Fault("unknown_unit", FILE, 3, has_unit, cells(with_cell(UNIT, UNKNOWN_UNIT, f"unit {UNKNOWN_UNIT}"))),
    Fault("missing_unit", FILE, 3, has_unit, cells(with_cell(UNIT, "", "unit left out"))),
    Fault("impossible_value", FILE, 1, measures(WEIGHT), cells(with_cell(VALUE, "900", "body weight of 900 kg"))),
    Fault("impossible_value", FILE, 1, measures(HEART_RATE), cells(with_cell(VALUE, "-72", "heart rate of -72"))),
    Fault("orphan", FILE, 2, anything, cells(with_cell(PERSON, STRANGER, "person_id is one whom nobody sent"))),
    Fault("duplicate_record", FILE, 3, anything, again, copies=True),
)
OF_TEXT = (Fault("short_row", FILE, 1, anything, cells(without_last(2))),)
