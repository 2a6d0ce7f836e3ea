"""What a FHIR R4 Observation says, and of whom, in SQL (hl7.org/fhir/R4/observation.html)."""

from __future__ import annotations

from twinlake.catalog.sources._fhir import VALUE, target

# A value that silver.measurement holds, and one that silver.observation holds; both may stand in one panel.
_SCALARS = [f"{{0}}{name}" for name, kind in VALUE.items() if kind == "string"]
_SIDES = (
    "{0}valueRange.low.value", "{0}valueRange.high.value", "{0}valueRatio.numerator.value", "{0}valuePeriod.start",
    "{0}valuePeriod.end",
)  # fmt: skip
_OTHER = (
    "coalesce({0}valueCodeableConcept.text, get({0}valueCodeableConcept.coding, 0).code, "
    + ", ".join((*_SCALARS, *_SIDES))
    + ")"
)
HAS_QUANTITY = "valueQuantity.value is not null"
HAS_OTHER = f"(valueQuantity.value is null and {_OTHER.format('')} is not null)"
SOME_QUANTITY = f"({HAS_QUANTITY} or ifnull(exists(component, c -> c.valueQuantity.value is not null), false))"
SOME_OTHER = (
    f"({HAS_OTHER} or ifnull(exists(component, "
    f"c -> c.valueQuantity.value is null and {_OTHER.format('c.')} is not null), false))"
)
HAPPENED = "ifnull(status, '') <> 'cancelled'"
# hl7.org/fhir/R4/extension-observation-focuscode.html: the focus is the fetus, the donor, the spouse …
FOCUS_CODE = "http://hl7.org/fhir/StructureDefinition/observation-focusCode"
# A condition, a procedure, a specimen is the patient's own; what names no type may be anybody.
_SOMEBODY = ("", "Patient", "RelatedPerson", "Person", "Group", "Device", "Location", "Practitioner")
_FOCUS_KIND = "ifnull(regexp_extract(f.reference, '(?:^|/)([A-Z][A-Za-z]*)/[^/]+(?:/_history/[^/]+)?$', 1), '')"
_IS_SUBJECT = f"ifnull({target('f.reference', 'Patient')} = {target('subject.reference', 'Patient')}, false)"
OF_ANOTHER = (
    f"(ifnull(exists(focus, f -> {_FOCUS_KIND} in {_SOMEBODY} and not {_IS_SUBJECT}), false) "
    f"or ifnull(exists(extension, x -> x.url = '{FOCUS_CODE}'), false))"
)
OBSERVED = f"{HAPPENED} and not {OF_ANOTHER}"


def _unit_words(quantity: str) -> str:
    return f"array_compact(array(lower({quantity}.code), lower({quantity}.unit)))"


def _is_in_unit(quantity: str) -> str:
    """SQL: whether it tells no other unit than that of the value, by code or in words."""
    own, told = _unit_words("valueQuantity"), _unit_words(quantity)
    return f"(size({told}) = 0 or size({own}) = 0 or arrays_overlap({told}, {own}))"


# Of all persons' normal values (hl7.org/fhir/R4/valueset-referencerange-meaning.html): no range of therapy, no critical
# limit, none for a sex, a race or an age that the person may not be of.
IS_NORMAL_RANGE = (
    "coalesce(x.low.value, x.high.value) is not null and ifnull(size(x.appliesTo), 0) <= 0 and x.age is null "
    "and (ifnull(exists(x.type.coding, c -> c.code = 'normal'), false) "
    "or get(x.type.coding, 0).code is null and ifnull(lower(x.type.text), 'normal') like 'normal%') "
    f"and {_is_in_unit('x.low')} and {_is_in_unit('x.high')}"
)
