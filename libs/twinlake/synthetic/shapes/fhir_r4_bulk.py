"""FHIR R4 bulk files: a file of lines for each type of resource, in the folder of the day they were delivered."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from twinlake.synthetic.chart import Chart
from twinlake.synthetic.shapes._fhir import DELIVERY, POINTED, FhirExport


class Export(FhirExport):
    """`<day>/<Resource>.ndjson`."""

    def begin(self) -> None:
        super().begin()
        for name in ("Patient", *self.kinds, *POINTED):
            self.write(f"{DELIVERY}/{name}.ndjson", b"")

    def add(self, chart: Chart) -> str:
        for name, told in groupby(self._placed_resources(chart), lambda resource: resource[0]):
            self.write(f"{DELIVERY}/{name}.ndjson", b"".join(line for _, line in told))
        return chart.who.source_person_id

    def _placed_resources(self, chart: Chart) -> Iterator[tuple[str, bytes]]:
        for name, line in self.resources(chart):
            self.placed(f"{DELIVERY}/{name}.ndjson")
            yield name, line

    def finish(self) -> None:
        for name, told in groupby(self.pointed_at(), lambda resource: resource[0]):
            self.write(f"{DELIVERY}/{name}.ndjson", b"".join(line for _, line in told))
