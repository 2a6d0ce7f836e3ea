"""FHIR R4 bulk files as one hospital exports them: its share of the resources, its ids, its units, its patients."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

import orjson

from twinlake.synthetic.deal import Deal
from twinlake.synthetic.molar import mmol_per_l
from twinlake.synthetic.registration import Registration
from twinlake.synthetic.silo import Habits, Silo
from twinlake.synthetic.synthea import Population

DELIVERY = "2026-11-01"
UUID = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
ENCOUNTER = re.compile(rb'"Encounter/([0-9a-f-]{36})"')
PATIENT = re.compile(rb'"Patient/([0-9a-f-]{36})"')
POINTED_AT = re.compile(rb'(?:"Medication/|"(?:Organization|Location)\?identifier=[^|"]*\|)([0-9a-f-]{36})"')
REASONS = re.compile(rb'"Condition/([0-9a-f-]{36})"')
OWN_ID = re.compile(rb'"id":"([0-9a-f-]{36})"')
# Conditions go first, so that reasons can be checked; what others only point at goes last.
FACTS = (
    *("Encounter", "Condition", "Observation", "MedicationRequest", "MedicationAdministration"),
    *("Procedure", "Immunization"),
)
POINTED = ("Medication", "Location", "Organization")
UCUM = "http://unitsofmeasure.org"
IDENTIFIER_KINDS = {"SS": "ssn", "DL": "licence", "PPN": "passport"}
DROPPED_EXTENSIONS = ("disability-adjusted-life-years", "quality-adjusted-life-years")


def write_fhir(
    people: Population, dealt: Deal, silos: Iterable[Silo], registered: Iterable[Registration], feeds: Path
) -> None:
    """Every FHIR hospital's files, plain and in the generator's order, in one pass over each of its files."""
    exports = {silo.folder: Export(silo, feeds) for silo in silos if silo.system == "fhir_r4_bulk"}
    if not exports:
        return
    write_patients(people, exports, registered)
    for name in FACTS:
        write_facts(people.resource(name), name, dealt, exports)
    for name in POINTED:
        for export in exports.values():
            write_pointed(people.resource(name), name, export)


def lines(path: Path) -> Iterator[bytes]:
    """The lines of one of the generator's files."""
    with path.open("rb") as file:
        yield from file


class Export:
    """One hospital's export while it is written: which conditions it holds and what its facts point at."""

    def __init__(self, silo: Silo, feeds: Path) -> None:
        self.silo = silo
        self.folder = feeds / silo.folder / silo.system / DELIVERY
        self.folder.mkdir(parents=True, exist_ok=True)
        self.conditions: set[bytes] = set()
        self.pointed: set[bytes] = set()
        self._own: dict[bytes, bytes] = {}

    def own_ids(self, line: bytes) -> bytes:
        return UUID.sub(lambda found: self._own_id(found[0]), line)

    def _own_id(self, old: bytes) -> bytes:
        if old not in self._own:
            self._own[old] = self.silo.own_id(old.decode()).encode()
        return self._own[old]

    def open(self, name: str) -> IO[bytes]:
        return (self.folder / f"{name}.ndjson").open("wb")


def write_patients(people: Population, exports: Mapping[str, Export], registered: Iterable[Registration]) -> None:
    """A Patient for every registration at a FHIR hospital."""
    at: dict[str, list[Registration]] = defaultdict(list)
    for registration in registered:
        at[registration.person].append(registration)
    with ExitStack() as stack:
        files = {hospital: stack.enter_context(export.open("Patient")) for hospital, export in exports.items()}
        for line in lines(people.resource("Patient")):
            for registration in at[orjson.loads(line)["id"]]:
                if registration.hospital in exports:
                    export = exports[registration.hospital]
                    patient = patient_as_registered(orjson.loads(line), registration, export.silo)
                    files[registration.hospital].write(export.own_ids(orjson.dumps(patient)) + b"\n")


def patient_as_registered(patient: dict[str, Any], who: Registration, silo: Silo) -> dict[str, Any]:
    """The Patient resource with this hospital's identifiers and spelling, without traces of the generator."""
    patient.pop("text", None)  # it holds the generator's seed of the person, the same in every hospital
    kept = (e for e in patient.get("extension", []) if not e["url"].endswith(DROPPED_EXTENSIONS))
    patient["extension"] = [_extension(extension) for extension in kept]
    own = (_identifier(identifier, who, silo) for identifier in patient["identifier"])
    patient["identifier"] = [identifier for identifier in own if identifier]
    patient["name"] = _names(patient["name"], who)
    if "moved" in who.changes:
        patient["address"] = [_new_address(who)]
    return patient


