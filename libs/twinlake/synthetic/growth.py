"""What becomes of a visit once it is over: told on its day or late, later told again, corrected, or taken back.

Each draw depends on the person and the visit alone, so a day's delivery is the same whenever and wherever it is made.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from twinlake.synthetic.base import Visit
from twinlake.synthetic.chance import draw
from twinlake.synthetic.clone import Clone
from twinlake.synthetic.rates import DELIVERIES
from twinlake.synthetic.silo import Silo
from twinlake.synthetic.truth import Change
from twinlake.synthetic.values import CORRECTED, WITHDRAWN

if TYPE_CHECKING:
    from twinlake.synthetic.chart import Chart

# A visit is told late, corrected or taken back within so many days.
MOST_DAYS = 7
NEW_PERSON, NEW, LATE, REPEATED = "new_person", "new_visit", "late_visit", "repeated"


@dataclass(frozen=True)
class Fate:
    """The day (ordinal) a visit is first told, and the later days of what else becomes of it; 0 for never."""

    delivered: int
    is_late: bool
    repeated: int = 0
    corrected: int = 0
    withdrawn: int = 0

    def of_day(self, day: int) -> Iterator[str]:
        """What a delivery of that day does with the visit."""
        if self.delivered == day:
            yield LATE if self.is_late else NEW
        done = ((REPEATED, self.repeated), (CORRECTED, self.corrected), (WITHDRAWN, self.withdrawn))
        yield from (kind for kind, when in done if when == day)

    def as_of(self, day: int) -> str:
        """In which manner its results are told since."""
        if 0 < self.withdrawn <= day:
            return WITHDRAWN
        return CORRECTED if 0 < self.corrected <= day else ""


def fate(clone: Clone, visit: Visit) -> Fate:
    """What becomes of a visit of a clone."""

    def days(kind: str, rate: str) -> int:
        lot = draw(clone.seed, kind, clone.number, visit.key) / DELIVERIES[rate].share
        return 1 + int(lot * MOST_DAYS) if lot < 1 else 0

    late = days("late", "later_than_a_day")
    delivered = visit.ended + clone.days + late
    corrected, withdrawn = days(CORRECTED, "corrected"), days(WITHDRAWN, "withdrawn")
    repeated = days(REPEATED, "repeated")
    return Fate(
        delivered, late > 0, delivered + 1 if repeated else 0, corrected and delivered + corrected,
        withdrawn and delivered + withdrawn,
    )  # fmt: skip


def changes_of(chart: Chart, silo: Silo) -> Iterator[Change]:
    """What today's delivery does with the visits of a chart."""
    clone, who = chart.clone, chart.who
    about = (who.truly, who.hospital, who.source_person_id)
    if chart.desk.is_new:
        yield Change(*about, NEW_PERSON)
    for visit in chart.desk.news:
        for kind in fate(clone, visit).of_day(clone.today):
            yield Change(*about, kind, silo.own_id(clone.id_of(visit.key)), visit.events)
