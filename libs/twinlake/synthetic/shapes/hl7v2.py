"""HL7 v2.5.1 messages as an interface engine logs them: MLLP blocks (appendix C), in order for each patient.

Each visit has its ADT (A04 or A01 when it begins, A03 with diagnoses and procedures when it ends); results come as
ORU^R01, an order of a panel each; prescriptions as RDE^O11; immunisations as VXU^V04. Surveys stay in the system
that asked them. The log goes back to `SINCE`. A block stands in a line, so that a line is a message.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby

from twinlake.synthetic.chart import Chart, Row
from twinlake.synthetic.shapes import Export as Base
from twinlake.synthetic.shapes.synthea_csv import as_spoken, is_loinc

SINCE = "2021-11-01"
BEGIN, END = b"\x0b", b"\x1c\r\n"
SEPARATORS = "|^~\\&"
ESCAPES = str.maketrans({"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "~": "\\R\\", "&": "\\T\\", "\n": "\\.br\\"})
# HL7 table 0004; every other class is an outpatient's.
CLASSES = {"inpatient": "I", "snf": "I", "hospice": "I", "emergency": "E"}
SENT = ("laboratory", "vital-signs", "social-history", "procedure", "imaging", "exam", "therapy")
SEXES = {"M": "M", "F": "F"}


def escaped(text: object) -> str:
    """A text in which no letter separates (HL7 2.5.1, 2.7)."""
    return str(text).translate(ESCAPES)


def stamp(moment: str) -> str:
    """A time stamp (TS) of Synthea's UTC; a day stays a day."""
    digits = moment.translate(str.maketrans("", "", "-:TZ"))
    return f"{digits}+0000" if len(digits) > 8 else digits


def joined(*parts: object) -> str:
    """Components of a field."""
    return "^".join(map(escaped, parts)).rstrip("^")


def segment(name: str, **fields: object) -> str:
    """A segment from its fields by number, `f3` as it shall stand."""
    last = max(int(field[1:]) for field in fields)
    return "|".join([name, *(str(fields.get(f"f{n}", "")) for n in range(1, last + 1))]).rstrip("|")


