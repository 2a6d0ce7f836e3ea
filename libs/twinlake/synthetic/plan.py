"""What a network is made of: whose clones, how many of their visits, and who is made together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path

from twinlake.declare.errors import ConfigurationError
from twinlake.synthetic.base import Base, Visit, base_of, keep_index
from twinlake.synthetic.calendar import text_of
from twinlake.synthetic.chart import Chart
from twinlake.synthetic.clone import MOST_DAYS_LATER, Clone, kept_visits
from twinlake.synthetic.deal import Desk, deal
from twinlake.synthetic.growth import MOST_DAYS, fate
from twinlake.synthetic.registration import registered_at
from twinlake.synthetic.silo import Silo, silos
from twinlake.synthetic.synthea import REFERENCE_DATE, Progress, population

# Raise it when the same arguments come to give other bytes: an older network is then not taken for a new one.
EDITION = 6
REFERENCE = datetime.strptime(REFERENCE_DATE, "%Y%m%d").date().toordinal()
# Living persons that Synthea generates at most; all others are clones of them.
MOST_GENERATED = 200
# Events of a network that is made whole, in this process; and of each part of a larger one.
WHOLE, PART = 500_000, 250_000


@dataclass(frozen=True)
class Asked:
    """The arguments; `events` a person on average, 0 for as many as Synthea gives them."""

    patients: int
    hospitals: int
    seed: int
    events: int = 0

    def __post_init__(self) -> None:
        if self.patients < 1 or self.hospitals < 1 or self.events < 0:
            raise ConfigurationError(
                f"synth: {self.patients} patients at {self.hospitals} hospitals; ask for at least one of each, and for "
                "no fewer than 0 events a person."
            )

    def told(self) -> dict[str, int]:
        """With the edition, what decides each byte."""
        return {"edition": EDITION, **asdict(self)}


@dataclass(frozen=True)
class Plan:
    """A network to make, of clones of the population in `folder`; `part_size` persons are made together."""

    asked: Asked
    folder: Path
    part_size: int | None = None
    today: int = REFERENCE

    @property
    def date(self) -> str:
        """The folder of a later day's deliveries; the first one has none of its own."""
        return text_of(self.today) if self.today > REFERENCE else ""

    @cached_property
    def base(self) -> Base:
        return base_of(self.folder)

    @property
    def silos(self) -> tuple[Silo, ...]:
        return silos(self.asked.hospitals, self.asked.seed)

    @cached_property
    def persons(self) -> int:
        """As many living persons as were asked for, and those who died beside them."""
        index = self.base.index
        return -(-self.asked.patients * len(index.persons) // max(index.living, 1))

    @cached_property
    def density(self) -> float:
        """Events a person that have happened by the reference day, if no visit is left out."""
        visits = [visit for known in self.base.index.visits.values() for visit in known]
        happened = sum(visit.events * _share_happened(visit) for visit in visits)
        return happened / len(self.base.index.persons)

    @cached_property
    def share(self) -> float:
        """The share of a person's events that is kept."""
        if self.asked.events > self.density:
            raise ConfigurationError(
                f"synth: {self.asked.events} events a person; Synthea's persons have {self.density:.0f}. "
                "Ask for fewer, or for 0, which is all of them."
            )
        return self.asked.events / self.density if self.asked.events else 1.0

    @property
    def events(self) -> float:
        """All events of the network, as expected."""
        return self.persons * self.density * self.share

    @cached_property
    def size(self) -> int:
        """Persons of a part."""
        whole = self.part_size or (self.persons if self.events <= WHOLE else 0)
        return whole or max(1, int(PART / (self.density * self.share)))

    @property
    def parts(self) -> int:
        return -(-self.persons // self.size)

    def numbers(self, part: int) -> range:
        """The persons of a part."""
        return range(part * self.size, min((part + 1) * self.size, self.persons))


def plan_of(asked: Asked, progress: Progress) -> Plan:
    """The plan for the arguments; Synthea runs if its patients are not in the cache yet."""
    people = population(min(asked.patients, MOST_GENERATED), asked.seed, progress)
    keep_index(people)
    return Plan(asked, people.folder)


def _share_happened(visit: Visit) -> float:
    """The chance that a visit lies before the reference day once its person's life is moved."""
    return min(max(REFERENCE - visit.ended + 1, 0) / (MOST_DAYS_LATER + 1), 1)


def charts(plan: Plan, part: int) -> Iterator[Chart]:
    """Every person of a part at every desk that knows them today, home first."""
    by_name = {silo.folder: silo for silo in plan.silos}
    for number in plan.numbers(part):
        clone = Clone(plan.base, plan.asked.seed, number, plan.today)
        for desk in known_desks(clone, plan, list(by_name)):
            own = replace(clone, copy=int(desk.again), amended=amended(clone, desk.visits))
            yield Chart(registered_at(desk, own, by_name[desk.hospital]), own, desk)


def known_desks(clone: Clone, plan: Plan, names: list[str]) -> Iterator[Desk]:
    """The desks that know the person today, with the visits that were delivered by now.

    A desk knows whoever came, and whoever never will: some are registered and seen elsewhere.
    """
    visits, today = kept_visits(clone, plan.share), clone.today
    fates = {visit.key: fate(clone, visit) for visit in visits}
    first = min((fate.delivered for fate in fates.values()), default=0)
    if clone.is_unborn or first > today:
        return
    for desk in deal(clone.number, visits, names, clone.seed):
        told = [visit for visit in desk.visits if fates[visit.key].delivered <= today]
        if told or not desk.visits:
            news = [visit for visit in told if any(fates[visit.key].of_day(today))]
            since = min((fates[visit.key].delivered for visit in told), default=first)
            yield replace(desk, visits=told, news=news, is_new=since == today)


def amended(clone: Clone, visits: list[Visit]) -> dict[str, str]:
    """The visits whose results were corrected or withdrawn after the reference day, and which of both."""
    recent = (visit for visit in visits if visit.ended + clone.days > REFERENCE - 2 * MOST_DAYS)
    told = {visit.key: fate(clone, visit).as_of(clone.today) for visit in recent}
    return {key: manner for key, manner in told.items() if manner}
