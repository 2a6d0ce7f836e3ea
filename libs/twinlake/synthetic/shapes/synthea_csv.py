"""Synthea's CSV tables as one hospital exports them: its share of the rows, its ids, its codes and units."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from twinlake.synthetic.base import columns_of, rows
from twinlake.synthetic.chart import Chart, Row
from twinlake.synthetic.registration import Registration
from twinlake.synthetic.shapes import Export as Base
from twinlake.synthetic.silo import Silo
from twinlake.synthetic.spoken import Result

LOINC_FORM = re.compile(r"\d{1,7}-\d")
FACTS = ("encounters", "conditions", "observations", "medications", "procedures", "immunizations")
REFERENCES = ("Id", "PATIENT", "ENCOUNTER", "ORGANIZATION", "PROVIDER", "PAYER")
# What the generator keeps of its own, nothing anybody measured.
BOOKKEEPING = ("QALY", "DALY", "QOLS")
WITHHELD_COLUMNS = {"ssn": "SSN", "licence": "DRIVERS", "passport": "PASSPORT"}


class Tables(Base):
    """Tables of Synthea with this hospital's ids."""

    later = "all"
    names: tuple[str, ...]
    references: tuple[str, ...] = REFERENCES

    def begin(self) -> None:
        self.columns = {name: columns_of(self.people.table(name)) for name in self.names}
        for name, columns in self.columns.items():
            self.write(f"{name}.csv", ",".join(columns).encode() + b"\n")

    def add(self, chart: Chart) -> str | None:
        for name in self.names:
            told = chart.rows(name) if name != "patients" else [registered(chart.patient, chart.who, self.silo)]
            self.put(name, self.told(name, told))
        return chart.who.source_person_id

    def told(self, name: str, known: Iterable[Row]) -> Iterator[Row]:
        """The rows of a table as the hospital tells them."""
        yield from known

    def put(self, name: str, told: Iterable[Row]) -> None:
        """Rows of a table, with the hospital's ids."""
        self.write_rows(f"{name}.csv", self.columns[name], map(self._own_ids, told))

    def _own_ids(self, row: Row) -> Row:
        return {**row, **{column: self.silo.own_id(row[column]) for column in self.references if row.get(column)}}


class Export(Tables):
    """patients.csv, encounters.csv, …, and the organizations that were visited."""

    names = ("patients", *FACTS, "organizations")

    def begin(self) -> None:
        super().begin()
        self.visited: set[str] = set()

    def told(self, name: str, known: Iterable[Row]) -> Iterator[Row]:
        for row in known:
            self.visited.add(row.get("ORGANIZATION", ""))
            yield self._observed(row) if name == "observations" else row

    def _observed(self, row: Row) -> Row:
        told = as_spoken(row, self)
        self.placed("observations.csv")
        return told

    def finish(self) -> None:
        self.put(
            "organizations", (row for row in rows(self.people.table("organizations")) if row["Id"] in self.visited)
        )


def registered(row: Row, who: Registration, silo: Silo) -> Row:
    """The patients row with this hospital's spelling; LAT and LON are left out of an address that changed."""
    spelled = {
        "FIRST": who.given_name,
        "MIDDLE": who.middle_name,
        "LAST": who.family_name,
        "MAIDEN": who.maiden_name,
        "ADDRESS": who.address_line,
        "CITY": who.city,
        "ZIP": who.postal_code,
        "SSN": who.ssn,
    }
    withheld = {WITHHELD_COLUMNS[kind]: "" for kind in silo.profile.withheld}
    moved = dict.fromkeys(("COUNTY", "FIPS", "LAT", "LON"), "") if "moved" in who.changes else {}
    return {**row, **spelled, **withheld, **moved}


def as_spoken(row: Row, export: Base) -> Row:
    """An observation in the hospital's own codes and unit spellings, and with what goes wrong; words stay words."""
    if row["TYPE"] != "numeric" or row["CODE"] in BOOKKEEPING:
        codes = export.silo.profile.codes
        return {**row, "CODE": codes.get(row["CODE"], row["CODE"])}
    said = export.said(result_of(row), row["DATE"])
    return {**row, "CODE": said.code, "DESCRIPTION": said.name, "VALUE": said.value, "UNITS": said.unit}


def is_loinc(code: str) -> bool:
    """Whether a code has the form of LOINC's; the hospitals' own have not."""
    return LOINC_FORM.fullmatch(code) is not None


def result_of(row: Row) -> Result:
    """A numeric row of observations.csv as the generator has it."""
    key = "|".join((row["PATIENT"], row["ENCOUNTER"], row["DATE"], row["CODE"], row["VALUE"]))
    is_laboratory = row["CATEGORY"] == "laboratory"
    return Result(key, row["CODE"], row["DESCRIPTION"], row["VALUE"], row["UNITS"], is_laboratory)