class Export(Base):
    """adt.hl7, oru.hl7, rde.hl7, vxu.hl7."""

    later = "news"

    def begin(self) -> None:
        for name in ("adt", "oru", "rde", "vxu"):
            self.write(f"{name}.hl7", b"")

    def add(self, chart: Chart) -> str | None:
        pid = self._pid(chart)
        visits = {row["Id"]: row for row in chart.rows("encounters") if row["START"] >= SINCE}
        if not visits:
            return None
        pv1 = {key: self._pv1(row, row["STOP"]) for key, row in visits.items()}
        self._send("adt", self._visits(chart, visits.values(), pid, pv1))
        self._send("oru", self._results(chart, pid, pv1))
        self._send("rde", self._prescriptions(chart, pid, pv1))
        self._send("vxu", self._immunizations(chart, pid, pv1))
        return joined(chart.who.mrn, "", "", self.silo.initials)

    def _send(self, file: str, messages: Iterable[tuple[str, str, list[str]]]) -> None:
        """Messages of type and time, under heads with control ids of their own."""
        sent = []
        for kind, when, segments in messages:
            number = self.silo.number("message", "|".join([kind, when, *segments]), 12)
            head = segment(
                f"MSH|{SEPARATORS[1:]}", f1="EHR", f2=self.silo.initials, f3="TWIN", f4="LAKE", f5=stamp(when), f7=kind,
                f8=f"{self.silo.initials}{number}", f9="P", f10="2.5.1", f16="UNICODE UTF-8",
            )  # fmt: skip
            sent.append(BEGIN + "\r".join([head, *segments]).encode() + b"\r" + END)
            self.placed(f"{file}.hl7")
        self.write(f"{file}.hl7", b"".join(sent))

    def _pid(self, chart: Chart) -> str:
        who, row, silo = chart.who, chart.patient, self.silo
        mrn = f"{escaped(who.mrn)}^^^{silo.initials}&{silo.identifier_namespace}&URI^MR"
        maiden = [joined(who.maiden_name, who.given_name, who.middle_name, "", "", "", "M")] if who.maiden_name else []
        names = "~".join([joined(who.family_name, who.given_name, who.middle_name, "", "", "", "L"), *maiden])
        return segment(
            "PID", f1=1, f3=mrn, f5=names, f7=stamp(row["BIRTHDATE"]), f8=SEXES.get(row["GENDER"], "U"),
            f10=joined("", row["RACE"]), f11=joined(who.address_line, "", who.city, "MA", who.postal_code, "US", "H"),
            f16=row["MARITAL"], f19="" if "ssn" in silo.profile.withheld else who.ssn.replace("-", ""),
            f22=joined("", row["ETHNICITY"]), f29=stamp(row["DEATHDATE"]),
        )  # fmt: skip

    def _pv1(self, visit: Row, ended: str) -> str:
        place = f"{self.silo.name} {self.silo.number('place', visit['ORGANIZATION'], 6)}"
        return segment(
            "PV1", f1=1, f2=CLASSES.get(visit["ENCOUNTERCLASS"], "O"), f3=joined("", "", "", place),
            f19=self._number("visit", visit["Id"]), f44=stamp(visit["START"]), f45=stamp(ended),
        )  # fmt: skip

    def _number(self, kind: str, *old: str) -> str:
        return self.silo.number(kind, "|".join(old), 12)

    def _visits(
        self, chart: Chart, visits: Iterable[Row], pid: str, pv1: dict[str, str]
    ) -> Iterator[tuple[str, str, list[str]]]:
        conditions, procedures = _of_visits(chart.rows("conditions")), _of_visits(chart.rows("procedures"))
        for visit in visits:
            key, begins = visit["Id"], visit["START"]
            opened = "A01" if CLASSES.get(visit["ENCOUNTERCLASS"]) == "I" else "A04"
            head = [pid, self._pv1(visit, "")]
            reason = segment("PV2", f3=joined(visit["REASONCODE"], visit["REASONDESCRIPTION"], "SCT"))
            yield (
                f"ADT^{opened}",
                begins,
                [f"EVN|{opened}|{stamp(begins)}", *head, *[reason] * bool(visit["REASONCODE"])],
            )
            told = [*_diagnoses(conditions.get(key, [])), *_procedures(procedures.get(key, []))]
            yield "ADT^A03", visit["STOP"], [f"EVN|A03|{stamp(visit['STOP'])}", pid, pv1[key], *told]

    def _results(self, chart: Chart, pid: str, pv1: dict[str, str]) -> Iterator[tuple[str, str, list[str]]]:
        panels: dict[tuple[str, str, str], list[Row]] = {}
        for row in chart.rows("observations"):
            if row["CATEGORY"] in SENT and row["ENCOUNTER"] in pv1:
                panels.setdefault((row["ENCOUNTER"], row["DATE"], row["CATEGORY"]), []).append(row)
        for (visit, when, category), panel in panels.items():
            order = self._number("order", visit, when, category)
            head = segment("OBR", f1=1, f3=order, f4=joined(category, category, "L"), f7=stamp(when), f22=stamp(when))
            yield (
                "ORU^R01^ORU_R01",
                panel[0].get("SENT", when),
                [pid, pv1[visit], f"ORC|RE||{order}", head, *self._values(panel)],
            )

    def _values(self, panel: Iterable[Row]) -> Iterator[str]:
        seen: Counter[str] = Counter()
        for place, row in enumerate((as_spoken(row, self) for row in panel), 1):
            seen[row["CODE"]] += 1
            again = seen[row["CODE"]] if seen[row["CODE"]] > 1 else ""
            system = "LN" if is_loinc(row["CODE"]) else "L"
            yield segment(
                "OBX", f1=place, f2="NM" if row["TYPE"] == "numeric" else "ST",
                f3=joined(row["CODE"], row["DESCRIPTION"], system), f4=again,
                f5=escaped(row["VALUE"]), f6=joined(row["UNITS"]), f11=row.get("STATUS", "F"), f14=stamp(row["DATE"]),
            )  # fmt: skip

    def _prescriptions(self, chart: Chart, pid: str, pv1: dict[str, str]) -> Iterator[tuple[str, str, list[str]]]:
        for row in (row for row in chart.rows("medications") if row["ENCOUNTER"] in pv1):
            order = self._number("prescription", row["ENCOUNTER"], row["CODE"], row["START"])
            drug = joined(row["CODE"], row["DESCRIPTION"], "RXNORM")
            yield "RDE^O11^RDE_O11", row["START"], [
                pid, pv1[row["ENCOUNTER"]], segment("ORC", f1="NW", f2=order, f9=stamp(row["START"])),
                segment("TQ1", f1=1, f7=stamp(row["START"]), f8=stamp(row["STOP"])), segment("RXE", f2=drug),
            ]  # fmt: skip

    def _immunizations(self, chart: Chart, pid: str, pv1: dict[str, str]) -> Iterator[tuple[str, str, list[str]]]:
        for row in (row for row in chart.rows("immunizations") if row["ENCOUNTER"] in pv1):
            order = self._number("immunization", row["ENCOUNTER"], row["CODE"], row["DATE"])
            given = segment(
                "RXA",
                f1=0,
                f2=1,
                f3=stamp(row["DATE"]),
                f5=joined(row["CODE"], row["DESCRIPTION"], "CVX"),
                f6=999,
                f20="CP",
            )
            yield "VXU^V04^VXU_V04", row["DATE"], [pid, pv1[row["ENCOUNTER"]], f"ORC|RE||{order}", given]


def _of_visits(rows: list[Row]) -> dict[str, list[Row]]:
    return {visit: list(found) for visit, found in groupby(rows, lambda row: row["ENCOUNTER"])}


def _diagnoses(rows: list[Row]) -> Iterator[str]:
    for place, row in enumerate(rows, 1):
        yield segment(
            "DG1", f1=place, f3=joined(row["CODE"], row["DESCRIPTION"], "SCT"), f5=stamp(row["START"]), f6="F"
        )


def _procedures(rows: list[Row]) -> Iterator[str]:
    for place, row in enumerate(rows, 1):
        yield segment("PR1", f1=place, f3=joined(row["CODE"], row["DESCRIPTION"], "SCT"), f5=stamp(row["START"]))
