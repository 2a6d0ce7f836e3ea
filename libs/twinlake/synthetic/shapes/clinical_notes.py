"""Notes as FHIR documents: Synthea's own texts, as the hospital's record system keeps them from `SINCE` on."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator
from datetime import date

import orjson

from twinlake.synthetic.chart import Chart
from twinlake.synthetic.names import undigited
from twinlake.synthetic.shapes._fhir import DELIVERY, FhirExport

SINCE = "2025-11-01"
DATED = re.compile(rb'"date":"(\d{4}-\d\d-\d\d)')
# Synthea tells what a person has and never what they have not; a clinician does both.
EXAMINED = "\n# Review of Systems\nDenies {}. No {}.\n"
SYMPTOMS = (
    "chest pain", "shortness of breath", "fever", "nausea", "dizziness", "abdominal pain", "headache", "palpitations",
)  # fmt: skip


class Export(FhirExport):
    """`<day>/Patient.ndjson` and `<day>/DocumentReference.ndjson`, of the persons of whom there is a note."""

    kinds = ("DocumentReference",)

    def begin(self) -> None:
        super().begin()
        for name in ("Patient", *self.kinds):
            self.write(f"{DELIVERY}/{name}.ndjson", b"")

    def add(self, chart: Chart) -> str | None:
        if not any(_day(line) >= SINCE for line in chart.lines("DocumentReference")):
            return None
        for name, line in self.resources(chart):
            self.write(f"{DELIVERY}/{name}.ndjson", line)
        return chart.who.source_person_id

    def told(self, chart: Chart, name: str) -> list[bytes]:
        return list(_as_written((line for line in chart.lines(name) if _day(line) >= SINCE), chart))


def _day(line: bytes) -> str:
    found = DATED.search(line)
    return found[1].decode() if found else ""


def _as_written(lines: Iterable[bytes], chart: Chart) -> Iterator[bytes]:
    """The documents with the patient's name as it is spelled here, and what was asked for and is not there."""
    for line in lines:
        document = orjson.loads(line)
        attachment = document["content"][0]["attachment"]
        text = base64.b64decode(attachment["data"]).decode()
        spelled = undigited_name(text, chart.patient["FIRST"], chart.who.given_name)
        place = date.fromisoformat(document["date"][:10]).toordinal()
        absent = (SYMPTOMS[place % len(SYMPTOMS)], SYMPTOMS[(place + 3) % len(SYMPTOMS)])
        attachment["data"] = base64.b64encode((spelled + EXAMINED.format(*absent)).encode()).decode()
        yield orjson.dumps(document) + b"\n"


def undigited_name(text: str, at_birth: str, here: str) -> str:
    """The text with a given name as this hospital spells it."""
    return text.replace(at_birth, here).replace(undigited(at_birth), here)
