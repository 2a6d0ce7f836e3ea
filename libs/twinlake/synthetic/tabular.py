"""Synthea's CSV tables as one hospital exports them: its share of the rows, its ids, its codes and units."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path

from twinlake.synthetic.deal import Deal, rows
from twinlake.synthetic.registration import Registration
from twinlake.synthetic.silo import Habits, Silo
from twinlake.synthetic.synthea import Population

FACTS = ("encounters", "conditions", "observations", "medications", "procedures", "immunizations")
REFERENCES = ("Id", "PATIENT", "ENCOUNTER", "ORGANIZATION", "PROVIDER", "PAYER")
WITHHELD_COLUMNS = {"ssn": "SSN", "licence": "DRIVERS", "passport": "PASSPORT"}

Row = dict[str, str]


def write_csv(
    people: Population, dealt: Deal, silos: Iterable[Silo], registered: Iterable[Registration], feeds: Path
) -> None:
    """Every CSV hospital's tables, plain and in the generator's order, in one pass over each table."""
    exports = {silo.folder: silo for silo in silos if silo.system == "synthea_csv"}
    if not exports:
        return
    for silo in exports.values():
        (feeds / silo.folder / silo.system).mkdir(parents=True, exist_ok=True)
    _write_patients(people, exports, registered, feeds)
    visited: dict[str, set[str]] = defaultdict(set)
    for table in FACTS:
        _write_facts(people.table(table), dealt, exports, feeds, visited)
    _write_organizations(people.table("organizations"), exports, feeds, visited)


class Tables:
    """The same table open for several hospitals."""

    def __init__(self, stack: ExitStack, source: Path, exports: Mapping[str, Silo], feeds: Path) -> None:
        columns = source.open(encoding="utf-8").readline().strip().split(",")
        self._writers = {}
        for hospital, silo in exports.items():
            path = feeds / hospital / silo.system / source.name
            file = stack.enter_context(path.open("w", encoding="utf-8", newline=""))
            self._writers[hospital] = csv.DictWriter(file, columns, lineterminator="\n")
            self._writers[hospital].writeheader()

    def write(self, silo: Silo, row: Row) -> None:
        own = {column: silo.own_id(row[column]) for column in REFERENCES if row.get(column)}
        self._writers[silo.folder].writerow({**row, **own})


def _write_patients(
    people: Population, exports: Mapping[str, Silo], registered: Iterable[Registration], feeds: Path
) -> None:
    plain = {row["Id"]: row for row in rows(people.table("patients"))}
    with ExitStack() as stack:
        tables = Tables(stack, people.table("patients"), exports, feeds)
        for who in registered:
            if who.hospital in exports:
                silo = exports[who.hospital]
                tables.write(silo, patient_as_registered(plain[who.person], who, silo))


def patient_as_registered(row: Row, who: Registration, silo: Silo) -> Row:
    """The patients row with this hospital's spelling; LAT and LON are left out of an address that changed."""
    spelled = {
        "FIRST": who.given_name,
        "MIDDLE": who.middle_name,
        "LAST": who.family_name,
        "MAIDEN": who.maiden_name,
        "ADDRESS": who.address_line,
        "CITY": who.city,
        "ZIP": who.postal_code,
    }
    withheld = {WITHHELD_COLUMNS[kind]: "" for kind in silo.habits.withheld}
    moved = dict.fromkeys(("COUNTY", "FIPS", "LAT", "LON"), "") if "moved" in who.changes else {}
    return {**row, **spelled, **withheld, **moved}


def _write_facts(
    source: Path, dealt: Deal, exports: Mapping[str, Silo], feeds: Path, visited: dict[str, set[str]]
) -> None:
    with ExitStack() as stack:
        tables = Tables(stack, source, exports, feeds)
        for row in rows(source):
            hospital = dealt.place(row.get("ENCOUNTER") or row.get("Id", ""), row["PATIENT"])
            if hospital in exports:
                visited[hospital].add(row.get("ORGANIZATION", ""))
                tables.write(exports[hospital], as_spoken(row, exports[hospital].habits))


def as_spoken(row: Row, habits: Habits) -> Row:
    """An observation in the hospital's own codes and unit spellings; other rows have no UNITS and stay."""
    if "UNITS" not in row:
        return row
    spelling = habits.units.get(row["UNITS"])
    return {
        **row,
        "CODE": habits.codes.get(row["CODE"], row["CODE"]),
        "UNITS": spelling.text if spelling else row["UNITS"],
    }


def _write_organizations(
    source: Path, exports: Mapping[str, Silo], feeds: Path, visited: Mapping[str, set[str]]
) -> None:
    with ExitStack() as stack:
        tables = Tables(stack, source, exports, feeds)
        for row in rows(source):
            for hospital, silo in exports.items():
                if row["Id"] in visited[hospital]:
                    tables.write(silo, row)
