"""The population that is cloned, by person and visit: which bytes of Synthea's files tell of whom and of which visit.

The files are mapped, not read, and the index is kept beside them: a process holds the index and what it works on.
"""

from __future__ import annotations

import gc
import mmap
import os
import pickle
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path

from twinlake.synthetic.synthea import Population

ENCOUNTER = re.compile(rb'"Encounter/([0-9a-f-]{36})"')
PATIENT = re.compile(rb'"Patient/([0-9a-f-]{36})"')
OWN_ID = re.compile(rb'"id":"([0-9a-f-]{36})"')
UUID = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
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
# What counts as an event; claims and texts only retell it.
EVENTS = ("encounters", "conditions", "observations", "medications", "procedures", "immunizations")
# Conditions go before what has them as a reason.
FACTS = (
    *("Encounter", "Condition", "Observation", "MedicationRequest", "MedicationAdministration"),
    *("Procedure", "Immunization", "DocumentReference"),
)
# Resources and tables that all persons share; their ids, and those of providers, are no one's own.
SHARED_RESOURCES, SHARED_TABLES = ("Medication", "Location", "Organization"), ("organizations", "payers")
INDEX = "index-1.pickle"  # of this form of `Index`
Spans = dict[str, list[tuple[int, int, int]]]
"""Key → start, end and number of lines of each place that tells of it."""


@dataclass(frozen=True, slots=True)
class Visit:
    """An encounter: the days (ordinals) it began and ended on, and how many events it counts, itself included."""

    key: str
    began: int
    ended: int
    events: int


@dataclass
class Index:
    """`spans`: table or resource → encounter, else person → the places in the file. A person's visits are in order."""

    persons: list[str] = field(default_factory=list)
    living: int = 0
    visits: dict[str, list[Visit]] = field(default_factory=dict)
    spans: dict[str, Spans] = field(default_factory=dict)
    shared: set[str] = field(default_factory=set)


class Base:
    """A generated population to clone from."""

    def __init__(self, people: Population) -> None:
        self.people = people
        self._texts: dict[str, mmap.mmap | bytes] = {}

    @cached_property
    def index(self) -> Index:
        kept = self.people.folder / INDEX
        if not kept.is_file():
            return _indexed(self.people)
        return pickle.loads(kept.read_bytes())  # noqa: S301 - written by `keep_index` into the cache of this machine

    @cached_property
    def columns(self) -> dict[str, list[str]]:
        return {name: columns_of(self.people.table(name)) for name in (*TABLES, *SHARED_TABLES)}

    def lines(self, name: str, key: str) -> list[bytes]:
        """What a table or resource says of a visit, or of a person apart from their visits."""
        spans = self.index.spans.get(name, {}).get(key, ())
        return [line for start, end, _ in spans for line in self._text(name)[start:end].splitlines(keepends=True)]

    def _text(self, name: str) -> mmap.mmap | bytes:
        if name not in self._texts:
            path = self._path(name)
            with path.open("rb") as file:
                empty = path.stat().st_size == 0
                self._texts[name] = b"" if empty else mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        return self._texts[name]

    def _path(self, name: str) -> Path:
        return self.people.table(name) if name in TABLES else self.people.resource(name)


@lru_cache(maxsize=1)
def base_of(folder: Path) -> Base:
    """The population of a folder; a process reads its index once, and its garbage collector never looks at it again."""
    base = Base(Population(folder))
    _ = base.index
    gc.freeze()
    return base


def keep_index(people: Population) -> None:
    """Write the index beside the population, if it is not there, so that each process need not make it."""
    kept = people.folder / INDEX
    if not kept.is_file():
        making = kept.with_suffix(f".{os.getpid()}")
        making.write_bytes(pickle.dumps(_indexed(people)))
        making.rename(kept)


def columns_of(path: Path) -> list[str]:
    """The header of one of Synthea's tables."""
    with path.open(encoding="utf-8") as text:
        return text.readline().rstrip("\n").split(",")


def rows(path: Path) -> Iterator[dict[str, str]]:
    """The rows of one of Synthea's tables, which quotes no field and puts no comma inside one."""
    columns = columns_of(path)
    with path.open(encoding="utf-8") as text:
        next(text)
        for line in text:
            yield dict(zip(columns, line.rstrip("\n").split(","), strict=True))


def lines_of(people: Population, resource: str) -> Iterator[bytes]:
    """The lines of one of the generator's FHIR files."""
    with people.resource(resource).open("rb") as file:
        yield from file


def _indexed(people: Population) -> Index:
    index = Index()
    for name, (person, encounter) in TABLES.items():
        index.spans[name] = _table_spans(people, name, person, encounter)
    for name in ("Patient", *FACTS):
        index.spans[name] = _spans(lines_of(people, name), _encounter_of if name != "Encounter" else _own_id)
    for row in rows(people.table("patients")):
        index.persons.append(row["Id"])
        index.living += not row["DEATHDATE"]
    for row in rows(people.table("encounters")):
        began, ended = (date.fromisoformat(row[column][:10]).toordinal() for column in ("START", "STOP"))
        visit = Visit(row["Id"], began, ended, _events(index, row["Id"]))
        index.visits.setdefault(row["PATIENT"], []).append(visit)
        index.shared.add(row["PROVIDER"])
    index.shared |= {row["Id"] for name in SHARED_TABLES for row in rows(people.table(name))}
    shared = (line for name in SHARED_RESOURCES for line in lines_of(people, name))
    index.shared |= {found.decode() for line in shared for found in UUID.findall(line)}
    return index


def _table_spans(people: Population, name: str, person: str, encounter: str) -> Spans:
    columns = columns_of(people.table(name))
    who, where = columns.index(person), columns.index(encounter or person)

    def key(line: bytes) -> str:
        cells = line.rstrip(b"\n").split(b",")
        return (cells[where] or cells[who]).decode()

    with people.table(name).open("rb") as lines:
        head = len(next(lines))
        return _spans(lines, key, head)


def _spans(lines: Iterable[bytes], key_of: Callable[[bytes], str], at: int = 0) -> Spans:
    spans: Spans = {}
    for line in lines:
        end, places = at + len(line), spans.setdefault(key_of(line), [])
        if places and places[-1][1] == at:
            places[-1] = (places[-1][0], end, places[-1][2] + 1)
        else:
            places.append((at, end, 1))
        at = end
    return spans


def _events(index: Index, visit: str) -> int:
    return sum(count for name in EVENTS for _, _, count in index.spans[name].get(visit, ()))


def _own_id(line: bytes) -> str:
    return OWN_ID.search(line)[1].decode()  # type: ignore[index]


def _encounter_of(line: bytes) -> str:
    found = ENCOUNTER.search(line) or PATIENT.search(line) or OWN_ID.search(line)
    return found[1].decode() if found else ""
