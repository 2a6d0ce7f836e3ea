"""The files of a FHIR R4 bulk export: which resources are read, which are not and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from twinlake.catalog.sources._fhir import (
    ADDRESS,
    CODING,
    CONCEPT,
    IDENTIFIER,
    PERIOD,
    QUANTITY,
    RANGE,
    REFERENCE,
    VALUE,
    ddl,
    struct,
)
from twinlake.declare.source import Feed

# Bulk Data Access 2.0 leaves names free: Observation.ndjson, Observation.000.ndjson, 1.Observation.ndjson are in use.
_FILE = r"(?:[^/]*/)*(?:\d+\.)?{resource}(?:[.-][\w-]+)*\.ndjson"


def _files(resource: str) -> str:
    return _FILE.format(resource=resource)


def _feed(resource: str, schema: str, unmapped: Mapping[str, str] | None = None, **rest: Any) -> Feed:
    name = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in resource).lstrip("_")
    return Feed(
        name=name,
        files=_files(resource),
        wire="ndjson",
        schema=schema,
        delivery="increment",
        key=("id",),
        version="meta.lastUpdated",
        unmapped=unmapped or {},
        **{"withdrawn": "status = 'entered-in-error'", **rest},
    )


PATIENT = _feed(
    "Patient",
    ddl(
        extension="array<struct<url:string,valueString:string,"
        f"extension:array<struct<url:string,valueString:string,valueCoding:{CODING}>>>>",
        identifier=f"array<{IDENTIFIER}>",
        name="array<struct<use:string,family:string,given:array<string>>>",
        telecom="array<struct<system:string,value:string,use:string>>",
        gender="string",
        birthDate="string",
        deceasedDateTime="string",
        address=f"array<{ADDRESS}>",
        maritalStatus=CONCEPT,
    ),
    person="id",
    withdrawn=None,
)
ORGANIZATION = _feed(
    "Organization",
    ddl(identifier=f"array<{IDENTIFIER}>", name="string", address=f"array<{ADDRESS}>"),
    withdrawn=None,
)
ENCOUNTER = _feed(
    "Encounter",
    ddl(
        **{"class": CODING},
        subject=REFERENCE,
        period=PERIOD,
        reasonCode=f"array<{CONCEPT}>",
        serviceProvider=REFERENCE,
    ),
    person="subject.reference",
    unmapped={"the visit did not take place (planned or cancelled)": "status in ('planned', 'cancelled')"},
)


def _verified_as(status: str) -> str:
    return f"ifnull(exists(verificationStatus.coding, c -> c.code = '{status}'), false)"


REFUTED = _verified_as("refuted")
CONDITION = _feed(
    "Condition",
    ddl(
        verificationStatus=CONCEPT,
        code=CONCEPT,
        subject=REFERENCE,
        encounter=REFERENCE,
        onsetDateTime="string",
        onsetPeriod=PERIOD,
        abatementDateTime="string",
        abatementPeriod=PERIOD,
        recordedDate="string",
    ),
    person="subject.reference",
    withdrawn=_verified_as("entered-in-error"),
    unmapped={"refuted: the person does not have it": REFUTED},
)

# A value that silver.measurement holds, and one that silver.observation holds; both may stand in one panel.
_SCALARS = [f"{{0}}{name}" for name in VALUE if name not in ("valueQuantity", "valueCodeableConcept")]
_OTHER = (
    "coalesce({0}valueCodeableConcept.text, get({0}valueCodeableConcept.coding, 0).code, " + ", ".join(_SCALARS) + ")"
)
HAS_QUANTITY = "valueQuantity.value is not null"
HAS_OTHER = f"(valueQuantity.value is null and {_OTHER.format('')} is not null)"
SOME_QUANTITY = f"({HAS_QUANTITY} or ifnull(exists(component, c -> c.valueQuantity.value is not null), false))"
SOME_OTHER = (
    f"({HAS_OTHER} or ifnull(exists(component, "
    f"c -> c.valueQuantity.value is null and {_OTHER.format('c.')} is not null), false))"
)
HAPPENED = "ifnull(status, '') <> 'cancelled'"

OBSERVATION = _feed(
    "Observation",
    ddl(
        code=CONCEPT,
        subject=REFERENCE,
        encounter=REFERENCE,
        effectiveDateTime="string",
        effectivePeriod=PERIOD,
        effectiveInstant="string",
        issued="string",
        **VALUE,
        referenceRange=RANGE,
        component=f"array<{struct(code=CONCEPT, **VALUE, referenceRange=RANGE)}>",
    ),
    person="subject.reference",
    exact_numbers=("value",),
    unmapped={
        "cancelled: there is no result": f"not ({HAPPENED})",
        "no value, or one that no table holds (Range, Ratio, Period, SampledData)": f"not {SOME_QUANTITY} "
        f"and not {SOME_OTHER}",
    },
)
_DOSE = struct(doseQuantity=QUANTITY)
ORDERED = (
    "ifnull(intent, 'order') not in ('proposal', 'plan', 'option') and ifnull(status, '') not in ('draft', 'cancelled')"
    " and ifnull(doNotPerform, false) = false"
)
MEDICATION_REQUEST = _feed(
    "MedicationRequest",
    ddl(
        intent="string",
        doNotPerform="boolean",
        contained=f"array<{struct(id='string', code=CONCEPT)}>",
        medicationCodeableConcept=CONCEPT,
        medicationReference=REFERENCE,
        subject=REFERENCE,
        encounter=REFERENCE,
        authoredOn="string",
        dosageInstruction=f"array<{struct(text='string', route=CONCEPT, doseAndRate=f'array<{_DOSE}>')}>",
        dispenseRequest=struct(validityPeriod=PERIOD),
    ),
    person="subject.reference",
    unmapped={
        "no order: a proposal, a plan, a draft, cancelled before use, or an order not to give": f"not ({ORDERED})"
    },
)
DONE = "ifnull(status, '') not in ('not-done', 'preparation')"
_NOT_DONE = {"it was not done (status not-done or preparation)": f"not ({DONE})"}
MEDICATION_ADMINISTRATION = _feed(
    "MedicationAdministration",
    ddl(
        contained=f"array<{struct(id='string', code=CONCEPT)}>",
        medicationCodeableConcept=CONCEPT,
        medicationReference=REFERENCE,
        subject=REFERENCE,
        context=REFERENCE,
        effectiveDateTime="string",
        effectivePeriod=PERIOD,
        dosage=struct(text="string", route=CONCEPT, dose=QUANTITY),
    ),
    person="subject.reference",
    unmapped=_NOT_DONE,
)
MEDICATION = _feed(
    "Medication",
    ddl(code=CONCEPT, identifier=f"array<{IDENTIFIER}>"),
    unmapped={"a lookup: its code reaches the requests and administrations that refer to it": "true"},
)
IMMUNIZATION = _feed(
    "Immunization",
    ddl(
        vaccineCode=CONCEPT,
        patient=REFERENCE,
        encounter=REFERENCE,
        occurrenceDateTime="string",
        route=CONCEPT,
        doseQuantity=QUANTITY,
    ),
    person="patient.reference",
    unmapped=_NOT_DONE,
)
PROCEDURE = _feed(
    "Procedure",
    ddl(
        code=CONCEPT,
        subject=REFERENCE,
        encounter=REFERENCE,
        performedDateTime="string",
        performedPeriod=PERIOD,
    ),
    person="subject.reference",
    unmapped=_NOT_DONE,
)
FEEDS = (
    PATIENT, ORGANIZATION, ENCOUNTER, CONDITION, OBSERVATION, MEDICATION_REQUEST, MEDICATION_ADMINISTRATION, MEDICATION,
    IMMUNIZATION, PROCEDURE,
)  # fmt: skip

_NOT_READ = {
    "allergies are not read until a table takes them": ("AllergyIntolerance",),
    "care plans and teams are not read until a table takes them": ("CarePlan", "CareTeam", "Goal", "ServiceRequest"),
    "money is not read until claims are": ("Claim", "ClaimResponse", "Coverage", "ExplanationOfBenefit", "Account"),
    "devices and supplies are not read until device_exposure is": ("Device", "DeviceUseStatement", "SupplyDelivery"),
    "reports and notes are not read until note is; their results come as Observation": (
        "DiagnosticReport", "DocumentReference", "Binary", "Media", "QuestionnaireResponse",
    ),
    "images are not read until imaging_study is": ("ImagingStudy",),
    "wards and rooms are not read until bed_event is": ("Location",),
    "staff are not read until provider is": ("Practitioner", "PractitionerRole"),
    "dispensing is not read until a hospital sends one to try it on": ("MedicationDispense", "MedicationStatement"),
    "specimens are not read until a table takes them": ("Specimen",),
    "bookkeeping of the export, no record of care": ("Provenance", "Group", "OperationOutcome", "log"),
}  # fmt: skip
IGNORED = {_files(resource): why for why, resources in _NOT_READ.items() for resource in resources}
