"""Faults of a sensor's file."""

from __future__ import annotations

from twinlake.synthetic.faults.fhir_r4_bulk import anything
from twinlake.synthetic.faults.record import Fault
from twinlake.synthetic.faults.synthea_csv import again, cells, with_cell, without_last

FILE = "*[0-9]"
WHEN = 0

OF_VALUES = (
    Fault("future_value", FILE, 1, anything, cells(with_cell(WHEN, "2036-10-20 08:00:00", "a reading of 2036"))),
    Fault("duplicate_record", FILE, 2, anything, again, copies=True),
)
OF_TEXT = (Fault("short_row", FILE, 1, anything, cells(without_last(1))),)
