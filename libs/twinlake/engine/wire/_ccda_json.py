"""A record of a C-CDA document as JSON: codes, values, units and times by name, null where a nullFlavor stands."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from twinlake.engine.wire._cda import (
    STATEMENTS,
    TRUE,
    Element,
    attribute,
    find,
    find_all,
    first_id,
    instance_id,
    is_null,
    name_of,
    parsed,
    plain,
    time_of,
    type_of,
)

ACT_CODE = "2.16.840.1.113883.5.4"
# HL7 v3 RoleCode.
PATIENT_THEMSELVES = ("ONESELF", "SELF")
# HL7 v3 ObservationInterpretation.
NORMAL = "N"
NUMBERS = ("PQ", "REAL", "INT", "MO")
SPANS = ("IVL_PQ", "IVL_REAL", "IVL_INT")
CODES = ("CD", "CE", "CV", "CO", "CS")
_SDTC = "{urn:hl7-org:sdtc}"
Words = Mapping[str, str | None]


def as_json(raw: str) -> str:
    """The record that `ccda.read` made, as JSON."""
    envelope = parsed(raw)
    words = {e.get("of", ""): e.text for e in envelope if e.tag.endswith("}words")}
    holder = next(e for e in envelope if e.tag.endswith("}statement"))
    about: dict[str, Any] = dict(envelope.attrib)
    shells = [e for e in envelope if e.tag.endswith("}within")]
    made = _MAKERS.get(about["kind"], _statement)(holder[0], [s[0] for s in shells], about, words)
    return json.dumps(_told(made), ensure_ascii=False)


def _told(found: Any) -> Any:
    """Without what is null or empty."""
    if isinstance(found, dict):
        return {name: _told(said) for name, said in found.items() if said not in (None, [], {})}
    return [_told(said) for said in found] if isinstance(found, list) else found


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
        "race": _name_of_code(find(patient, "raceCode")),
        "ethnicity": _name_of_code(find(patient, "ethnicGroupCode")),
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


def _name_of_code(code: Element | None) -> str | None:
    return attribute(code, "displayName") or attribute(code, "code")


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
    code = _concept(find(encounter, "code"), words)
    kinds = [coding["code"] for coding in code["coding"] if coding["system"] == ACT_CODE]
    reasons = find_all(encounter, "entryRelationship[@typeCode='RSON']/observation/value")
    return {
        **_common(encounter, within, about),
        # An encounter that a document is about took place; the header's has no moodCode.
        "mood": encounter.get("moodCode") or ("EVN" if about.get("header") else None),
        "visit": about.get("visit"),
        "class": next(iter(kinds), None),
        "code": code,
        "reason": _concept(reasons[0], words) if reasons else None,
        "site": next(filter(None, map(first_id, places)), None),
        **span(encounter),
    }


def _statement(element: Element, within: list[Element], about: dict[str, Any], words: Words) -> dict[str, Any]:
    said = span(element)
    groups = [span(group) for group in within if name_of(group) == "organizer"]
    start = said["start"] or next((g["start"] for g in reversed(groups) if g["start"]), None)
    recorded = next(filter(None, (_authored(e) for e in (element, *reversed(within)))), None)
    since = start or (None if said["end"] else recorded or about.get("written"))
    kind = about["kind"]
    return {
        **_common(element, within, about),
        "templates": [t.get("root") for t in find_all(element, "templateId")],
        "start": start,
        "end": said["end"],
        "is_over": _is_over(element),
        "since": since,
        "visit": _visit_of(about, start),
        "code": _subject(kind, element, words),
        "value": None if kind == "problem" else _value(element, words),
        "substance": _named(find(element, "participant[@typeCode='CSM']/participantRole/playingEntity"), words),
        **_range(element),
        **_dose(element),
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


def _when(element: Element) -> Element | None:
    """The first effectiveTime that is no frequency (PIVL, EIVL)."""
    whens = [e for e in find_all(element, "effectiveTime") if type_of(e) not in ("PIVL_TS", "EIVL_TS")]
    return next((e for e in whens if e.get("operator") != "A"), None)


def _is_over(element: Element) -> bool:
    """Whether a problem or an allergy is resolved: it has an end, be it an unknown one (C-CDA, Problem Observation)."""
    high = find(_when(element), "high")
    return high is not None and (time_of(high) is not None or high.get("nullFlavor") == "UNK")


def span(element: Element) -> dict[str, Any]:
    when = _when(element)
    low, high = time_of(find(when, "low")), time_of(find(when, "high"))
    return {"start": low or time_of(when) or time_of(find(when, "center")), "end": high}


def _authored(element: Element) -> str | None:
    return time_of(find(element, "author/time"))


def _visit_of(about: Mapping[str, str], start: str | None) -> str | None:
    """The visit of the document, if the day of the fact is one of its days; the encounter of a diagnosis is its own."""
    low, high = about.get("visit_low"), about.get("visit_high")
    if about.get("is_diagnosis"):
        return about.get("visit")
    days = [day[:10] for day in (low, start, high) if day]
    return about.get("visit") if len(days) == 3 and days == sorted(days) and {*map(len, days)} == {10} else None


def _subject(kind: str, element: Element, words: Words) -> dict[str, Any] | None:
    """What the statement is about: a problem and an allergy by their value, a drug by its material, else the code."""
    if kind in ("medication", "immunization"):
        product = find(element, "consumable/manufacturedProduct")
        material = find(product, "manufacturedMaterial")
        return _named(material if material is not None else find(product, "manufacturedLabeledDrug"), words)
    coded = find(element, "value" if kind in ("problem", "allergy") else "code")
    concept = _concept(coded, words)
    if not concept["coding"] and not concept["text"] and _has_no_code_for_it(coded):
        concept["text"] = _said(find(element, "text"), words)
    return concept


def _has_no_code_for_it(coded: Element | None) -> bool:
    """Whether there is something, which only words tell."""
    return coded is not None and coded.get("nullFlavor") in (None, "OTH")


def _named(entity: Element | None, words: Words) -> dict[str, Any] | None:
    """A material by its code, in the words of its name where the code has none."""
    if entity is None:
        return None
    concept = _concept(find(entity, "code"), words)
    name = find(entity, "name")
    concept["text"] = concept["text"] or (None if is_null(name) else plain(name))
    return concept


def _concept(coded: Element | None, words: Words) -> dict[str, Any]:
    """The code, then its translations; the text is the author's own (originalText). A null code may have both."""
    if coded is None:
        return {"coding": [], "text": None}
    codings = [_coding(e) for e in (coded, *find_all(coded, "translation"))]
    text = _said(find(coded, "originalText"), words)
    return {"coding": [c for c in codings if c["code"]], "text": text}


