"""Three toy hospitals written by hand, small enough to read: tests change, withdraw, delay and repeat their records.

lakeside (`fhir_r4_bulk`, increments) and northgate (`synthea_csv`, snapshots) both know Ada; harbor (`mimic_iv`,
not linked) has two stays of its own. `Feeds` holds what is delivered; `write` lays it out.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from twinlake.plan import read_plan

FIRST = "2026-10-01"
Resource = dict[str, Any]
SETTINGS = {
    "lakeside": 'name = "Lakeside"\ntime_zone = "UTC"\nidentifier_namespace = "urn:lakeside:mrn"\n',
    "northgate": 'name = "Northgate"\ntime_zone = "UTC"\nidentifier_namespace = "urn:northgate:mrn"\n',
    "harbor": 'name = "Harbor"\ntime_zone = "UTC"\nidentifier_namespace = "urn:harbor:mrn"\ncalendar = "shifted"\n'
    "link = false\n",
}
LOINC, SNOMED = "http://loinc.org", "http://snomed.info/sct"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
WEIGHT, GLUCOSE, SYSTOLIC, DIASTOLIC = "29463-7", "2339-0", "8480-6", "8462-4"


@dataclass
class Feeds:
    """What hospitals delivered: path below the feeds root → text. `add` and `drop` change it, `write` lays it out."""

    files: dict[str, str] = field(default_factory=dict)

    def copy(self) -> Feeds:
        return copy.deepcopy(self)

    def fhir(
        self, resource: str, *resources: Resource, day: str = FIRST, part: str = "", hospital: str = "lakeside"
    ) -> Feeds:
        """A delivery of one resource type."""
        lines = [orjson.dumps({"resourceType": resource, **r}).decode() for r in resources]
        name = f"{resource}{'.' + part if part else ''}.ndjson"
        self.files[f"{hospital}/fhir_r4_bulk/{day}/{name}"] = "\n".join(lines) + "\n"
        return self

    def csv(self, feed: str, *rows: dict[str, str], day: str = FIRST, hospital: str = "northgate") -> Feeds:
        """A whole Synthea table of one delivery; `day` "" is a folder without a date."""
        return self._table("synthea_csv", feed, feed, rows, day, hospital)

    def mimic(self, feed: str, *rows: dict[str, str], day: str = "", hospital: str = "harbor") -> Feeds:
        """A whole MIMIC table; `feed` with its folder, `hosp/patients`."""
        return self._table("mimic_iv", feed.split("/")[1], feed, rows, day, hospital)

    def _table(
        self, system: str, feed: str, file: str, rows: Iterable[dict[str, str]], day: str, hospital: str
    ) -> Feeds:
        columns = read_plan().systems[system].feed(feed).columns
        lines = [",".join(columns), *(",".join(str(row.get(c, "")) for c in columns) for row in rows)]
        self.files["/".join(p for p in (hospital, system, day, f"{file}.csv") if p)] = "\n".join(lines) + "\n"
        return self

    def write(self, root: Path) -> Path:
        """Lay everything out under `root`; what stands there already and is not ours stays."""
        for hospital in sorted({path.split("/")[0] for path in self.files}):
            folder = root / hospital
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "hospital.toml").write_text(SETTINGS[hospital], encoding="utf-8")
        for path, text in self.files.items():
            file = root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        return root

    def only(self, *beginnings: str) -> Feeds:
        """The files whose path begins with one of these."""
        return Feeds({path: text for path, text in self.files.items() if path.startswith(beginnings)})


def concept(system: str, code: str, display: str) -> Resource:
    return {"coding": [{"system": system, "code": code, "display": display}], "text": display}


def patient(ident: str, given: str, family: str, born: str, **rest: Any) -> Resource:
    return {
        "id": ident, "name": [{"use": "official", "family": family, "given": [given]}], "gender": "female",
        "birthDate": born, **rest,
        "address": [{"line": ["12 Mill Lane"], "city": "Salem", "state": "MA", "postalCode": "01970"}],
        "telecom": [{"system": "phone", "value": "978-555-0101"}],
    }  # fmt: skip


def encounter(ident: str, person: str, start: str, site: str = "org-1", **rest: Any) -> Resource:
    return {
        "id": ident, "status": "finished", "class": {"code": "AMB"}, "subject": {"reference": f"Patient/{person}"},
        "period": {"start": f"{start}T09:00:00Z", "end": f"{start}T10:00:00Z"},
        "serviceProvider": {"reference": f"Organization?identifier=urn:sites|{site}"}, **rest,
    }  # fmt: skip


def organization(ident: str, name: str, city: str = "Salem") -> Resource:
    return {"id": ident, "identifier": [{"system": "urn:sites", "value": ident}], "name": name,
            "address": [{"city": city, "state": "MA", "postalCode": "01970"}]}  # fmt: skip


def observation(ident: str, person: str, code: str, value: float, unit: str, day: str, **rest: Any) -> Resource:
    return {
        "id": ident, "status": "final", "code": concept(LOINC, code, code),
        "subject": {"reference": f"Patient/{person}"}, "effectiveDateTime": f"{day}T09:30:00Z",
        "valueQuantity": {"value": value, "unit": unit, "code": unit}, **rest,
    }  # fmt: skip


def pressure(ident: str, person: str, systolic: float, diastolic: float, day: str) -> Resource:
    parts = [{"code": concept(LOINC, code, code), "valueQuantity": {"value": value, "unit": "mm[Hg]"}}
             for code, value in ((SYSTOLIC, systolic), (DIASTOLIC, diastolic))]  # fmt: skip
    return {"id": ident, "status": "final", "code": concept(LOINC, "85354-9", "Blood pressure"),
            "subject": {"reference": f"Patient/{person}"}, "effectiveDateTime": f"{day}T09:30:00Z",
            "component": parts}  # fmt: skip


def condition(ident: str, person: str, code: str, day: str, **rest: Any) -> Resource:
    return {"id": ident, "code": concept(SNOMED, code, code), "subject": {"reference": f"Patient/{person}"},
            "onsetDateTime": f"{day}T09:00:00Z", **rest}  # fmt: skip


def order(ident: str, person: str, medication: str, day: str) -> Resource:
    return {
        "id": ident, "status": "active", "intent": "order", "subject": {"reference": f"Patient/{person}"},
        "medicationReference": {"reference": f"Medication/{medication}"}, "authoredOn": f"{day}T09:00:00Z",
    }  # fmt: skip


def medication(ident: str, code: str, display: str) -> Resource:
    return {"id": ident, "code": concept(RXNORM, code, display)}


def synthea_person(ident: str, given: str, family: str, born: str, **rest: str) -> dict[str, str]:
    return {"Id": ident, "FIRST": given, "LAST": family, "BIRTHDATE": born, "GENDER": "F", "ADDRESS": "12 Mill Lane",
            "CITY": "Salem", "STATE": "Massachusetts", "ZIP": "01970", "RACE": "white", **rest}  # fmt: skip


def synthea_value(person: str, visit: str, code: str, value: float, unit: str, day: str) -> dict[str, str]:
    return {"DATE": f"{day}T09:30:00Z", "PATIENT": person, "ENCOUNTER": visit, "CODE": code, "DESCRIPTION": code,
            "VALUE": str(value), "UNITS": unit, "TYPE": "numeric"}  # fmt: skip


def lakeside(feeds: Feeds) -> Feeds:
    """Ada (who is at northgate too) and Bea, with their first delivery."""
    return (
        feeds.fhir("Patient", patient("ada", "Ada", "Lovejoy", "1960-05-04"),
                   patient("bea", "Beatrice", "Quimby", "1971-02-28"))
        .fhir("Organization", organization("org-1", "Mill Lane Surgery"))
        .fhir("Encounter", encounter("e-1", "ada", "2026-01-10"), encounter("e-2", "bea", "2026-02-10"))
        .fhir("Observation", observation("o-1", "ada", WEIGHT, 70, "kg", "2026-01-10"),
              observation("o-2", "bea", WEIGHT, 60, "kg", "2026-02-10"),
              observation("o-3", "bea", GLUCOSE, 95, "mg/dL", "2026-02-10"),
              pressure("o-4", "ada", 130, 80, "2026-01-10"))
        .fhir("Condition", condition("c-1", "bea", "44054006", "2020-02-10"))
        .fhir("Medication", medication("m-1", "860975", "Metformin"))
        .fhir("MedicationRequest", order("r-1", "bea", "m-1", "2026-02-10"))
    )  # fmt: skip


SYNTHEA_PERSONS = (
    synthea_person("n-ada", "Ada", "Lovejoy", "1960-05-04", SSN="999-11-1111"),
    synthea_person("n-cleo", "Cleo", "Marsh", "1985-07-19", SSN="999-22-2222", CITY="Nahant", ZIP="01908"),
)
SYNTHEA_VALUES = (
    synthea_value("n-ada", "v-1", WEIGHT, 71, "kg", "2026-03-01"),
    synthea_value("n-ada", "v-1", GLUCOSE, 101, "mg/dL", "2026-03-01"),
    synthea_value("n-cleo", "v-2", WEIGHT, 55, "kg", "2026-03-02"),
)


def synthea_visit(ident: str, person: str, day: str) -> dict[str, str]:
    return {"Id": ident, "START": f"{day}T09:00:00Z", "STOP": f"{day}T10:00:00Z", "PATIENT": person,
            "ORGANIZATION": "s-1", "ENCOUNTERCLASS": "ambulatory", "CODE": "1", "DESCRIPTION": "visit"}  # fmt: skip


SYNTHEA_SITE = {"Id": "s-1", "NAME": "Northgate", "CITY": "Lynn", "STATE": "MA", "ZIP": "01901"}
SYNTHEA_VISITS = (synthea_visit("v-1", "n-ada", "2026-03-01"), synthea_visit("v-2", "n-cleo", "2026-03-02"))
SYNTHEA_PROCEDURE = {
    "START": "2026-03-02T09:10:00Z", "PATIENT": "n-cleo", "ENCOUNTER": "v-2", "SYSTEM": "SNOMED-CT",
    "CODE": "430193006", "DESCRIPTION": "Medication reconciliation",
}  # fmt: skip


def northgate(
    feeds: Feeds, day: str = FIRST, persons: Iterable[dict] = SYNTHEA_PERSONS, values: Iterable[dict] = SYNTHEA_VALUES
) -> Feeds:
    """Ada again, and Cleo, as one snapshot; what is of nobody in `persons` is left out."""
    known = {person["Id"] for person in persons}

    def theirs(rows: Iterable[dict[str, str]]) -> list[dict[str, str]]:
        return [row for row in rows if row["PATIENT"] in known]

    return (
        feeds.csv("patients", *persons, day=day)
        .csv("organizations", SYNTHEA_SITE, day=day)
        .csv("encounters", *theirs(SYNTHEA_VISITS), day=day)
        .csv("observations", *theirs(values), day=day)
        .csv("procedures", *theirs([SYNTHEA_PROCEDURE]), day=day)
    )


def admission(person: str, ident: str) -> dict[str, str]:
    return {"subject_id": person, "hadm_id": ident, "admittime": "2150-01-01 08:00:00",
            "dischtime": "2150-01-03 08:00:00", "admission_type": "URGENT", "race": "WHITE",
            "marital_status": "SINGLE"}  # fmt: skip


def glucose(ident: str, person: str, visit: str, value: str) -> dict[str, str]:
    return {"labevent_id": ident, "subject_id": person, "hadm_id": visit, "itemid": "50931",
            "charttime": "2150-01-01 09:00:00", "value": value, "valuenum": value, "valueuom": "mg/dL"}  # fmt: skip


def harbor(feeds: Feeds) -> Feeds:
    """Two persons of a de-identified ICU."""
    icd = {"icd_code": "E119", "icd_version": "10"}
    born = {"anchor_age": "60", "anchor_year": "2150"}
    return (
        feeds.mimic(
            "hosp/patients", {"subject_id": "10", "gender": "F", **born}, {"subject_id": "11", "gender": "M", **born}
        )
        .mimic("hosp/admissions", admission("10", "20"), admission("11", "21"))
        .mimic("hosp/labevents", glucose("1", "10", "20", "120"), glucose("2", "11", "21", "90"))
        .mimic("hosp/d_labitems", {"itemid": "50931", "label": "Glucose", "fluid": "Blood", "category": "Chemistry"})
        .mimic("hosp/diagnoses_icd", {"subject_id": "10", "hadm_id": "20", "seq_num": "1", **icd})
        .mimic("hosp/d_icd_diagnoses", {**icd, "long_title": "Type 2 diabetes"})
    )


def tiny_feeds() -> Feeds:
    """The first delivery of all three."""
    return harbor(northgate(lakeside(Feeds())))
