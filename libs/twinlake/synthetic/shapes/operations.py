"""Beds, shifts and equipment around the stays that the hospital's messages tell of (`synthetic/operations.py`)."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from twinlake.synthetic.chance import chance
from twinlake.synthetic.chart import Chart
from twinlake.synthetic.operations import Patient, Stay, write_operations
from twinlake.synthetic.shapes import Export as Base
from twinlake.synthetic.shapes.genotype import roster_row
from twinlake.synthetic.shapes.hl7v2 import SINCE
from twinlake.synthetic.silo import TIME_ZONE

IN_A_BED = ("inpatient", "emergency")


class Export(Base):
    """patients.csv, wards.csv, bed_stays.csv, bed_status.csv, shifts.csv, equipment.csv."""

    def begin(self) -> None:
        self._patients: list[Patient] = []
        self._stays: list[Stay] = []

    def add(self, chart: Chart) -> str | None:
        patient = chart.who.mrn
        told = [row for row in chart.rows("encounters") if row["ENCOUNTERCLASS"] in IN_A_BED and row["START"] >= SINCE]
        if not told:
            return None
        self._patients.append(Patient(patient_id=patient, **roster_row(chart)))
        for row in told:
            began, ended = (datetime.fromisoformat(row[column]) for column in ("START", "STOP"))
            visit = self.silo.number("visit", row["Id"], 12)
            self._stays.append(Stay(patient, visit, row["ENCOUNTERCLASS"] == "emergency", began, ended))
        return patient

    def finish(self) -> None:
        luck = partial(chance, self.silo.seed, "operations", self.silo.folder, self.part)
        write_operations(self.folder, self._patients, self._stays, luck, TIME_ZONE, self.part)
