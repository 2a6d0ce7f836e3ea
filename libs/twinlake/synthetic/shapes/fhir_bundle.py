"""FHIR R4 Bundles (hl7.org/fhir/R4/bundle.html): patients with all their facts, some in a file, an entry a line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from twinlake.synthetic.base import OWN_ID
from twinlake.synthetic.chart import Chart
from twinlake.synthetic.shapes._fhir import DELIVERY, FhirExport

PATIENTS_IN_A_FILE = 25
HEAD, NEXT, TAIL = b'{"resourceType":"Bundle","type":"collection","entry":[\n', b",\n", b"\n]}\n"


class Export(FhirExport):
    """`<day>/bundle-0001.json …`, and last `<day>/directory.json`: medications, places and organizations."""

    def begin(self) -> None:
        super().begin()
        self._patients = 0

    def add(self, chart: Chart) -> str:
        number, place = divmod(self._patients, PATIENTS_IN_A_FILE)
        if place == 0:
            self._close(number)
        file = _name(number + 1)
        entries = []
        for entry in _entries(self.resources(chart)):
            self.placed(file)
            entries.append(entry)
        self.write(file, (HEAD if place == 0 else NEXT) + NEXT.join(entries))
        self._patients += 1
        return chart.who.source_person_id

    def finish(self) -> None:
        self._close(-(-self._patients // PATIENTS_IN_A_FILE))
        self.write(f"{DELIVERY}/directory.json", HEAD + NEXT.join(_entries(self.pointed_at())) + TAIL)

    def _close(self, number: int) -> None:
        if number:
            self.write(_name(number), TAIL)


def _name(number: int) -> str:
    return f"{DELIVERY}/bundle-{number:04d}.json"


def _entries(resources: Iterable[tuple[str, bytes]]) -> Iterator[bytes]:
    for _, line in resources:
        yield b'{"fullUrl":"urn:uuid:%s","resource":%s}' % (OWN_ID.findall(line)[0], line.rstrip(b"\n"))
