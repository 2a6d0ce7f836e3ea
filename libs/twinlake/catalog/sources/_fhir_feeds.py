"""The FHIR R4 resources: which are read, which are not and why; as files of their own, and within another feed."""

from __future__ import annotations

from collections.abc import Iterable

from twinlake.catalog.sources._fhir import (
    ADDRESS,
    CODING,
    CONCEPT,
    IDENTIFIER,
    OF_VISIT,
    PERIOD,
    QUANTITY,
    RANGE,
    REFERENCE,
    VALUE,
    ddl,
    files_of,
    resource_feed,
    struct,
    target,
)
from twinlake.catalog.sources._fhir_observed import HAPPENED, OF_ANOTHER, SOME_OTHER, SOME_QUANTITY
from twinlake.catalog.sources._fhir_versions import FOREIGN, coded_as
from twinlake.catalog.sources._notes import DIAGNOSTIC_REPORT, DOCUMENT_REFERENCE
from twinlake.declare.source import Feed, part

PATIENT = resource_feed(
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
        link=f"array<struct<other:{REFERENCE},type:string>>",
    ),
    person="id",
    withdrawn=None,
)
# Whom a link means; a RelatedPerson is no Patient, whatever their id.
OTHER = target("x.other.reference", "Patient")
# `refer` and `seealso` leave both Patients in use: the model may link them, nothing must.
MERGES = f"x.type in ('replaced-by', 'replaces') and {OTHER} is not null"
ORGANIZATION = resource_feed(
    "Organization",
    ddl(identifier=f"array<{IDENTIFIER}>", name="string", address=f"array<{ADDRESS}>"),
    withdrawn=None,
)
ENCOUNTER = resource_feed(
    "Encounter",
    ddl(
        **{"class": CODING},
        subject=REFERENCE,
        period=PERIOD,
        reasonCode=f"array<{CONCEPT}>",
        reason=f"array<{CONCEPT}>",
        serviceProvider=REFERENCE,
    ),
    person="subject.reference",
    unmapped={"the visit did not take place (planned or cancelled)": "status in ('planned', 'cancelled')"},
)


