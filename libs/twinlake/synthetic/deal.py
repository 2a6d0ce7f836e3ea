"""Deals patients and their encounters to hospitals."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from twinlake.synthetic.chance import chance
from twinlake.synthetic.silo import Silo
from twinlake.synthetic.synthea import Population

# How many hospitals know a patient: half know one, a third two, the rest three.
SHARES = {1: 0.50, 2: 0.35, 3: 0.15}
# The part of a patient's encounters that happens at home, the first hospital of theirs.
AT_HOME = 0.6


@dataclass(frozen=True)
class Deal:
    """Who is known where (home first), and which one hospital each encounter, with all its facts, belongs to."""

    hospitals: Mapping[str, tuple[str, ...]]
    encounters: Mapping[str, str]

    def home(self, person: str) -> str:
        return self.hospitals[person][0]

    def place(self, encounter: str, person: str) -> str:
        """The hospital a fact belongs to: its encounter's, else its person's home."""
        return self.encounters.get(encounter) or self.home(person)


def deal(people: Population, silos: tuple[Silo, ...], seed: int) -> Deal:
    """Every draw depends on the patient's or encounter's own id alone, so a larger network changes no one's luck."""
    names = [silo.folder for silo in silos]
    hospitals = {row["Id"]: _hospitals(row["Id"], names, seed) for row in rows(people.table("patients"))}
    encounters = {
        row["Id"]: _one_of(hospitals[row["PATIENT"]], row["Id"], seed) for row in rows(people.table("encounters"))
    }
    return Deal(hospitals, encounters)


def _hospitals(person: str, names: list[str], seed: int) -> tuple[str, ...]:
    luck = chance(seed, "hospitals", person)
    count = luck.choices(list(SHARES), list(SHARES.values()))[0]
    return tuple(luck.sample(names, min(count, len(names))))


def _one_of(known: tuple[str, ...], encounter: str, seed: int) -> str:
    luck = chance(seed, "encounter", encounter)
    return known[0] if len(known) == 1 or luck.random() < AT_HOME else luck.choice(known[1:])


def rows(path: Path) -> Iterator[dict[str, str]]:
    """The rows of one of Synthea's tables."""
    with path.open(encoding="utf-8", newline="") as text:
        yield from csv.DictReader(text)


def columns_of(path: Path) -> list[str]:
    """The header of one of Synthea's tables."""
    with path.open(encoding="utf-8", newline="") as text:
        return next(csv.reader(text))


def quietest_persons(people: Population, dealt: Deal) -> dict[str, str]:
    """For each hospital the person with the fewest encounters there: the one whose loss breaks least."""
    busy = Counter((dealt.encounters[row["Id"]], row["PATIENT"]) for row in rows(people.table("encounters")))
    known: dict[str, list[tuple[int, str]]] = {}
    for person, hospitals in dealt.hospitals.items():
        for hospital in hospitals:
            known.setdefault(hospital, []).append((busy[hospital, person], person))
    return {hospital: min(persons)[1] for hospital, persons in known.items()}
