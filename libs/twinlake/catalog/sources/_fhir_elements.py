"""The elements of the FHIR R4 resources that are read, as hl7.org/fhir/R4 defines them; `value[x]`: of any type."""

from __future__ import annotations

_EVERY = "resourceType id meta implicitRules language text contained extension modifierExtension"
_OWN = {
    "Patient": (
        "identifier active name telecom gender birthDate deceased[x] address maritalStatus multipleBirth[x] photo "
        "contact communication generalPractitioner managingOrganization link"
    ),
    "Organization": (
        "identifier active type name alias telecom address partOf contact endpoint"
    ),
    "Encounter": (
        "identifier status statusHistory class classHistory type serviceType priority subject episodeOfCare basedOn "
        "participant appointment period length reasonCode reasonReference diagnosis account hospitalization "
        "location serviceProvider partOf"
    ),
    "Condition": (
        "identifier clinicalStatus verificationStatus category severity code bodySite subject encounter onset[x] "
        "abatement[x] recordedDate recorder asserter stage evidence note"
    ),
    "Observation": (
        "identifier basedOn partOf status category code subject focus encounter effective[x] issued performer "
        "value[x] dataAbsentReason interpretation note bodySite method specimen device referenceRange hasMember "
        "derivedFrom component"
    ),
    "AllergyIntolerance": (
        "identifier clinicalStatus verificationStatus type category criticality code patient encounter onset[x] "
        "recordedDate recorder asserter lastOccurrence note reaction"
    ),
    "MedicationRequest": (
        "identifier status statusReason intent category priority doNotPerform reported[x] medication[x] subject "
        "encounter supportingInformation authoredOn requester performer performerType recorder reasonCode "
        "reasonReference instantiatesCanonical instantiatesUri basedOn groupIdentifier courseOfTherapyType "
        "insurance note dosageInstruction dispenseRequest substitution priorPrescription detectedIssue eventHistory"
    ),
    "MedicationAdministration": (
        "identifier instantiates partOf status statusReason category medication[x] subject context "
        "supportingInformation effective[x] performer reasonCode reasonReference request device note dosage "
        "eventHistory"
    ),
    "MedicationDispense": (
        "identifier partOf status statusReason[x] category medication[x] subject context supportingInformation "
        "performer location authorizingPrescription type quantity daysSupply whenPrepared whenHandedOver "
        "destination receiver note dosageInstruction substitution detectedIssue eventHistory"
    ),
    "MedicationStatement": (
        "identifier basedOn partOf status statusReason category medication[x] subject context effective[x] "
        "dateAsserted informationSource derivedFrom reasonCode reasonReference note dosage"
    ),
    "Medication": (
        "identifier code status manufacturer form amount ingredient batch"
    ),
    "Immunization": (
        "identifier status statusReason vaccineCode patient encounter occurrence[x] recorded primarySource "
        "reportOrigin location manufacturer lotNumber expirationDate site route doseQuantity performer note "
        "reasonCode reasonReference isSubpotent subpotentReason education programEligibility fundingSource reaction "
        "protocolApplied"
    ),
    "Procedure": (
        "identifier instantiatesCanonical instantiatesUri basedOn partOf status statusReason category code subject "
        "encounter performed[x] recorder asserter performer location reasonCode reasonReference bodySite outcome "
        "report complication complicationDetail followUp note focalDevice usedReference usedCode"
    ),
    "DocumentReference": (
        "masterIdentifier identifier status docStatus type category subject date author authenticator custodian "
        "relatesTo description securityLabel content context"
    ),
    "DiagnosticReport": (
        "identifier basedOn status category code subject encounter effective[x] issued performer resultsInterpreter "
        "specimen result imagingStudy media conclusion conclusionCode presentedForm"
    ),
}  # fmt: skip


def elements_of(resource: str) -> tuple[str, ...]:
    """The elements that a resource of this type may have; none of a type that is not known here."""
    return tuple(f"{_EVERY} {_OWN[resource]}".split()) if resource in _OWN else ()