REFUTED = coded_as("verificationStatus", "refuted")
# One of several that it may be (hl7.org/fhir/R4/valueset-condition-ver-status.html).
DIFFERENTIAL = coded_as("verificationStatus", "differential")
SUSPECTED = coded_as("verificationStatus", "provisional", "unconfirmed")
IN_ERROR = coded_as("verificationStatus", "entered-in-error")
CONDITION = resource_feed(
    "Condition",
    ddl(
        clinicalStatus="string",
        verificationStatus="string",
        code=CONCEPT,
        subject=REFERENCE,
        **OF_VISIT,
        onsetDateTime="string",
        onsetPeriod=PERIOD,
        abatementDateTime="string",
        abatementPeriod=PERIOD,
        abatementAge="string",
        abatementRange="string",
        abatementString="string",
        abatementBoolean="boolean",
        recordedDate="string",
        assertedDate="string",
    ),
    person="subject.reference",
    withdrawn=IN_ERROR,
    unmapped={
        "refuted: the person does not have it": REFUTED,
        "differential: one of several that the person may have": DIFFERENTIAL,
    },
)
# Over, though it may not say since when (hl7.org/fhir/R4/condition.html, clinicalStatus and con-4; STU3: a truth).
OVER = (
    f"({coded_as('clinicalStatus', 'inactive', 'remission', 'resolved')} "
    "or coalesce(abatementBoolean, coalesce(abatementAge, abatementRange, abatementString) is not null))"
)
OBSERVATION = resource_feed(
    "Observation",
    ddl(
        extension="array<struct<url:string>>",
        code=CONCEPT,
        subject=REFERENCE,
        focus=f"array<{REFERENCE}>",
        **OF_VISIT,
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
        "it is of somebody or something else than its subject (focus): a fetus, a donor, a spouse": OF_ANOTHER,
        "no value, or one that no table holds (SampledData)": f"not {SOME_QUANTITY} and not {SOME_OTHER}",
    },
)
# hl7.org/fhir/R4/allergyintolerance.html, clinicalStatus: the person is no longer at risk of a reaction.
OUTGROWN = coded_as("clinicalStatus", "inactive", "resolved")
# IPS, absent-unknown-uv-ips (hl7.org/fhir/uv/ips): neither an allergy, nor that there is none.
NOT_TOLD = "ifnull(exists(code.coding, c -> c.code = 'no-allergy-info'), false)"
ALLERGY_INTOLERANCE = resource_feed(
    "AllergyIntolerance",
    ddl(
        clinicalStatus="string",
        verificationStatus="string",
        type="string",
        category="array<string>",
        code=CONCEPT,
        patient=REFERENCE,
        **OF_VISIT,
        onsetDateTime="string",
        onsetPeriod=PERIOD,
        recordedDate="string",
        assertedDate="string",
    ),
    person="patient.reference",
    withdrawn=IN_ERROR,
    unmapped={
        "refuted: the person does not have it": REFUTED,
        "inactive or resolved: the person is no longer at risk": OUTGROWN,
        "no information: nobody says whether the person has allergies": NOT_TOLD,
    },
)
# The statuses that say no more is taken, each in its resource's own value set: a completed dispensing was picked up
# (hl7.org/fhir/R4/valueset-medicationdispense-status.html).
ORDER_OVER = STATEMENT_OVER = ("completed", "stopped")
DISPENSING_OVER = ("stopped",)
_DOSE = struct(doseQuantity=QUANTITY)
_TIMING = struct(repeat=struct(boundsPeriod=PERIOD, boundsDuration=QUANTITY))
_DOSAGE = struct(text="string", timing=_TIMING, route=CONCEPT, doseAndRate=f"array<{_DOSE}>", doseQuantity=QUANTITY)
_DOSAGES = f"array<{_DOSAGE}>"
_DRUG = {
    "contained": f"array<{struct(id='string', code=CONCEPT)}>",
    "medicationCodeableConcept": CONCEPT,
    "medicationReference": REFERENCE,
    "subject": REFERENCE,
}
ORDERED = (
    "ifnull(intent, 'order') not in ('proposal', 'plan', 'option') and ifnull(status, '') not in ('draft', 'cancelled')"
    " and ifnull(doNotPerform, false) = false"
)
MEDICATION_REQUEST = resource_feed(
    "MedicationRequest",
    ddl(
        intent="string",
        doNotPerform="boolean",
        **_DRUG,
        **OF_VISIT,
        authoredOn="string",
        dosageInstruction=_DOSAGES,
        dispenseRequest=struct(validityPeriod=PERIOD, numberOfRepeatsAllowed="int", expectedSupplyDuration=QUANTITY),
    ),
    person="subject.reference",
    unmapped={
        "no order: a proposal, a plan, a draft, cancelled before use, or an order not to give": f"not ({ORDERED})"
    },
)
_HAPPENS = "ifnull(status, '') not in ('not-done', 'preparation')"
# STU3 has a flag where R4 has the status not-done, and calls the flag otherwise in each resource.
GIVEN, DONE = (f"({_HAPPENS} and not ifnull({flag}, false))" for flag in ("notGiven", "notDone"))


def _not(happened: str) -> dict[str, str]:
    return {"it was not done (status not-done or preparation; STU3: notDone, notGiven)": f"not {happened}"}


