"""C-CDA R2.1 summaries (Continuity of Care Documents), as a practice sends them: a document a patient, an entry a line.

All problems stand in it, and what was measured, given and done from `SINCE` on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from xml.sax.saxutils import quoteattr

from twinlake.synthetic.chart import Chart, Row
from twinlake.synthetic.shapes import Export as Base
from twinlake.synthetic.shapes.hl7v2 import stamp
from twinlake.synthetic.shapes.synthea_csv import as_spoken, is_loinc

SINCE, WRITTEN = "2024-11-01", "20261101000000+0000"
LOINC, SNOMED, RXNORM, CVX = (
    *("2.16.840.1.113883.6.1", "2.16.840.1.113883.6.96", "2.16.840.1.113883.6.88"),
    "2.16.840.1.113883.12.292",
)
SSN = "2.16.840.1.113883.4.1"
TEMPLATE = "2.16.840.1.113883.10.20.22.2"
HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:sdtc="urn:hl7-org:sdtc" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n'
)
TAIL = "</structuredBody></component>\n</ClinicalDocument>\n"


def element(name: str, *inner: str, **attributes: str) -> str:
    """An element; attributes without a value are left out, `xsi_type` is the type of a value."""
    told = {key.replace("xsi_", "xsi:"): value for key, value in attributes.items() if value}
    opened = " ".join([name, *(f"{key}={quoteattr(value)}" for key, value in told.items())])
    return f"<{opened}>{''.join(inner)}</{name}>" if any(inner) else f"<{opened}/>"


def coded(row: Row, system: str, name: str = "code", **more: str) -> str:
    """A row's code under its system's OID."""
    return element(name, code=row["CODE"], codeSystem=system, displayName=row["DESCRIPTION"], **more)


def during(start: str, end: str = "") -> str:
    """From when until when, where that is known."""
    high = element("high", value=stamp(end)) if end else ""
    return element("effectiveTime", element("low", value=stamp(start)), high)


class Export(Base):
    """summary-0001.xml …"""

    later = "all of whom there is news"

    def begin(self) -> None:
        self._written = 0
        self._root = f"2.25.{int(self.silo.own_id('ids').replace('-', ''), 16)}"

    def add(self, chart: Chart) -> str:
        self._written += 1
        self._file, self._line, parts = f"summary-{self._written:04d}.xml", 0, []
        for part in self._document(chart):
            parts.append(part)
            self._line += part.count("\n")
        self.write(self._file, "".join(parts).encode())
        return f"{self._root}|{chart.who.mrn}"

    def _document(self, chart: Chart) -> Iterator[str]:
        yield HEAD + self._id("document", chart.who.person) + element("effectiveTime", value=WRITTEN) + "\n"
        yield self._patient(chart) + "\n<component><structuredBody>\n"
        for template, loinc, table, entry in (
            ("22.1", "46240-8", "encounters", self._encounter), ("5.1", "11450-4", "conditions", self._problem),
            ("3.1", "30954-2", "laboratory", self._result), ("4.1", "8716-3", "vital-signs", self._result),
            ("1.1", "10160-0", "medications", self._medication), ("7.1", "47519-4", "procedures", self._procedure),
            ("2.1", "11369-6", "immunizations", self._immunization),
        ):  # fmt: skip
            yield from _section(template, loinc, _told(chart, table), entry)
        yield TAIL

    def _id(self, kind: str, *old: str) -> str:
        return element("id", root=self._root, extension=self.silo.number(kind, "|".join(old), 15))

    def _patient(self, chart: Chart) -> str:
        who, row = chart.who, chart.patient
        names = [element("given", name) for name in (who.given_name, who.middle_name) if name]
        home = {"streetAddressLine": who.address_line, "city": who.city, "state": "MA", "postalCode": who.postal_code}
        ids = [element("id", root=self._root, extension=who.mrn)]
        if "ssn" not in self.silo.profile.withheld:
            ids.append(element("id", root=SSN, extension=who.ssn))
        person = element(
            "patient", element("name", *names, element("family", who.family_name), use="L"),
            element("administrativeGenderCode", code=row["GENDER"], codeSystem="2.16.840.1.113883.5.1"),
            element("birthTime", value=stamp(row["BIRTHDATE"])),
            element("sdtc:deceasedTime", value=stamp(row["DEATHDATE"])) if row["DEATHDATE"] else "",
        )  # fmt: skip
        place = element("addr", *(element(name, said) for name, said in home.items() if said), use="HP")
        return element("recordTarget", element("patientRole", *ids, place, person))

    def _encounter(self, row: Row) -> str:
        kind = element(
            "code", code="IMP" if row["ENCOUNTERCLASS"] == "inpatient" else "AMB", codeSystem="2.16.840.1.113883.5.4"
        )
        return element(
            "encounter", self._id("visit", row["Id"]), kind, during(row["START"], row["STOP"]), moodCode="EVN"
        )

    def _problem(self, row: Row) -> str:
        kind = element("code", code="64572001", codeSystem=SNOMED, displayName="Condition")
        problem = element(
            "observation", self._id("problem", row["PATIENT"], row["CODE"], row["START"]), kind,
            element("statusCode", code="completed"), during(row["START"], row["STOP"]),
            coded(row, SNOMED, "value", xsi_type="CD"), moodCode="EVN",
        )  # fmt: skip
        status = element("statusCode", code="completed" if row["STOP"] else "active")
        subject = element("entryRelationship", problem, typeCode="SUBJ")
        return element("act", element("code", code="CONC"), status, subject, moodCode="EVN")

    def _result(self, row: Row) -> str:
        said = as_spoken(row, self)
        self.placed(self._file, self._line)
        numeric = element("value", xsi_type="PQ", value=said["VALUE"], unit=said["UNITS"])
        value = numeric if said["TYPE"] == "numeric" else element("value", said["VALUE"], xsi_type="ST")
        return element(
            "observation", coded(said, LOINC if is_loinc(said["CODE"]) else self._root),
            element("statusCode", code="completed"),
            element("effectiveTime", value=stamp(row["DATE"])), value, moodCode="EVN",
        )  # fmt: skip

    def _medication(self, row: Row) -> str:
        ident = self._id("drug", row["ENCOUNTER"], row["CODE"], row["START"])
        return self._given(row, RXNORM, during(row["START"], row["STOP"]), ident)

    def _immunization(self, row: Row) -> str:
        return self._given(row, CVX, element("effectiveTime", value=stamp(row["DATE"])), "")

    def _given(self, row: Row, system: str, when: str, ident: str) -> str:
        material = element("manufacturedMaterial", coded(row, system))
        product = element("consumable", element("manufacturedProduct", material))
        status = element("statusCode", code="completed")
        return element("substanceAdministration", ident, status, when, product, moodCode="EVN")

    def _procedure(self, row: Row) -> str:
        status = element("statusCode", code="completed")
        return element("procedure", coded(row, SNOMED), status, during(row["START"], row["STOP"]), moodCode="EVN")


def _told(chart: Chart, table: str) -> Iterable[Row]:
    """A table's rows, or the observations of a category, as far as a summary goes back; problems have no end."""
    if table in ("laboratory", "vital-signs"):
        return (row for row in chart.rows("observations") if row["CATEGORY"] == table and row["DATE"] >= SINCE)
    whole = table == "conditions"
    return (row for row in chart.rows(table) if whole or (row.get("START") or row["DATE"]) >= SINCE)


def _section(template: str, loinc: str, rows: Iterable[Row], entry: Callable[[Row], str]) -> Iterator[str]:
    head = element("templateId", root=f"{TEMPLATE}.{template}", extension="2015-08-01")
    yield f"<component><section>{head}{element('code', code=loinc, codeSystem=LOINC)}<text/>\n"
    for row in rows:
        yield element("entry", entry(row)) + "\n"
    yield "</section></component>\n"
