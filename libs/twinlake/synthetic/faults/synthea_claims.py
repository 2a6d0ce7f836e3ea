"""Faults of Synthea's claims tables."""

from __future__ import annotations

from twinlake.synthetic.faults.fhir_r4_bulk import anything
from twinlake.synthetic.faults.record import Fault
from twinlake.synthetic.faults.synthea_csv import again, cells, with_cell, without_last

FILE = "claims_transactions"
PATIENT, TYPE, AMOUNT = 3, 4, 5
STRANGER = "00000000-0000-4000-8000-000000000000"


def is_charge(raw: bytes) -> bool:
    """Whether a row is a charge."""
    return raw.split(b",")[TYPE] == b"CHARGE"


OF_VALUES = (
    Fault("no_amount", FILE, 1, is_charge, cells(with_cell(AMOUNT, "n/a", "a charge whose AMOUNT is n/a"))),
    Fault("orphan", FILE, 1, is_charge, cells(with_cell(PATIENT, STRANGER, "PATIENTID is one whom nobody sent"))),
    Fault("duplicate_record", FILE, 2, anything, again, copies=True),
)
OF_TEXT = (Fault("short_row", FILE, 1, anything, cells(without_last(2))),)
