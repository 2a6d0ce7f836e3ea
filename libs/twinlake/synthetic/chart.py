"""Charts: what one hospital holds of one person, in Synthea's own words; a person at a time, so memory is bounded."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Generic, TypeVar

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
        for table, found in tables.items():
            _share(found.of(person), here, lambda chart, t=table: chart.tables.setdefault(t, []), _place(table, dealt))
        for name, said in lines.items():
            place = None if name == "Patient" else _place_of_line(name, dealt)
            _share(said.of(person), here, lambda chart, n=name: chart.resources.setdefault(n, []), place)
        yield from here.values()
    for grouped in (*tables.values(), *lines.values()):
        grouped.prove_read()


def _share(
    items: list[T],
    here: Mapping[str, Chart],
    into: Callable[[Chart], list[T]],
    place: Callable[[T], str] | None,
) -> None:
    """Each item to the chart of its place, or without places to all of them."""
    for item in items:
        for chart in here.values() if place is None else (here[place(item)],):
            into(chart).append(item)


def _by(column: str) -> Callable[[Row], str]:
    return lambda row: row[column]


def _place(table: str, dealt: Deal) -> Callable[[Row], str] | None:
    person, encounter = TABLES[table]
    return (lambda row: dealt.place(row[encounter], row[person])) if encounter else None


def _place_of_line(name: str, dealt: Deal) -> Callable[[bytes], str]:
    def place(line: bytes) -> str:
        encounter = OWN_ID.search(line) if name == "Encounter" else ENCOUNTER.search(line)
        return dealt.place(encounter[1].decode() if encounter else "", _person_of(line))

    return place


def _person_of(line: bytes) -> str:
    found = PATIENT.search(line) or OWN_ID.search(line)
    return found[1].decode() if found else ""


def lines_of(people: Population, resource: str) -> Iterator[bytes]:
    """The lines of one of the generator's FHIR files."""
    with people.resource(resource).open("rb") as file:
        yield from file
