"""What a C-CDA document holds: which of its parts are read, which are not and why."""

from __future__ import annotations

from typing import Any

from twinlake.catalog.sources._fhir import CONCEPT, struct
from twinlake.declare.source import Feed, part

_PLANS = ("18776-5", "61146-7", "59772-4", "42349-1", "69730-0", "62387-6", "75310-3", "11383-7")
_NOT_READ = {
    "a plan, a goal, a concern or what was done about it: not read until a table takes them": _PLANS,
    "the health of relatives is not read until a table takes it": ("10157-6",),
    "devices are not read until device_exposure is": ("46264-8",),
    "insurance of a document is not read; claims tell of it": ("48768-6",),
    "advance directives are not read until a table takes them": ("42348-3",),
    "assessments of functions, mind and nutrition are not read until a table takes them": (
        "47420-5", "10190-7", "61144-2",
    ),
}  # fmt: skip


def _entry_of(sections: tuple[str, ...]) -> str:
    return f"what = 'entry' and section in ({', '.join(repr(code) for code in sections)})"


DOCUMENT = Feed(
    name="document",
    files=r"(?:[^/]*/)*[^/]+\.(?:xml|ccda|cda)",
    wire="ccda",
    schema="what string, section string",
    delivery="increment",
    unmapped={
        "who wrote, keeps and signed a document is not read until provider is": "what = 'header'",
        "a body without structure (PDF, image, text) is not read": "what = 'body'",
        "the words of a section are not read; its entries are": "what = 'narrative'",
        **{why: _entry_of(sections) for why, sections in _NOT_READ.items()},
        "an entry, or a part of one, that is none of the statements its section is for": "what = 'entry'",
    },
)

_TEXT = ("section", "element", "mood", "status", "visit")
_COMMON = {
    **dict.fromkeys(_TEXT, "string"), "negated": "boolean", "is_of_another": "boolean", "code": CONCEPT,
    "start": "string", "end": "string",
}  # fmt: skip
_VALUE = struct(number="string", unit="string", words="string", concept=CONCEPT)
_STATEMENT = {**_COMMON, "since": "string"}


def _ddl(columns: dict[str, str]) -> str:
    return ", ".join(f"`{name}` {kind}" for name, kind in columns.items())


IS_SO = "negated = false and is_of_another = false"
NEGATED = {
    "negated: it is not so (negationInd)": "negated",
    "it is of somebody else than the patient (subject): a relative, a fetus, a donor": "is_of_another",
}
DID_HAPPEN = "ifnull(mood, '') = 'EVN'"
NOT_YET = {"no event: a plan, an order, a goal, or it does not say (moodCode)": f"not {DID_HAPPEN}"}
FINISHED = "ifnull(status, '') not in ('cancelled', 'aborted', 'held', 'new')"
UNFINISHED = {"not done: cancelled, aborted, held or not begun (statusCode)": f"not {FINISHED}"}
VALID = "ifnull(status, '') not in ('cancelled', 'held', 'new')"
INVALID = {"not done: cancelled, held or not begun (statusCode)": f"not {VALID}"}


def _named(concept: str) -> str:
    return f"coalesce(get({concept}.coding, 0).code, {concept}.text) is not null"


def _part(kind: str, schema: dict[str, str], unmapped: dict[str, str], **rest: Any) -> Feed:
    declared = {"withdrawn": "status = 'nullified'", "unmapped": unmapped, **rest}
    return part(DOCUMENT, name=kind, only=f"record_kind = '{kind}'", schema=_ddl(schema), **declared)


_QUALIFIED = "array<struct<qualifier:string,text:string>>"
ADDRESS = "struct<use:string,line:string,city:string,state:string,postal_code:string>"
PERSON = _part(
    "person",
    {
        "ids": "array<struct<root:string,extension:string>>",
        "names": f"array<struct<use:string,given:{_QUALIFIED},family:{_QUALIFIED}>>",
        "addresses": f"array<{ADDRESS}>",
        "telecoms": "array<struct<use:string,value:string>>",
        **dict.fromkeys(("gender", "birth", "death", "race", "ethnicity", "marital_status"), "string"),
    },
    {},
    withdrawn=None,
)
CARE_SITE = _part("care_site", {"id": "string", "name": "string", "address": ADDRESS}, {}, withdrawn=None)
TOOK_PLACE = f"{IS_SO} and {DID_HAPPEN} and {VALID}"
NO_EVENT = {**NEGATED, **NOT_YET, **INVALID}
VISIT = _part("visit", {**_COMMON, "class": "string", "reason": CONCEPT, "site": "string"}, NO_EVENT)
HAS_NAME = _named("code")
NAMELESS = {"it does not say what: neither a code nor words": f"not {HAS_NAME}"}
_COURSE = {**_STATEMENT, "is_over": "boolean"}
PROBLEM = _part("problem", _COURSE, {**NO_EVENT, **NAMELESS})
OUTGROWN = {"resolved: the person no longer has it (effectiveTime/high, Allergy Status)": "is_over"}
ALLERGY = _part("allergy", {**_COURSE, "substance": CONCEPT}, {**NO_EVENT, **NAMELESS, **OUTGROWN})
WAS_DONE = f"{IS_SO} and {DID_HAPPEN} and {FINISHED}"
NOT_DONE = {**NEGATED, **NOT_YET, **UNFINISHED}
PROCEDURE = _part("procedure", _COMMON, {**NOT_DONE, **NAMELESS})

HAS_NUMBER = "value.number is not null"
HAS_OTHER = f"(value.number is null and (value.words is not null or {_named('value.concept')}))"
NO_VALUE = {"it has no value, or a nullFlavor says why there is none": f"not {HAS_NUMBER} and not {HAS_OTHER}"}
_OBSERVED = {
    **_STATEMENT, "value": _VALUE, "range_low": "string", "range_high": "string", "templates": "array<string>",
}  # fmt: skip
RESULT = _part("result", _OBSERVED, {**NOT_DONE, **NAMELESS, **NO_VALUE})
VITAL = _part("vital", _OBSERVED, {**NOT_DONE, **NAMELESS, **NO_VALUE})
SOCIAL = _part("social", _OBSERVED, {**NOT_DONE, **NAMELESS, **NO_VALUE})
IS_DRUG = f"{IS_SO} and ifnull(mood, '') in ('EVN', 'INT') and {VALID}"
NO_DRUG = {
    **NEGATED, "a proposal, or it does not say whether it was given": "ifnull(mood, '') not in ('EVN', 'INT')",
    **INVALID,
}  # fmt: skip
_DRUG = {**_STATEMENT, **dict.fromkeys(("dose", "dose_unit", "route"), "string")}
MEDICATION = _part("medication", _DRUG, {**NO_DRUG, **NAMELESS})
IMMUNIZATION = _part("immunization", _DRUG, {**NOT_DONE, **NAMELESS})

FEEDS = (
    DOCUMENT,
    PERSON,
    CARE_SITE,
    VISIT,
    PROBLEM,
    ALLERGY,
    PROCEDURE,
    RESULT,
    VITAL,
    SOCIAL,
    MEDICATION,
    IMMUNIZATION,
)
