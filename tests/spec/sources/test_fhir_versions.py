"""FHIR of other versions than R4: STU3 means what it says under its own names; what would be misread is refused."""

# Tables and records are drawn as wide as they are.
# ruff: noqa: E501

from __future__ import annotations

import json
from io import BytesIO

import pytest

from tests.support.text_table import expect
from twinlake.catalog.sources import fhir_bundle
from twinlake.catalog.sources._fhir_versions import FOREIGN
from twinlake.catalog.sources.fhir_r4_bulk import SYSTEM
from twinlake.engine.wire import Fault, Record, reader

SNOMED = "http://snomed.info/sct"
OF_P1 = {"subject": {"reference": "Patient/p1"}, "context": {"reference": "Encounter/e1"}}
ASPIRIN = {
    "medicationCodeableConcept": {"coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "1191"}]}
}


def stu3(kind: str, ident: str, **rest) -> dict:
    return {"resourceType": kind, "id": ident, **OF_P1, **rest}


def concept(code: str) -> dict:
    return {"coding": [{"system": SNOMED, "code": code}]}


def test_a_condition_of_stu3_is_read_by_its_context_and_the_day_it_was_asserted(implement) -> None:
    condition = stu3(
        "Condition",
        "a",
        clinicalStatus="active",
        verificationStatus="confirmed",
        code=concept("38341003"),
        assertedDate="2017-03-04",
    )
    expect(
        implement(SYSTEM, "condition_occurrence", condition=[condition]),
        """
        source_person_id | condition_code | condition_start_date | visit_source_id
        p1               | 38341003       | 2017-03-04           | e1
        """,
    )


def test_what_a_code_of_stu3_refutes_or_withdraws_is_no_condition_and_no_allergy(implement) -> None:
    said = {status: {"verificationStatus": status, "code": concept("38341003"), "assertedDate": "2017-03-04"}
            for status in ("refuted", "entered-in-error", "provisional")}  # fmt: skip
    conditions = [stu3("Condition", status, **rest) for status, rest in said.items()]
    assert implement(SYSTEM, "condition_occurrence", condition=conditions).count() == 1
    allergies = [
        {**stu3("AllergyIntolerance", status, **rest), "patient": {"reference": "Patient/p1"}}
        for status, rest in said.items()
    ]
    rows = implement(SYSTEM, "observation", allergy_intolerance=allergies)
    expect(
        rows,
        """
        source_person_id | observation_datetime | value_code
        p1               | 2017-03-04           | 38341003
        """,
    )


def test_an_observation_and_a_procedure_of_stu3_belong_to_their_context(implement) -> None:
    observation = stu3(
        "Observation", "o", status="final", code={"coding": [{"system": "http://loinc.org", "code": "8302-2"}]},
        effectiveDateTime="2017-03-04", valueQuantity={"value": 170.6, "code": "cm"},
    )  # fmt: skip
    procedures = [stu3("Procedure", f"{undone}", status="completed", notDone=undone, code=concept("80146002"), performedDateTime="2017-03-04")
                  for undone in (True, False)]  # fmt: skip
    expect(
        implement(SYSTEM, "measurement", observation=[observation]),
        """
        measurement_code | value_source_value | visit_source_id
        8302-2           | 170.6              | e1
        """,
    )
    expect(
        implement(SYSTEM, "procedure_occurrence", procedure=procedures),
        """
        procedure_code | procedure_datetime | visit_source_id
        80146002       | 2017-03-04         | e1
        """,
    )


def test_an_encounter_of_stu3_says_why_under_another_name(implement) -> None:
    encounter = stu3(
        "Encounter", "e1", **{"class": {"code": "AMB"}}, reason=[concept("38341003")], period={"start": "2017-03-04"}
    )
    expect(
        implement(SYSTEM, "visit_occurrence", encounter=[encounter]),
        """
        visit_source_id | visit_code | visit_reason_code
        e1              | AMB        | 38341003
        """,
    )


def test_an_order_of_stu3_has_its_dose_without_a_rate_around_it(implement) -> None:
    dosage = [{"text": "one", "doseQuantity": {"value": 81, "unit": "mg"}}]
    order = stu3("MedicationRequest", "r", intent="order", **ASPIRIN, authoredOn="2017-03-04", dosageInstruction=dosage)
    expect(
        implement(SYSTEM, "drug_exposure", medication_request=[order]),
        """
        drug_code | dose_source_value | dose_unit_source_value | visit_source_id
        1191      | 81                | mg                     | e1
        """,
    )


@pytest.mark.parametrize(
    ("kind", "feed", "flag", "done", "undone"),
    [
        ("MedicationAdministration", "medication_administration", "notGiven", False, True),
        ("MedicationDispense", "medication_dispense", "notDone", False, True),
        ("MedicationStatement", "medication_statement", "taken", "y", "n"),
        ("Immunization", "immunization", "notGiven", False, True),
    ],
)
def test_a_drug_that_stu3_says_was_not_given_or_taken_is_no_exposure(implement, kind, feed, flag, done, undone) -> None:
    when = {"effectiveDateTime": "2017-03-04", "whenHandedOver": "2017-03-04", "date": "2017-03-04"}
    vaccine = {
        "patient": {"reference": "Patient/p1"},
        "vaccineCode": concept("1191"),
        "encounter": {"reference": "Encounter/e1"},
    }
    records = [
        {**stu3(kind, f"{said}", status="completed", **when, **ASPIRIN), **vaccine, flag: said}
        for said in (done, undone)
    ]
    if kind != "Immunization":
        records = [{name: value for name, value in record.items() if name not in vaccine} for record in records]
    (row,) = implement(SYSTEM, "drug_exposure", **{feed: records}).collect()
    assert (f"{row.drug_exposure_start_datetime}", row.visit_source_id) == ("2017-03-04 00:00:00", "e1")


def test_a_document_of_stu3_is_dated_by_its_index_and_has_one_encounter(implement) -> None:
    text = [{"attachment": {"contentType": "text/plain", "data": "SGk="}}]
    ours = {"content": text, "subject": {"reference": "Patient/p1"}, "type": {"text": "note"}}
    old = {
        **ours,
        "id": "a",
        "indexed": "2017-03-04T10:00:00Z",
        "context": {"encounter": {"reference": "Encounter/e1"}},
    }
    new = {**ours, "id": "b", "date": "2019-03-04T10:00:00Z", "context": {"encounter": [{"reference": "Encounter/e2"}]}}
    expect(
        implement(SYSTEM, "note", document_reference=[old, new]),
        """
        note_datetime    | visit_source_id
        2017-03-04 10:00 | e1
        2019-03-04 10:00 | e2
        """,
    )


REFUSED = {
    "Patient.name.family:array": {"name": [{"family": ["Doe"], "given": ["Jo"]}]},
    "Patient.animal": {"animal": {"species": {"text": "dog"}}},
    "Encounter.patient": {"patient": {"reference": "Patient/p1"}},
    "Encounter.class:text": {"class": "inpatient"},
    "Encounter.class:array": {"class": [{"coding": [{"code": "AMB"}]}]},
    "AllergyIntolerance.substance": {"substance": {"text": "milk"}, "patient": {"reference": "Patient/p1"}},
    "Immunization.wasNotGiven": {"wasNotGiven": True, "patient": {"reference": "Patient/p1"}},
    "MedicationOrder": {"patient": {"reference": "Patient/p1"}, "dateWritten": "2015-01-01"},
    "MedicationStatement.medication": {"medication": {"concept": {"text": "aspirin"}}},
}


@pytest.mark.parametrize("place", REFUSED)
def test_a_resource_that_would_be_misread_is_refused_with_its_version(place: str) -> None:
    kind = place.partition(".")[0]
    resource = {"resourceType": kind, "id": "x", **REFUSED[place]}
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": resource}, {"resource": {"resourceType": "Patient", "id": "p1"}}],
    }
    refused, other = reader("fhir_bundle")(BytesIO(json.dumps(bundle).encode()), fhir_bundle.BUNDLE)
    assert isinstance(refused, Fault) and isinstance(other, Record)
    assert (refused.rule, refused.reason) == ("wrong_version", f"{place} is of {FOREIGN[place]}; expected R4")
    if feed := SYSTEM.feed_of(f"{kind}.ndjson"):
        (alone,) = reader("ndjson")(BytesIO(json.dumps(resource).encode()), feed)
        assert alone[2:] == refused[2:]


def test_what_r4_itself_says_is_not_taken_for_another_version() -> None:
    resources = [
        {"resourceType": "Patient", "id": "p", "name": [{"family": "Doe", "given": ["Jo"]}]},
        {"resourceType": "Encounter", "id": "e", "class": {"code": "AMB"}, "length": {"value": 5}},
        {
            "resourceType": "AllergyIntolerance",
            "id": "a",
            "type": "allergy",
            "category": ["food"],
            "clinicalStatus": concept("x"),
        },
        {"resourceType": "DocumentReference", "id": "d", "docStatus": "final", "context": {"encounter": []}},
    ]
    for resource in resources:
        (found,) = reader("ndjson")(
            BytesIO(json.dumps(resource).encode()), SYSTEM.feed_of(f"{resource['resourceType']}.ndjson")
        )
        assert isinstance(found, Record)


def test_a_file_of_orders_of_dstu2_is_told_to_be_that() -> None:
    assert SYSTEM.why_ignored("MedicationOrder.ndjson") == "MedicationOrder is of FHIR DSTU2"
