"""What a C-CDA statement is about, and what it says of it: concepts, values, ranges, doses; null for a nullFlavor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from twinlake.engine.wire._cda import (
    Element,
    attribute,
    find,
    find_all,
    instance_id,
    is_null,
    plain,
    time_of,
    type_of,
)

# HL7 v3 ObservationInterpretation.
NORMAL = "N"
NUMBERS = ("PQ", "REAL", "INT", "MO")
SPANS = ("IVL_PQ", "IVL_REAL", "IVL_INT")
CODES = ("CD", "CE", "CV", "CO", "CS")
Words = Mapping[str, str | None]


def subject_of(kind: str, element: Element, words: Words) -> dict[str, Any] | None:
    """What the statement is about: a problem and an allergy by their value, a drug by its material, else the code."""
    if kind in ("medication", "immunization"):
        product = find(element, "consumable/manufacturedProduct")
        material = find(product, "manufacturedMaterial")
        return _named(material if material is not None else find(product, "manufacturedLabeledDrug"), words)
    coded = find(element, "value" if kind in ("problem", "allergy") else "code")
    concept = concept_of(coded, words)
    if not concept["coding"] and not concept["text"] and _has_no_code_for_it(coded):
        concept["text"] = _said(find(element, "text"), words)
    return concept


def substance_of(element: Element, words: Words) -> dict[str, Any] | None:
    """What an allergy is against."""
    return _named(find(element, "participant[@typeCode='CSM']/participantRole/playingEntity"), words)


def _has_no_code_for_it(coded: Element | None) -> bool:
    """Whether there is something, which only words tell."""
    return coded is not None and coded.get("nullFlavor") in (None, "OTH")


def _named(entity: Element | None, words: Words) -> dict[str, Any] | None:
    """A material by its code, in the words of its name where the code has none."""
    if entity is None:
        return None
    concept = concept_of(find(entity, "code"), words)
    name = find(entity, "name")
    concept["text"] = concept["text"] or (None if is_null(name) else plain(name))
    return concept


def concept_of(coded: Element | None, words: Words) -> dict[str, Any]:
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


def value_of(element: Element, words: Words) -> dict[str, Any]:
    """The first value that is one: a number with its unit, a concept, or words."""
    for value in find_all(element, "value"):
        said = told(dict(_parts_of(value, words)))
        if said:
            return said  # type: ignore[no-any-return]
    return {}


def _parts_of(value: Element, words: Words) -> Iterator[tuple[str, Any]]:
    kind = type_of(value)
    if kind in CODES:
        concept = concept_of(value, words)
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


def range_of(element: Element) -> dict[str, Any]:
    """The first range of what is normal, else of what nobody interprets, that has a bound and the value's own unit."""
    found = [(attribute(find(r, "interpretationCode"), "code"), find(r, "value"))
             for r in find_all(element, "referenceRange/observationRange")]  # fmt: skip
    unit = value_of(element, {}).get("unit")
    for value in [value for wanted in (NORMAL, None) for said, value in found if said == wanted]:
        low, high = (attribute(find(value, side), "value") for side in ("low", "high"))
        if (low or high) and _is_in(value, unit):
            return {"range_low": low, "range_high": high}
    return {}


def _is_in(value: Element | None, unit: str | None) -> bool:
    """Whether a range tells no other unit than that of the value."""
    units = (attribute(e, "unit") for e in (value, find(value, "low"), find(value, "high")))
    return not unit or all(said.casefold() == unit.casefold() for said in units if said)


def dose_of(element: Element) -> dict[str, Any]:
    """A dose from one amount to another is in words, as a value is; one from an amount on is that amount."""
    dose, route = find(element, "doseQuantity"), find(element, "routeCode")
    low, high = (attribute(find(dose, side), "value") for side in ("low", "high"))
    is_span = high not in (None, low) and not attribute(dose, "value")
    said = dict(_bounds(dose)) if dose is not None and is_span else {}
    amount = dose if attribute(dose, "value") or not low else find(dose, "low")
    return {
        "dose": said.get("words") or said.get("number") or attribute(amount, "value"),
        "dose_unit": said.get("unit") if said else attribute(amount, "unit"),
        "route": name_of_code(route),
    }


def name_of_code(code: Element | None) -> str | None:
    return attribute(code, "displayName") or attribute(code, "code")


def told(found: Any) -> Any:
    """Without what is null or empty."""
    if isinstance(found, dict):
        return {name: told(said) for name, said in found.items() if said not in (None, [], {})}
    return [told(said) for said in found] if isinstance(found, list) else found
