"""Faults of a bed board and a roster."""

from __future__ import annotations

from twinlake.synthetic.faults.fhir_r4_bulk import anything
from twinlake.synthetic.faults.record import Fault
from twinlake.synthetic.faults.synthea_csv import again, cells, with_cell, without_last

LEFT = 6

OF_VALUES = (
    Fault(
        "left_before_arrival",
        "bed_stays",
        1,
        anything,
        cells(with_cell(LEFT, "2001-01-01T00:00:00-05:00", "left in 2001")),
    ),
    Fault("duplicate_record", "shifts", 2, anything, again, copies=True),
)
OF_TEXT = (Fault("short_row", "equipment", 1, anything, cells(without_last(2))),)
