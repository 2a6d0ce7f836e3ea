"""Clones of Synthea's persons: a new name and address, dates a while later, values a little different, fewer visits.

A clone's whole life is moved by one number of days, so what came first still does, and ages stay. What is moved past
`REFERENCE` has not happened yet: it is what the deliveries of later days bring. Values are scaled by one factor a
person (BMI goes with the weight; the height stays), and what Synthea derives for bookkeeping is left as it is.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import orjson

from twinlake.synthetic.base import Base, Visit
from twinlake.synthetic.calendar import day_of, moved, moved_bytes, text_of
from twinlake.synthetic.chance import chance, draw
from twinlake.synthetic.identity import Identity, identity_of
from twinlake.synthetic.values import WITHDRAWN, Row, amended_lines, amended_rows, scaled_line, scaled_row

# Days by which a life is moved, at most; for as many days after the reference there are visits to deliver.
MOST_DAYS_LATER = 364
MOST_CHANGED = 0.02
DATES = frozenset((
    "START", "STOP", "DATE", "BIRTHDATE", "DEATHDATE", "SERVICEDATE", "CURRENTILLNESSDATE", "LASTBILLEDDATE1",
    "LASTBILLEDDATE2", "LASTBILLEDDATEP", "FROMDATE", "TODATE", "START_DATE", "END_DATE",
))  # fmt: skip
IDS = frozenset((
    "Id", "ID", "PATIENT", "ENCOUNTER", "CLAIMID", "PATIENTID", "APPOINTMENTID", "MEMBERID", "PATIENTINSURANCEID",
    "PRIMARYPATIENTINSURANCEID", "SECONDARYPATIENTINSURANCEID",
))  # fmt: skip
# What lasts may not be over yet.
LASTING = ("conditions", "medications")
DAY = re.compile(rb'"(\d{4}-\d\d-\d\d)(?=[T"])')
DAY_IN_TEXT = re.compile(r"\b\d{4}-\d\d-\d\d\b")
# When what a table or a resource tells began: what has not, nobody knows of yet.
BEGINS = {
    **dict.fromkeys(("conditions", "medications", "procedures"), "START"),
    **dict.fromkeys(("observations", "immunizations"), "DATE"),
}
BEGAN = re.compile(
    rb'"(?:onsetDateTime|authoredOn|effectiveDateTime|occurrenceDateTime|performedDateTime|start)":"(\d{4}-\d\d-\d\d)'
)
ABATED = re.compile(rb'"abatementDateTime":"(\d{4}-\d\d-\d\d)')


@dataclass(frozen=True)
class Clone:
    """Person `number` of a network; `today` is the ordinal of the day as of which they are told.

    `amended` names the visits whose results were corrected or withdrawn by then; the withdrawn ones are said to be so,
    or left out. A person registered twice at a hospital is two clones of one number there: copies 0 and 1, with ids of
    their own.
    """

    base: Base
    seed: int
    number: int
    today: int
    copy: int = 0
    amended: Mapping[str, str] = field(default_factory=dict)
    says_withdrawn: bool = False

    @cached_property
    def original(self) -> str:
        """Whom of the base they are cloned from: one after the other."""
        persons = self.base.index.persons
        return persons[self.number % len(persons)]

    @cached_property
    def days(self) -> int:
        """By how many days their life is later."""
        return int(draw(self.seed, "later", self.number) * (MOST_DAYS_LATER + 1))

    @cached_property
    def factor(self) -> float:
        return 1 + MOST_CHANGED * (2 * draw(self.seed, "values", self.number) - 1)

    @property
    def person(self) -> str:
        return self.id_of(self.original)

    def id_of(self, old: str) -> str:
        """Their own id for what is the original's; what persons share stays what it is."""
        return old if old in self.base.index.shared else f"{old[:24]}{self.copy << 40 | self.number:012x}"

    @property
    def is_unborn(self) -> bool:
        return day_of(self.patient_row["BIRTHDATE"]) > self.today

    @cached_property
    def identity(self) -> Identity:
        return identity_of(self.patient_row, self.number, chance(self.seed, "identity", self.number))

    @cached_property
    def patient_row(self) -> Row:
        """The row of the original in patients.csv, with this one's id and dates."""
        row = self.rows("patients", (self.original,))[0]
        return {**row, "DEATHDATE": self._past(row["DEATHDATE"])}

    @cached_property
    def patient(self) -> Row:
        """Their row in patients.csv."""
        return {**self.patient_row, **self.identity.columns}

    def rows(self, table: str, keys: Iterable[str]) -> list[Row]:
        """The rows of a table about visits, or about the person."""
        change, told = _changes(self.base, table), []
        for key in self._unwithdrawn(keys) if table == "observations" else keys:
            cells = (line.decode().rstrip("\n").split(",") for line in self.base.lines(table, key))
            rows = [row for row in (change(each, self) for each in cells) if self._has_begun(row, table)]
            manner = self.amended.get(key, "") if table == "observations" else ""
            told += amended_rows(rows, manner, f"{text_of(self.today)}T12:00:00Z") if manner else rows
        return told

    def lines(self, resource: str, keys: Iterable[str]) -> list[bytes]:
        """The FHIR resources about visits or the person, with the ids of the original."""
        change = {"Observation": self._scaled, "Condition": self._not_over, "DocumentReference": self._reworded}
        said, told = change.get(resource, bytes), []
        for key in self._unwithdrawn(keys) if resource == "Observation" else keys:
            later = (DAY.sub(self._later, line) for line in self.base.lines(resource, key))
            lines = [said(line) for line in later if self._begins_by_today(line)]
            manner = self.amended.get(key, "") if resource == "Observation" else ""
            told += amended_lines(lines, manner) if manner else lines
        return told

    def _unwithdrawn(self, keys: Iterable[str]) -> Iterable[str]:
        """The visits whose results are told; withdrawn ones are said to be so, or left out."""
        return (key for key in keys if self.says_withdrawn or self.amended.get(key) != WITHDRAWN)

    def patient_resource(self) -> dict:
        """Their Patient resource, but for what a registration desk writes down."""
        resource = orjson.loads(DAY.sub(self._later, self.base.lines("Patient", self.original)[0]))
        if not self.patient["DEATHDATE"]:
            resource.pop("deceasedDateTime", None)
        return self.identity.into(resource)

    def _later(self, found: re.Match[bytes]) -> bytes:
        return b'"' + moved_bytes(found[1], self.days)

    def _past(self, moment: str) -> str:
        """A moment that has come; the future is not known."""
        return moment if moment and day_of(moment) <= self.today else ""

    def _has_begun(self, row: Row, table: str) -> bool:
        return table not in BEGINS or day_of(row[BEGINS[table]]) <= self.today

    def _begins_by_today(self, line: bytes) -> bool:
        begins = BEGAN.search(line)
        return not begins or day_of(begins[1].decode()) <= self.today

    def _scaled(self, line: bytes) -> bytes:
        return scaled_line(line, self.factor)

    def _not_over(self, line: bytes) -> bytes:
        """A condition that will be over is active."""
        ends = ABATED.search(line)
        if not ends or day_of(ends[1].decode()) <= self.today:
            return line
        condition = orjson.loads(line)
        del condition["abatementDateTime"]
        condition["clinicalStatus"]["coding"][0].update(code="active", display="Active")
        return orjson.dumps(condition) + b"\n"

    def _reworded(self, line: bytes) -> bytes:
        """A note with their name and dates."""
        document = orjson.loads(line)
        attachment = document["content"][0]["attachment"]
        text = DAY_IN_TEXT.sub(lambda day: moved(day[0], self.days), base64.b64decode(attachment["data"]).decode())
        named = text.replace(self.patient_row["FIRST"], self.patient["FIRST"])
        attachment["data"] = base64.b64encode(named.encode()).decode()
        return orjson.dumps(document) + b"\n"