def _coding(coded: Element) -> dict[str, Any]:
    return {name: attribute(coded, of) for name, of in
            (("system", "codeSystem"), ("code", "code"), ("display", "displayName"))}  # fmt: skip


def _said(text: Element | None, words: Words) -> str | None:
    """The words in the element, or those in the narrative that it refers to."""
    if text is None or is_null(text):
        return None
    return plain(text) or words.get(attribute(find(text, "reference"), "value") or "")


def _value(element: Element, words: Words) -> dict[str, Any]:
    """The first value that is one: a number with its unit, a concept, or words."""
    for value in find_all(element, "value"):
        said = _told(dict(_parts_of(value, words)))
        if said:
            return said  # type: ignore[no-any-return]
    return {}


def _parts_of(value: Element, words: Words) -> Iterator[tuple[str, Any]]:
    kind = type_of(value)
    if kind in CODES:
        concept = _concept(value, words)
        yield "concept", concept if concept["coding"] or concept["text"] else None
    elif is_null(value):
        return
    elif kind in NUMBERS:
        yield "number", attribute(value, "value")
        yield "unit", attribute(value, "unit") or attribute(value, "currency")
    elif kind in SPANS:
        yield from _bounds(value)
    elif kind is not None:
        yield "words", _words(kind, value, words)


def _bounds(value: Element) -> Iterator[tuple[str, Any]]:
    """One bound is a number with its comparator (`<5`); two are a range, which is no number, in words."""
    low, high = find(value, "low"), find(value, "high")
    least, most = attribute(low, "value"), attribute(high, "value")
    if least and most:
        yield "words", f"{_with_unit(low)} - {_with_unit(high)}"
        return
    bound, sign = (low, ">") if least else (high, "<") if most else (find(value, "center"), "")
    number = attribute(bound, "value") or attribute(value, "value")
    is_open = bound is not None and bound.get("inclusive") == "false"
    if number:
        yield "number", f"{sign}{'=' if sign and not is_open else ''}{number}"
        yield "unit", attribute(bound, "unit") or attribute(value, "unit")


def _with_unit(quantity: Element | None) -> str:
    return " ".join(filter(None, (attribute(quantity, "value"), attribute(quantity, "unit"))))


def _words(kind: str, value: Element, words: Words) -> str | None:
    """A text, a truth, a time, a ratio; what is encoded in Base64 is no text."""
    if value.get("representation") == "B64":
        return None
    if kind in ("TS", "IVL_TS"):
        return time_of(value) or time_of(find(value, "low")) or time_of(find(value, "high"))
    if kind.startswith("RTO"):
        sides = [_with_unit(find(value, side)) for side in ("numerator", "denominator")]
        return ":".join(sides) if all(sides) else None
    if kind == "II":
        return instance_id(value)
    return attribute(value, "value") or _said(value, words)


def _range(element: Element) -> dict[str, Any]:
    """The first range of what is normal, else of what nobody interprets, that has a bound and the value's own unit."""
    found = [(attribute(find(r, "interpretationCode"), "code"), find(r, "value"))
             for r in find_all(element, "referenceRange/observationRange")]  # fmt: skip
    unit = _value(element, {}).get("unit")
    for value in [value for wanted in (NORMAL, None) for said, value in found if said == wanted]:
        low, high = (attribute(find(value, side), "value") for side in ("low", "high"))
        if (low or high) and _is_in(value, unit):
            return {"range_low": low, "range_high": high}
    return {}


def _is_in(value: Element | None, unit: str | None) -> bool:
    """Whether a range tells no other unit than that of the value."""
    units = (attribute(e, "unit") for e in (value, find(value, "low"), find(value, "high")))
    return not unit or all(said.casefold() == unit.casefold() for said in units if said)


def _dose(element: Element) -> dict[str, Any]:
    """A dose from one amount to another is in words, as a value is; one from an amount on is that amount."""
    dose, route = find(element, "doseQuantity"), find(element, "routeCode")
    low, high = (attribute(find(dose, side), "value") for side in ("low", "high"))
    is_span = high not in (None, low) and not attribute(dose, "value")
    said = dict(_bounds(dose)) if dose is not None and is_span else {}
    amount = dose if attribute(dose, "value") or not low else find(dose, "low")
    return {
        "dose": said.get("words") or said.get("number") or attribute(amount, "value"),
        "dose_unit": said.get("unit") if said else attribute(amount, "unit"),
        "route": _name_of_code(route),
    }
