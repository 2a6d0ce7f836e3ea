"""Charts: what one hospital holds of one person, in Synthea's own words; a person at a time, so memory is bounded."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Generic, TypeVar

from twinlake.declare.errors import PlatformError
from twinlake.synthetic.deal import Deal, rows
from twinlake.synthetic.registration import Registration
from twinlake.synthetic.synthea import Population

Row = dict[str, str]
T = TypeVar("T")

ENCOUNTER = re.compile(rb'"Encounter/([0-9a-f-]{36})"')
PATIENT = re.compile(rb'"Patient/([0-9a-f-]{36})"')
OWN_ID = re.compile(rb'"id":"([0-9a-f-]{36})"')
# Table → the columns of its person and its encounter; a table without an encounter is known wherever the person is.
TABLES: Mapping[str, tuple[str, str]] = {
    "patients": ("Id", ""),
    "encounters": ("PATIENT", "Id"),
    **dict.fromkeys(
        ("conditions", "observations", "medications", "procedures", "immunizations"), ("PATIENT", "ENCOUNTER")
    ),
    **dict.fromkeys(("claims", "claims_transactions"), ("PATIENTID", "APPOINTMENTID")),
    "payer_transitions": ("PATIENT", ""),
}
# Conditions go before what has them as a reason.
FACTS = (
    *("Encounter", "Condition", "Observation", "MedicationRequest", "MedicationAdministration"),
    *("Procedure", "Immunization", "DocumentReference"),
)


@dataclass
class Chart:
    """`tables` by Synthea's table, `resources` by FHIR type: the generator's rows and lines, ids and all."""

    who: Registration
    tables: dict[str, list[Row]] = field(default_factory=dict)
    resources: dict[str, list[bytes]] = field(default_factory=dict)

    @property
    def patient(self) -> Row:
        return self.tables["patients"][0]

    def rows(self, table: str) -> list[Row]:
        return self.tables.get(table, [])

    def lines(self, resource: str) -> list[bytes]:
        return self.resources.get(resource, [])


class Grouped(Generic[T]):
    """What a file says of one person after the other, in the order of patients.csv; some it may leave out."""

    def __init__(self, name: str, items: Iterable[T], person_of: Callable[[T], str]) -> None:
        self.name = name
        self._groups = ((person, list(group)) for person, group in groupby(items, person_of))
        self._next = next(self._groups, None)

    def of(self, person: str) -> list[T]:
        if self._next is None or self._next[0] != person:
            return []
        found = self._next[1]
        self._next = next(self._groups, None)
        return found

    def prove_read(self) -> None:
        """Synthea writes a person after the other; were that to change, facts would be lost here in silence."""
        if self._next is not None:
            raise PlatformError(f"Synthea's {self.name} is not in the order of patients.csv. Generate it again.")


def charts(people: Population, dealt: Deal, registered: Iterable[Registration]) -> Iterator[Chart]:
    """Every person at every hospital that knows them, in the generator's order, home first."""
    tables = {name: Grouped(name, rows(people.table(name)), _by(TABLES[name][0])) for name in TABLES}
    lines = {name: Grouped(name, lines_of(people, name), _person_of) for name in ("Patient", *FACTS)}
    for person, known in groupby(registered, lambda who: who.person):
        here = {who.hospital: Chart(who) for who in known}
        for table, told in tables.items():
            for row in told.of(person):
                for chart in _of(here, _place(table, row, dealt)):
                    chart.tables.setdefault(table, []).append(row)
        for name, said in lines.items():
            for line in said.of(person):
                for chart in _of(here, _place_of_line(name, line, dealt)):
                    chart.resources.setdefault(name, []).append(line)
        yield from here.values()
    read: list[Grouped[Any]] = [*tables.values(), *lines.values()]
    for grouped in read:
        grouped.prove_read()


def _of(here: Mapping[str, Chart], place: str | None) -> Iterable[Chart]:
    """The chart of a place; what has no place of its own is in all of them."""
    return here.values() if place is None else (here[place],)


def _by(column: str) -> Callable[[Row], str]:
    return lambda row: row[column]


def _place(table: str, row: Row, dealt: Deal) -> str | None:
    person, encounter = TABLES[table]
    return dealt.place(row[encounter], row[person]) if encounter else None


def _place_of_line(name: str, line: bytes, dealt: Deal) -> str | None:
    if name == "Patient":
        return None
    encounter = OWN_ID.search(line) if name == "Encounter" else ENCOUNTER.search(line)
    return dealt.place(encounter[1].decode() if encounter else "", _person_of(line))


def _person_of(line: bytes) -> str:
    found = PATIENT.search(line) or OWN_ID.search(line)
    return found[1].decode() if found else ""


def lines_of(people: Population, resource: str) -> Iterator[bytes]:
    """The lines of one of the generator's FHIR files."""
    with people.resource(resource).open("rb") as file:
        yield from file