@lru_cache(maxsize=64)
def _changes(base: Base, table: str) -> Callable[[list[str], Clone], Row]:
    """How a row of a table becomes one of a clone."""
    columns = base.columns[table]
    dates = [place for place, column in enumerate(columns) if column in DATES]
    ids = [place for place, column in enumerate(columns) if column in IDS]
    stop = columns.index("STOP") if table in LASTING else None

    def change(cells: list[str], who: Clone) -> Row:
        for place in dates:
            cells[place] = moved(cells[place], who.days)
        for place in ids:
            if cells[place]:
                cells[place] = who.id_of(cells[place])
        if stop is not None:
            cells[stop] = who._past(cells[stop])
        row = dict(zip(columns, cells, strict=True))
        return scaled_row(row, who.factor) if table == "observations" else row

    return change


def kept_visits(clone: Clone, share: float) -> list[Visit]:
    """The visits of a clone that has `share` of the events of the original, by chance, in order.

    Visits are taken in random order while they fit; the one that no longer does is taken with the chance that makes
    the expected number of events right.
    """
    visits = clone.base.index.visits.get(clone.original, [])
    if share >= 1:
        return visits
    lots = {visit.key: draw(clone.seed, "kept", clone.number, visit.key) for visit in visits}
    left, kept = share * sum(visit.events for visit in visits), set()
    for visit in sorted(visits, key=lambda visit: lots[visit.key]):
        if left < visit.events:
            if draw(clone.seed, "last", clone.number) < left / visit.events:
                kept.add(visit.key)
            break
        kept.add(visit.key)
        left -= visit.events
    return [visit for visit in visits if visit.key in kept]
