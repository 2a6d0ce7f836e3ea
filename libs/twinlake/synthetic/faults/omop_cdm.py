"""Faults of an OMOP CDM's tables."""

from __future__ import annotations

from twinlake.synthetic.faults.fhir_r4_bulk import anything
from twinlake.synthetic.faults.record import Fault
from twinlake.synthetic.faults.synthea_csv import again, cells, with_cell, without_last

FILE = "measurement"
PERSON = 1
STRANGER = "999999999999999999"


OF_VALUES = (
    Fault("orphan", FILE, 2, anything, cells(with_cell(PERSON, STRANGER, "person_id is one whom nobody sent"))),
    Fault("duplicate_record", FILE, 3, anything, again, copies=True),
)
OF_TEXT = (Fault("short_row", FILE, 1, anything, cells(without_last(2))),)
