"""FHIR's versions told apart: what only resources of DSTU2, STU3 or R5 have, and what means the same in STU3 and R4.

STU3 is read, by its own names for what R4 says otherwise (`context` for `encounter`, `notGiven` for the status
`not-done` …). Where a resource of another version says something in a way that R4's reading would miss or turn
round, it is quarantined with the element that gave it away: hl7.org/fhir/DSTU2, /STU3, /R4/diff.html and /R5/diff.html.
A profile's URL tells nothing: US Core kept its own from STU3 to R4.
"""

from __future__ import annotations

DSTU2, OLD, R5 = "FHIR DSTU2", "FHIR DSTU2 or STU3", "FHIR R5"
FOREIGN = {
    "Patient.name.family:array": DSTU2,
    "Patient.animal": f"{OLD}, and says that the patient is an animal",
    "Encounter.patient": DSTU2,
    "Encounter.class:text": DSTU2,
    "Encounter.class:array": R5,
    "Encounter.actualPeriod": R5,
    "Condition.patient": DSTU2,
    "Condition.dateRecorded": DSTU2,
    "AllergyIntolerance.substance": DSTU2,
    "AllergyIntolerance.category:text": DSTU2,
    "AllergyIntolerance.type:object": R5,
    "MedicationOrder": DSTU2,
    "MedicationRequest.medication": R5,
    "MedicationAdministration.patient": DSTU2,
    "MedicationAdministration.wasNotGiven": DSTU2,
    "MedicationAdministration.medication": R5,
    "MedicationDispense.patient": DSTU2,
    "MedicationDispense.medication": R5,
    "MedicationStatement.patient": DSTU2,
    "MedicationStatement.wasNotTaken": DSTU2,
    "MedicationStatement.medication": R5,
    "Immunization.wasNotGiven": DSTU2,
    "Immunization.reported": DSTU2,
    "Procedure.notPerformed": DSTU2,
    "Procedure.occurrenceDateTime": R5,
    "Procedure.occurrencePeriod": R5,
    "DocumentReference.docStatus:object": DSTU2,
    "DocumentReference.context:array": R5,
}


def foreign(resource: str) -> dict[str, str]:
    """The marks of one type of resource."""
    return {place: version for place, version in FOREIGN.items() if place.partition(".")[0] == resource}


def coded_as(element: str, *codes: str) -> str:
    """SQL: whether a status, a CodeableConcept in R4 and a code in STU3, says one of these; both come as text."""
    listed = ", ".join(f"'{code}'" for code in codes)
    coded = f"from_json({element}, 'coding array<struct<code:string>>').coding"
    return f"ifnull({element} in ({listed}) or exists({coded}, c -> c.code in ({listed})), false)"