MEDICATION_ADMINISTRATION = resource_feed(
    "MedicationAdministration",
    ddl(
        **_DRUG,
        context=REFERENCE,
        notGiven="boolean",
        effectiveDateTime="string",
        effectivePeriod=PERIOD,
        dosage=struct(text="string", route=CONCEPT, dose=QUANTITY),
    ),
    person="subject.reference",
    unmapped=_not(GIVEN),
)
HANDED_OUT = (
    "(ifnull(status, '') not in ('preparation', 'in-progress', 'on-hold', 'cancelled', 'declined')"
    " and not ifnull(notDone, false))"
)
MEDICATION_DISPENSE = resource_feed(
    "MedicationDispense",
    ddl(
        **_DRUG,
        context=REFERENCE,
        notDone="boolean",
        whenPrepared="string",
        whenHandedOver="string",
        daysSupply=QUANTITY,
        dosageInstruction=_DOSAGES,
    ),
    person="subject.reference",
    unmapped={
        "it was not handed out (being prepared, on hold, cancelled or declined; STU3: notDone)": f"not {HANDED_OUT}"
    },
)
TAKEN = "(ifnull(status, '') not in ('not-taken', 'intended') and ifnull(taken, '') not in ('n', 'na'))"
MEDICATION_STATEMENT = resource_feed(
    "MedicationStatement",
    ddl(
        **_DRUG,
        context=REFERENCE,
        taken="string",
        effectiveDateTime="string",
        effectivePeriod=PERIOD,
        dateAsserted="string",
        dosage=_DOSAGES,
    ),
    person="subject.reference",
    unmapped={"it was not taken, or is only intended (STU3: taken n, na)": f"not {TAKEN}"},
)
MEDICATION = resource_feed(
    "Medication",
    ddl(code=CONCEPT, identifier=f"array<{IDENTIFIER}>"),
    unmapped={"a lookup: its code reaches the requests and administrations that refer to it": "true"},
)
SUBPOTENT = "ifnull(isSubpotent, false)"
IMMUNIZATION = resource_feed(
    "Immunization",
    ddl(
        vaccineCode=CONCEPT,
        patient=REFERENCE,
        **OF_VISIT,
        isSubpotent="boolean",
        notGiven="boolean",
        occurrenceDateTime="string",
        date="string",
        route=CONCEPT,
        doseQuantity=QUANTITY,
    ),
    person="patient.reference",
    unmapped={**_not(GIVEN), "subpotent: by itself the dose does not count (isSubpotent)": SUBPOTENT},
)
PROCEDURE = resource_feed(
    "Procedure",
    ddl(
        code=CONCEPT,
        subject=REFERENCE,
        **OF_VISIT,
        notDone="boolean",
        performedDateTime="string",
        performedPeriod=PERIOD,
    ),
    person="subject.reference",
    unmapped=_not(DONE),
)
FEEDS = (
    PATIENT, ORGANIZATION, ENCOUNTER, CONDITION, OBSERVATION, ALLERGY_INTOLERANCE, MEDICATION_REQUEST,
    MEDICATION_ADMINISTRATION, MEDICATION_DISPENSE, MEDICATION_STATEMENT, MEDICATION, IMMUNIZATION, PROCEDURE,
    DOCUMENT_REFERENCE, DIAGNOSTIC_REPORT,
)  # fmt: skip

_NOT_READ = {
    "care plans and teams are not read until a table takes them": ("CarePlan", "CareTeam", "Goal", "ServiceRequest"),
    "money is not read as FHIR": ("Claim", "ClaimResponse", "Coverage", "ExplanationOfBenefit", "Account"),
    "devices and supplies are not read until device_exposure is": ("Device", "DeviceUseStatement", "SupplyDelivery"),
    "attachments and answered forms are not read until a table takes them": (
        "Binary", "Media", "QuestionnaireResponse",
    ),
    "studies are read as DICOM, not from their summary": ("ImagingStudy",),
    "visits name their Organization; wards and rooms are not read": ("Location",),
    "staff are not read until provider is": ("Practitioner", "PractitionerRole"),
    "specimens are not read until a table takes them": ("Specimen",),
    "bookkeeping of the export, no record of care": ("Provenance", "Group", "OperationOutcome", "log"),
}  # fmt: skip
IGNORED = {
    **{files_of(resource): why for why, resources in _NOT_READ.items() for resource in resources},
    **{files_of(resource): f"{resource} is of {FOREIGN[resource]}" for resource in FOREIGN if resource.isalpha()},
}

KINDS = {feed.name: "".join(word.capitalize() for word in feed.name.split("_")) for feed in FEEDS}
_NAMED = {*KINDS.values(), *(resource for resources in _NOT_READ.values() for resource in resources)}


def _is_of(resources: Iterable[str]) -> str:
    quoted = ", ".join(f"'{resource}'" for resource in resources)
    return f"record_kind in ({quoted})"


UNMAPPED = {
    **{why: _is_of(resources) for why, resources in _NOT_READ.items()},
    "no table takes resources of this type": f"not {_is_of(sorted(_NAMED))}",
}
"""Why records of a mixed feed that are none of the feeds' kinds reach no table."""

_DELETED = "ifnull(request.method = 'DELETE', false)"


def within(mixed: Feed) -> tuple[Feed, ...]:
    """The feeds as parts of one that mixes resources, and deletions of resources."""
    return tuple(
        part(
            mixed,
            name=feed.name,
            only=_is_of((KINDS[feed.name],)),
            schema=f"{feed.schema}, `request` {struct(method='string')}",
            person=feed.person,
            withdrawn=f"({feed.withdrawn} or {_DELETED})" if feed.withdrawn else _DELETED,
            exact_numbers=feed.exact_numbers,
            unmapped=feed.unmapped,
        )
        for feed in FEEDS
    )