def _extension(extension: dict[str, Any]) -> dict[str, Any]:
    if extension["url"].endswith("mothersMaidenName"):
        extension["valueString"] = re.sub(r"\d+", "", extension["valueString"])
    return extension


def _identifier(identifier: dict[str, Any], who: Registration, silo: Silo) -> dict[str, Any] | None:
    """The hospital's own number for MR; the generator's own id (no type) is dropped, like what is withheld."""
    kind = identifier["type"]["coding"][0]["code"] if "type" in identifier else None
    if kind == "MR":
        return {**identifier, "system": silo.identifier_namespace, "value": who.mrn}
    return identifier if kind and IDENTIFIER_KINDS.get(kind) not in silo.habits.withheld else None


def _names(names: list[dict[str, Any]], who: Registration) -> list[dict[str, Any]]:
    given = [name for name in (who.given_name, who.middle_name) if name]
    official = {**names[0], "family": who.family_name, "given": given}
    maiden = {**names[0], "use": "maiden", "family": who.maiden_name, "given": given}
    return [official, maiden] if who.maiden_name else [official]


def _new_address(who: Registration) -> dict[str, Any]:
    return {
        "line": [who.address_line],
        "city": who.city,
        "state": "MA",
        "postalCode": who.postal_code,
        "country": "US",
    }


def write_facts(path: Path, name: str, dealt: Deal, exports: Mapping[str, Export]) -> None:
    """Every fact to the one hospital where it happened."""
    with ExitStack() as stack:
        files = {hospital: stack.enter_context(export.open(name)) for hospital, export in exports.items()}
        for line in lines(path):
            hospital = dealt.place(*_belongs_to(line, name))
            if hospital in exports:
                files[hospital].write(fact(line, name, exports[hospital]))


def _belongs_to(line: bytes, name: str) -> tuple[str, str]:
    """The encounter and the person of a fact, by the generator's ids; empty where it has none."""
    encounter = OWN_ID.search(line) if name == "Encounter" else ENCOUNTER.search(line)
    person = PATIENT.search(line)
    return encounter[1].decode() if encounter else "", person[1].decode() if person else ""


def fact(line: bytes, name: str, export: Export) -> bytes:
    """One fact as the hospital sends it; notes what it points at."""
    if name == "Condition":
        export.conditions.update(OWN_ID.findall(line)[:1])
    elif name == "Encounter":
        line = _nameless(line)
    elif name == "Observation":
        line = _in_own_units(line, export.silo.habits)
    elif any(found not in export.conditions for found in REASONS.findall(line)):
        line = _without_foreign_reasons(line, export.conditions)
    export.pointed.update(POINTED_AT.findall(line))
    return export.own_ids(line)


def _nameless(line: bytes) -> bytes:
    """An Encounter without the display name of its subject, which would give away the spelling at home."""
    encounter = orjson.loads(line)
    encounter["subject"].pop("display", None)
    return orjson.dumps(encounter) + b"\n"


def _without_foreign_reasons(line: bytes, known: set[bytes]) -> bytes:
    """A hospital cannot point at a diagnosis that only another one made."""
    resource = orjson.loads(line)
    reasons = [r for r in resource["reasonReference"] if r["reference"].split("/")[-1].encode() in known]
    resource["reasonReference"] = reasons
    return orjson.dumps(resource if reasons else {k: v for k, v in resource.items() if k != "reasonReference"}) + b"\n"


def _in_own_units(line: bytes, habits: Habits) -> bytes:
    if not habits.molar and not habits.units:
        return line
    observation = orjson.loads(line)
    for part in (observation, *observation.get("component", [])):
        if "valueQuantity" in part:
            part["valueQuantity"] = quantity(part["valueQuantity"], part["code"]["coding"][0]["code"], habits)
    return orjson.dumps(observation) + b"\n"


def quantity(given: dict[str, Any], loinc: str, habits: Habits) -> dict[str, Any]:
    """A quantity in the hospital's unit and spelling; a unit it has no habit for stays as it is."""
    molar = mmol_per_l(loinc, given["value"]) if habits.molar and given.get("code") == "mg/dL" else None
    if molar is not None:
        return {"value": molar, "unit": "mmol/L", "system": UCUM, "code": "mmol/L"}
    spelling = habits.units.get(given.get("code", ""))
    if spelling is None:
        return given
    coded = {"system": UCUM, "code": spelling.code} if spelling.code else {}
    return {"value": given["value"], "unit": spelling.text, **coded}


def write_pointed(path: Path, name: str, export: Export) -> None:
    """Medications, locations and their organizations that the hospital's facts point at."""
    with export.open(name) as file:
        for line in lines(path):
            if export.pointed.intersection(OWN_ID.findall(line)[:1]):
                export.pointed.update(UUID.findall(line))
                file.write(export.own_ids(line))
