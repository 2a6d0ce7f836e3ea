"""A record of a C-CDA document as JSON: codes, values, units and times by name, null where a nullFlavor stands."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from twinlake.engine.wire._ccda_times import authored, is_over, span, start_of
from twinlake.engine.wire._ccda_values import (
    Words,
    concept_of,
    dose_of,
    name_of_code,
    range_of,
    subject_of,
    substance_of,
    told,
    value_of,
)
from twinlake.engine.wire._cda import (
    STATEMENTS,
    TRUE,
    Element,
    attribute,
    find,
    find_all,
    first_id,
    is_null,
    name_of,
    parsed,
    plain,
    time_of,
)

ACT_CODE = "2.16.840.1.113883.5.4"
# HL7 v3 RoleCode.
PATIENT_THEMSELVES = ("ONESELF", "SELF")
_SDTC = "{urn:hl7-org:sdtc}"


def as_json(raw: str) -> str:
    """The record that `ccda.read` made, as JSON."""
    envelope = parsed(raw)
    words = {e.get("of", ""): e.text for e in envelope if e.tag.endswith("}words")}
    holder = next(e for e in envelope if e.tag.endswith("}statement"))
    about: dict[str, Any] = dict(envelope.attrib)
    shells = [e for e in envelope if e.tag.endswith("}within")]
    made = _MAKERS.get(about["kind"], _statement)(holder[0], [s[0] for s in shells], about, words)
    return json.dumps(told(made), ensure_ascii=False)


def _rest(element: Element, within: list[Element], about: dict[str, Any], words: Words) -> dict[str, Any]:
    return {"what": about.get("what"), "section": about.get("section")}


def _person(target: Element, within: list[Element], about: dict[str, Any], words: Words) -> dict[str, Any]:
    role = find(target, "patientRole")
    patient = find(role, "patient")
    return {
        "ids": [{"root": ii.get("root"), "extension": ii.get("extension")} for ii in find_all(role, "id")
                if not is_null(ii)],
        "names": [_name(name) for name in find_all(patient, "name") if not is_null(name)],
        "addresses": [_address(addr) for addr in find_all(role, "addr") if not is_null(addr)],
        "telecoms": [{"use": t.get("use"), "value": attribute(t, "value")} for t in find_all(role, "telecom")],
        "gender": attribute(find(patient, "administrativeGenderCode"), "code"),
        "birth": time_of(find(patient, "birthTime")),
        "death": None if patient is None else time_of(patient.find(f"{_SDTC}deceasedTime")),
        "race": name_of_code(find(patient, "raceCode")),
        "ethnicity": name_of_code(find(patient, "ethnicGroupCode")),
        "marital_status": attribute(find(patient, "maritalStatusCode"), "code"),
    }  # fmt: skip


def _name(name: Element) -> dict[str, Any]:
    """A name whose parts say by a qualifier what they are: BR of birth, CL a call name."""

    def parts(kind: str) -> list[dict[str, Any]]:
        found = [(part.get("qualifier"), plain(part)) for part in find_all(name, kind) if not is_null(part)]
        return [{"qualifier": qualifier, "text": text} for qualifier, text in found if text]

    return {"use": name.get("use"), "given": parts("given"), "family": parts("family")}


def _address(addr: Element) -> dict[str, Any]:
    def part(name: str) -> str | None:
        return next(filter(None, (plain(e) for e in find_all(addr, name) if not is_null(e))), None)

    lines = [plain(e) for e in find_all(addr, "streetAddressLine") if not is_null(e)]
    return {"use": addr.get("use"), "line": " ".join(filter(None, lines)) or None, "city": part("city"),
            "state": part("state"), "postal_code": part("postalCode")}  # fmt: skip


def _place(facility: Element, within: list[Element], about: dict[str, Any], words: Words) -> dict[str, Any]:
    """A healthCareFacility of the header, or a participantRole that is a place of service."""
    named = ("location/name", "playingEntity/name", "serviceProviderOrganization/name")
    address = next(
        (_address(a) for path in ("location/addr", "addr") for a in find_all(facility, path) if not is_null(a)), None
    )
    name = next(filter(None, (plain(find(facility, path)) for path in named)), None)
    return {"id": first_id(facility), "name": name, "address": address}


def _visit(encounter: Element, within: list[Element], about: dict[str, Any], words: Words) -> dict[str, Any]:
    places = [*find_all(encounter, "location/healthCareFacility"),
              *find_all(encounter, "participant[@typeCode='LOC']/participantRole")]  # fmt: skip
    code = concept_of(find(encounter, "code"), words)
    start, end = span(encounter)
    kinds = [coding["code"] for coding in code["coding"] if coding["system"] == ACT_CODE]
    reasons = find_all(encounter, "entryRelationship[@typeCode='RSON']/observation/value")
    return {
        **_common(encounter, within, about),
        # An encounter that a document is about took place; the header's has no moodCode.
        "mood": encounter.get("moodCode") or ("EVN" if about.get("header") else None),
        "visit": about.get("visit"),
        "class": next(iter(kinds), None),
        "code": code,
        "reason": concept_of(reasons[0], words) if reasons else None,
        "site": next(filter(None, map(first_id, places)), None),
        "start": start,
        "end": end,
    }


def _statement(element: Element, within: list[Element], about: dict[str, Any], words: Words) -> dict[str, Any]:
    start, end = start_of(element, within), span(element)[1]
    recorded = next(filter(None, (authored(e) for e in (element, *reversed(within)))), None)
    since = start or (None if end else recorded or about.get("written"))
    kind = about["kind"]
    return {
        **_common(element, within, about),
        "templates": [t.get("root") for t in find_all(element, "templateId")],
        "start": start,
        "end": end,
        "is_over": is_over(element),
        "since": since,
        "visit": _visit_of(about, start),
        "code": subject_of(kind, element, words),
        "value": None if kind == "problem" else value_of(element, words),
        "substance": substance_of(element, words),
        **range_of(element),
        **dose_of(element),
    }


_MAKERS: Mapping[str, Callable[..., dict[str, Any]]] = {
    "rest": _rest, "person": _person, "care_site": _place, "visit": _visit,
}  # fmt: skip


def _common(element: Element, within: list[Element], about: dict[str, Any]) -> dict[str, Any]:
    """Whether it is so: mood, negation and status, which those around it share.

    An act that was nullified or cancelled takes all it holds with it; one that was completed or aborted does not.
    """
    around = [e for e in within if name_of(e) in STATEMENTS]
    statuses = [attribute(find(e, "statusCode"), "code") for e in (element, *reversed(around))]
    undone = [status for status in ("nullified", "cancelled") if status in statuses]
    return {
        "section": about.get("section"),
        "element": name_of(element),
        "mood": element.get("moodCode"),
        "negated": any(e.get("negationInd") in TRUE for e in (element, *within)),
        "status": next(iter([*undone, *filter(None, statuses)]), None),
        "is_of_another": _is_of_another(element, within),
    }


def _is_of_another(element: Element, within: list[Element]) -> bool:
    """Whether the nearest subject is not the patient: it takes the recordTarget's place for all that is within it."""
    subjects = (s for e in (element, *reversed(within)) for s in find_all(e, "subject") if not is_null(s))
    subject = next(subjects, None)
    return subject is not None and attribute(find(subject, "relatedSubject/code"), "code") not in PATIENT_THEMSELVES


def _visit_of(about: Mapping[str, str], start: str | None) -> str | None:
    """The visit of the document, if the day of the fact is one of its days; the encounter of a diagnosis is its own."""
    low, high = about.get("visit_low"), about.get("visit_high")
    if about.get("is_diagnosis"):
        return about.get("visit")
    days = [day[:10] for day in (low, start, high) if day]
    return about.get("visit") if len(days) == 3 and days == sorted(days) and {*map(len, days)} == {10} else None
