"""FHIR R4 as one hospital tells it: its share of the resources, its ids, its units, its patients."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import orjson

from twinlake.synthetic.base import FACTS, OWN_ID, SHARED_RESOURCES, UUID, lines_of
from twinlake.synthetic.chart import Chart
from twinlake.synthetic.registration import Registration
from twinlake.synthetic.shapes import Export
from twinlake.synthetic.silo import Silo
from twinlake.synthetic.spoken import Result, Said

DELIVERY = "2026-11-01"
POINTED_AT = re.compile(rb'(?:"Medication/|"(?:Organization|Location)\?identifier=[^|"]*\|)([0-9a-f-]{36})"')
REASONS = re.compile(rb'"Condition/([0-9a-f-]{36})"')
# A location points at its organization, so organizations go last.
POINTED = SHARED_RESOURCES
UCUM = "http://unitsofmeasure.org"
IDENTIFIER_KINDS = {"SS": "ssn", "DL": "licence", "PPN": "passport"}
DROPPED_EXTENSIONS = ("disability-adjusted-life-years", "quality-adjusted-life-years")


class FhirExport(Export):
    """What FHIR exports have in common: the hospital's own resources, and what these point at."""

    later = "news"
    kinds: tuple[str, ...] = tuple(name for name in FACTS if name != "DocumentReference")

    def begin(self) -> None:
        self.pointed: set[bytes] = set()

    def told(self, chart: Chart, name: str) -> list[bytes]:
        """What the system holds of a resource, before it is put in the hospital's words."""
        return chart.lines(name)

    def resources(self, chart: Chart) -> Iterator[tuple[str, bytes]]:
        """Type and line of the patient and all their facts."""
        own: dict[bytes, bytes] = {}
        for line in chart.lines("Patient"):
            patient = patient_as_registered(orjson.loads(line), chart.who, self.silo)
            yield "Patient", self._own_ids(orjson.dumps(patient) + b"\n", chart.id_of, own)
        conditions = {found for line in chart.lines("Condition") for found in OWN_ID.findall(line)[:1]}
        for name in self.kinds:
            for line in self.told(chart, name):
                told = self._observed(line, chart) if name == "Observation" else _fact(line, name, conditions)
                self.pointed.update(POINTED_AT.findall(told))
                yield name, self._own_ids(told, chart.id_of, own)

    def _observed(self, line: bytes, chart: Chart) -> bytes:
        """An observation whose quantities are told as the hospital tells them."""
        if b'"valueQuantity"' not in line:
            return line
        observation = orjson.loads(line)
        is_laboratory = b'"code":"laboratory"' in line
        for part in (observation, *observation.get("component", [])):
            if quantity := part.get("valueQuantity"):
                coding = part["code"]["coding"][0]
                key = f"{chart.id_of(observation['id'])}|{coding['code']}"
                value = orjson.dumps(quantity["value"]).decode()
                unit = quantity.get("code", "")
                result = Result(key, coding["code"], coding["display"], value, unit, is_laboratory)
                retold(part, self.said(result, observation["effectiveDateTime"]))
        return orjson.dumps(observation) + b"\n"

    def pointed_at(self) -> Iterator[tuple[str, bytes]]:
        """Medications, locations and their organizations that the hospital's facts point at."""
        for name in POINTED:
            for line in lines_of(self.people, name):
                if self.pointed.intersection(OWN_ID.findall(line)[:1]):
                    self.pointed.update(UUID.findall(line))
                    yield name, self._own_ids(line, str, {})

    def _own_ids(self, line: bytes, id_of: Callable[[str], str], known: dict[bytes, bytes]) -> bytes:
        def own(found: re.Match[bytes]) -> bytes:
            if found[0] not in known:
                known[found[0]] = self.silo.own_id(id_of(found[0].decode())).encode()
            return known[found[0]]

        return UUID.sub(own, line)


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
    if not kind or IDENTIFIER_KINDS.get(kind) in silo.profile.withheld:
        return None
    return {**identifier, "value": who.ssn} if kind == "SS" else identifier


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


def _fact(line: bytes, name: str, conditions: set[bytes]) -> bytes:
    """One fact as the hospital sends it."""
    if name == "Encounter":
        return _nameless(line)
    if any(found not in conditions for found in REASONS.findall(line)):
        return _without_foreign_reasons(line, conditions)
    return line


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


def retold(part: dict[str, Any], said: Said) -> None:
    """An observation or component with its code and quantity as the hospital says them."""
    coding = part["code"]["coding"][0]
    local = {"system": "urn:local:tests"} if said.is_local else {}
    named = {**coding, **local, "code": said.code, "display": said.name}
    part["code"] = {**part["code"], "coding": [named], "text": said.name}
    if not said.name:
        del named["display"], part["code"]["text"]
    coded = {"system": UCUM, "code": said.unit_code} if said.unit_code else {}
    unit = {"unit": said.unit} if said.unit else {}
    part["valueQuantity"] = {"value": number(said.value), **unit, **coded}


def number(digits: str) -> int | float:
    """The number, whole where it is written so."""
    return int(digits) if digits.lstrip("-").isdecimal() else float(digits)
