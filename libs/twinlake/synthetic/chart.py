"""Charts: what one hospital holds of one person, in Synthea's own words; a person at a time, so memory is bounded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import orjson

from twinlake.synthetic.base import TABLES
from twinlake.synthetic.clone import Clone, Row
from twinlake.synthetic.deal import Desk
from twinlake.synthetic.registration import Registration


@dataclass
class Chart:
    """What the visits to one desk left behind. A table or resource is told when it is first asked for."""

    who: Registration
    clone: Clone
    desk: Desk
    _rows: dict[str, list[Row]] = field(default_factory=dict)
    _lines: dict[str, list[bytes]] = field(default_factory=dict)

    @property
    def patient(self) -> Row:
        return self.clone.patient

    def rows(self, table: str) -> list[Row]:
        """A table by its rows."""
        if table not in self._rows:
            self._rows[table] = [self.patient] if table == "patients" else self.clone.rows(table, self._keys(table))
        return self._rows[table]

    def lines(self, resource: str) -> list[bytes]:
        """A FHIR resource by its lines, with ids as `id_of` takes them."""
        if resource not in self._lines:
            self._lines[resource] = (
                [orjson.dumps(self.clone.patient_resource()) + b"\n"] if resource == "Patient"
                else self.clone.lines(resource, self._keys(resource))
            )  # fmt: skip
        return self._lines[resource]

    @property
    def news(self) -> Chart | None:
        """What a delivery of today has to tell; None where nothing happened."""
        if not self.desk.news and not self.desk.is_new:
            return None
        told = replace(self.desk, visits=self.desk.news, is_home=self.desk.is_home and self.desk.is_new)
        return Chart(self.who, replace(self.clone, says_withdrawn=True), told)

    def id_of(self, old: str) -> str:
        """The person's own id for what is theirs."""
        return self.clone.id_of(old)

    def _keys(self, name: str) -> Iterator[str]:
        """Visits here, and the person where facts of no visit are: at home, but insurance and the like everywhere."""
        of_visits = name not in TABLES or TABLES[name][1]
        if of_visits:
            yield from (visit.key for visit in self.desk.visits)
        if self.desk.is_home or not of_visits:
            yield self.clone.original
