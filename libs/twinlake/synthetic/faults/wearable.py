"""Faults of a watch's tables."""

from __future__ import annotations

from twinlake.synthetic.faults.fhir_r4_bulk import anything
from twinlake.synthetic.faults.record import Fault
from twinlake.synthetic.faults.synthea_csv import again, cells, with_cell, without_last

PERSON, END = 0, 2

OF_VALUES = (
    Fault(
        "orphan", "heart_rate", 2, anything, cells(with_cell(PERSON, "w-nobody", "person_id is one whom nobody sent"))
    ),
    Fault("ends_before_start", "sleep", 1, anything, cells(with_cell(END, "2026-01-01 00:00:00", "ends in January"))),
    Fault("duplicate_record", "steps", 2, anything, again, copies=True),
)
OF_TEXT = (Fault("short_row", "steps", 1, anything, cells(without_last(2))),)
