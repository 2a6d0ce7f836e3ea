"""Deals a patient and their visits to hospitals, and says at which of them they were registered twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from twinlake.synthetic.base import Visit
from twinlake.synthetic.chance import chance, draw
from twinlake.synthetic.rates import DELIVERIES

# How many hospitals know a patient: half know one, a third two, the rest three.
SHARES = {1: 0.50, 2: 0.35, 3: 0.15}
# The part of a patient's encounters that happens at home, the first hospital of theirs.
AT_HOME = 0.6


@dataclass(frozen=True)
class Desk:
    """One registration: `again` tells a second one of a hospital; each has its own visits, home is the very first.

    `news` are the visits that today's delivery tells of, `is_new` says that it tells of the person for the first time.
    """

    hospital: str
    again: bool
    is_home: bool
    visits: list[Visit] = field(default_factory=list)
    news: list[Visit] = field(default_factory=list)
    is_new: bool = True


def deal(number: int, visits: Sequence[Visit], names: Sequence[str], seed: int) -> list[Desk]:
    """The desks that know person `number`. Each draw depends on the person and the visit alone."""
    luck = chance(seed, "hospitals", number)
    count = luck.choices(list(SHARES), list(SHARES.values()))[0]
    known = luck.sample(list(names), min(count, len(names)))
    desks = [Desk(hospital, again, not place and not again) for place, hospital in enumerate(known)
             for again in (False, True)[: 1 + (luck.random() < DELIVERIES["duplicate_person"].share)]]  # fmt: skip
    for visit in visits:
        hospital = _hospital(known, draw(seed, "encounter", number, visit.key))
        here = [desk for desk in desks if desk.hospital == hospital]
        here[int(draw(seed, "desk", number, visit.key) * len(here)) if len(here) > 1 else 0].visits.append(visit)
    return desks


def _hospital(known: Sequence[str], lot: float) -> str:
    """Home for a lot below `AT_HOME`; the others share the rest."""
    if len(known) == 1 or lot < AT_HOME:
        return known[0]
    return known[1 + int((lot - AT_HOME) / (1 - AT_HOME) * (len(known) - 1))]
