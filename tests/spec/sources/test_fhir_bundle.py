"""FHIR Bundles as they come, and the rows they become: the same as their resources have in files of their own."""

# Tables are drawn as wide as they are.
# ruff: noqa: E501

from __future__ import annotations

import json

import pytest

from tests.spec.sources.conftest import frame_of
from tests.support.text_table import expect
from twinlake.catalog.sources import fhir_r4_bulk
from twinlake.catalog.sources._fhir_feeds import KINDS
from twinlake.catalog.sources.fhir_bundle import BUNDLE, SYSTEM

LOINC, RXNORM = "http://loinc.org", "http://www.nlm.nih.gov/research/umls/rxnorm"
NAMESPACE = "urn:st-a:mrn"


def concept(system: str, code: str, text: str) -> dict:
    return {"coding": [{"system": system, "code": code}], "text": text}


def bundle(*resources: dict, urls: dict[str, str] | None = None, more: tuple[dict, ...] = ()) -> str:
    """A transaction; the fullUrl of a resource is its id's, unless `urls` has another."""
    entries = [
        {"fullUrl": f"urn:uuid:{(urls or {}).get(r['id'], r['id'])}", "resource": r, "request": {"method": "POST"}}
        for r in resources
    ]
    return json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": [*entries, *more]}, indent=2)


def made(world: str = "p1", visit: str = "e1", clinic: str = "o1", drug: str = "m1") -> list[dict]:
    """A patient with a visit, a result, an order, an allergy, a letter; others are referred to by these names."""
    person = {"reference": f"urn:uuid:{world}"}
    during = {"subject": person, "encounter": {"reference": f"urn:uuid:{visit}"}}
    return [
        {"resourceType": "Patient", "id": "p1", "birthDate": "1950-02-03", "gender": "female",
         "identifier": [{"system": NAMESPACE, "value": "m-1"}], "name": [{"family": "Hand", "given": ["Ada"]}]},
        {"resourceType": "Organization", "id": "o1", "name": "North"},
        {"resourceType": "Encounter", "id": "e1", "status": "finished", "class": {"code": "AMB"}, "subject": person,
         "period": {"start": "2020-01-01T10:00:00Z"}, "serviceProvider": {"reference": f"urn:uuid:{clinic}"}},
        {"resourceType": "Observation", "id": "x1", "status": "final", "code": concept(LOINC, "2345-7", "Glucose"),
         "effectiveDateTime": "2020-01-01T10:30:00Z", "valueQuantity": {"value": 5.10, "unit": "mmol/L"}, **during},
        {"resourceType": "Medication", "id": "m1", "code": concept(RXNORM, "6809", "Metformin")},
        {"resourceType": "MedicationRequest", "id": "r1", "status": "active", "intent": "order",
         "medicationReference": {"reference": f"urn:uuid:{drug}"}, "authoredOn": "2020-01-01", **during},
        {"resourceType": "AllergyIntolerance", "id": "a1", "type": "allergy", "category": ["food"], "patient": person,
         "recordedDate": "2020-01-01", "code": {"text": "Peanut"}},
        {"resourceType": "DocumentReference", "id": "d1", "status": "current", "type": {"text": "Letter"},
         "subject": person, "content": [{"attachment": {"contentType": "text/plain", "data": "V2VsbC4="}}]},
    ]  # fmt: skip


@pytest.mark.parametrize("are_ids_other", [False, True])
def test_references_within_a_bundle_are_followed_whether_or_not_its_urls_are_its_ids(implement, are_ids_other) -> None:
    urls = {"p1": "u-p", "e1": "u-e", "o1": "u-o", "m1": "u-m"} if are_ids_other else {}
    text = bundle(*made(*urls.values()), urls=urls)
    expect(
        implement(SYSTEM, "visit_occurrence", bundle=text),
        """
        source_person_id | visit_source_id | visit_code | visit_start_datetime | care_site_source_id
        p1               | e1              | AMB        | 2020-01-01 10:00     | o1
        """,
    )
    expect(
        implement(SYSTEM, "drug_exposure", bundle=text),
        """
        source_person_id | drug_code | drug_name | drug_type | visit_source_id
        p1               | 6809      | Metformin | order     | e1
        """,
    )


def test_digits_stay_as_they_were_written(implement) -> None:
    text = bundle(*made()).replace('"value": 5.1,', '"value": 5.10,')
    expect(
        implement(SYSTEM, "measurement", bundle=text),
        """
        source_person_id | measurement_code | value_source_value | unit_source_value | visit_source_id
        p1               | 2345-7           | 5.10               | mmol/L            | e1
        """,
    )


def test_a_resource_without_an_id_is_found_by_its_url(implement) -> None:
    named = made("u-p", "u-e", "u-o", "u-m")
    urls = [f"urn:uuid:u-{name}" for name in ("p", "o", "e", "x", "m", "r", "a", "d")]
    nameless = [{key: value for key, value in r.items() if key != "id"} for r in named]
    entries = [{"fullUrl": url, "resource": r} for url, r in zip(urls, nameless, strict=True)]
    text = json.dumps({"resourceType": "Bundle", "type": "batch", "entry": entries})
    expect(
        implement(SYSTEM, "visit_occurrence", bundle=text),
        """
        source_person_id | visit_source_id | care_site_source_id
        u-p              | u-e             | u-o
        """,
    )
    expect(
        implement(SYSTEM, "source_person", bundle=text),
        """
        source_person_id | family_name | mrn
        u-p              | HAND        | m-1
        """,
    )


def test_a_deletion_takes_the_resource_back(implement) -> None:
    """Which version counts the engine knows; the deletion's is the last, and makes no row."""
    gone = {"request": {"method": "DELETE", "url": "Observation/x2"}, "response": {"lastModified": "2026-01-03"}}
    text = bundle(more=(gone,))
    assert implement(SYSTEM, "measurement", bundle=text).count() == 0


def in_files(resources: list[dict]) -> dict[str, list[dict]]:
    """The same as Bulk Data would have it, feed by feed."""
    return {name: [r for r in resources if r["resourceType"] == kind] for name, kind in KINDS.items()}


TABLES = sorted({i.table for i in SYSTEM.implementations})
# Written two ways, a record has two texts, and so two ids.
APART = ("_record_id", "_fact_key", "hospital", "system")


@pytest.mark.parametrize("table", TABLES)
def test_a_bundle_and_files_of_the_same_resources_make_the_same_rows(implement, table) -> None:
    resources = made()
    by_bundle = implement(SYSTEM, table, bundle=bundle(*resources)).drop(*APART)
    by_file = implement(fhir_r4_bulk.SYSTEM, table, **in_files(resources)).drop(*APART)
    assert by_bundle.columns == by_file.columns
    rows = sorted(map(repr, by_bundle.collect()))
    assert rows == sorted(map(repr, by_file.collect()))
    assert len(rows) == (0 if table in ("condition_occurrence", "person_merge", "procedure_occurrence") else 1)


def test_every_record_that_no_table_takes_has_one_reason(spark) -> None:
    kinds = ["Claim", "Practitioner", "Location", "Goal", "OperationOutcome", "Composition", "Basic", "Unheard"]
    text = bundle(*({"resourceType": kind, "id": kind} for kind in kinds))
    rest = frame_of(spark, SYSTEM, BUNDLE, text)
    reasons = " + ".join(f"cast({sql} as int)" for sql in BUNDLE.unmapped.values())
    found = {r.record_kind: r.reasons for r in rest.selectExpr("record_kind", f"{reasons} as reasons").collect()}
    assert found == dict.fromkeys(kinds, 1)
