"""What FHIR R4 leaves open: what is not sure, that there is none, which range counts, when a date ends."""

# Tables and records are drawn as wide as they are.
# ruff: noqa: E501

from __future__ import annotations

from tests.spec.sources.conftest import frame_of
from tests.support.text_table import expect
from twinlake.catalog.sources.fhir_r4_bulk import SYSTEM

LOINC, SNOMED = "http://loinc.org", "http://snomed.info/sct"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
IPS = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"
MEANING = "http://terminology.hl7.org/CodeSystem/referencerange-meaning"


def concept(system: str, code: str, text: str | None = None) -> dict:
    return {"coding": [{"system": system, "code": code}], "text": text}


def quantity(value: float, unit: str, **rest) -> dict:
    return {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit, **rest}


def unmapped(spark, feed: str, records: list[dict]) -> int:
    declared = SYSTEM.feed(feed)
    return frame_of(spark, SYSTEM, declared, records).where(" or ".join(declared.unmapped.values())).count()


def test_what_is_not_sure_is_suspected_and_one_of_several_is_none(spark, implement) -> None:
    """R4, condition-ver-status; STU3 has it as a code."""
    base = {"subject": {"reference": "Patient/p1"}, "onsetDateTime": "2001-02-03"}
    statuses = ["unconfirmed", "provisional", "differential", "confirmed", "refuted"]
    told = [*({"coding": [{"code": status}]} for status in statuses), *statuses, None]
    conditions = [
        {**base, "id": str(n), "code": concept(SNOMED, f"{n}"), "verificationStatus": status}
        for n, status in enumerate(told)
    ]
    expect(
        implement(SYSTEM, "condition_occurrence", condition=conditions),
        """
        condition_code | condition_type
        0              | suspected
        1              | suspected
        3              |
        5              | suspected
        6              | suspected
        8              |
        10             |
        """,
    )
    assert unmapped(spark, "condition", conditions) == 4


def test_that_no_allergy_is_known_is_none_by_code_or_in_words_and_no_information_is_nothing(spark, implement) -> None:
    """SNOMED CT 716186003 no known allergy, 409137002 to a drug, 429625007 to food, 428607008 to the environment."""
    none = [
        concept(SNOMED, "160244002", "No known allergies"), concept(IPS, "no-known-allergies"),
        concept(IPS, "no-known-medication-allergies"), concept(IPS, "no-known-food-allergies"),
        concept(IPS, "no-known-environmental-allergies"), {"text": "NKDA"}, {"text": "No Known  Drug Allergies."},
        concept("urn:own", "17", "NKA"), concept(SNOMED, "429625007", "No known food allergy"),
    ]  # fmt: skip
    some = [
        concept(IPS, "no-allergy-info"), {"text": "no known allergies to penicillin"}, concept(RXNORM, "1191", "NKDA")
    ]  # fmt: skip
    allergies = [
        {"id": str(n), "patient": {"reference": "Patient/p1"}, "recordedDate": "2001", "code": code}
        for n, code in enumerate([*none, *some])
    ]
    expect(
        implement(SYSTEM, "observation", allergy_intolerance=allergies),
        """
        observation_code | observation_vocabulary | observation_source_value         | observation_name         | value_source_value               | value_code
        716186003        | SNOMED                 | 160244002                        | No known allergies       |                                  |
        716186003        | SNOMED                 | no-known-allergies               |                          |                                  |
        409137002        | SNOMED                 | no-known-medication-allergies    |                          |                                  |
        429625007        | SNOMED                 | no-known-food-allergies          |                          |                                  |
        428607008        | SNOMED                 | no-known-environmental-allergies |                          |                                  |
        409137002        | SNOMED                 | NKDA                             | NKDA                     |                                  |
        409137002        | SNOMED                 | No Known  Drug Allergies.        | No Known  Drug Allergies. |                                 |
        716186003        | SNOMED                 | 17                               | NKA                      |                                  |
        429625007        | SNOMED                 | 429625007                        | No known food allergy    |                                  |
        420134006        | SNOMED                 | AllergyIntolerance               | Propensity to adverse reaction | no known allergies to penicillin |
        420134006        | SNOMED                 | AllergyIntolerance               | Propensity to adverse reaction | 1191                       | 1191
        """,
    )
    assert unmapped(spark, "allergy_intolerance", allergies) == 1


def test_a_date_or_a_part_of_one_that_ends_something_is_its_last_day(implement) -> None:
    base = {"subject": {"reference": "Patient/p1"}, "code": concept(SNOMED, "37320007")}
    ends = [
        {"abatementDateTime": "2015"}, {"abatementDateTime": "2015-02"}, {"abatementDateTime": "2015-02-03"},
        {"abatementDateTime": "2015-02-03T23:00:00-05:00"}, {"abatementPeriod": {"start": "2014", "end": "2015"}},
        {"abatementPeriod": {"start": "2014-04"}},
    ]  # fmt: skip
    conditions = [{**base, "id": str(n), "onsetDateTime": "2014-03-04", **end} for n, end in enumerate(ends)]
    expect(
        implement(SYSTEM, "condition_occurrence", condition=conditions),
        """
        condition_start_date | condition_end_date
        2014-03-04           | 2015-12-31
        2014-03-04           | 2015-02-28
        2014-03-04           | 2015-02-03
        2014-03-04           | 2015-02-03
        2014-03-04           | 2015-12-31
        2014-03-04           | 2014-04-30
        """,
    )
    order = {"id": "o", "subject": {"reference": "Patient/p1"}, "authoredOn": "2020-01-01",
             "medicationCodeableConcept": concept(RXNORM, "1"),
             "dosageInstruction": [{"timing": {"repeat": {"boundsPeriod": {"end": "2020-01-10"}}}}]}  # fmt: skip
    expect(
        implement(SYSTEM, "drug_exposure", medication_request=[order]),
        "drug_exposure_end_datetime\n2020-01-10 23:59:59",
    )
    done = {"id": "p", "subject": {"reference": "Patient/p1"}, "status": "completed", "code": concept(SNOMED, "1"),
            "performedPeriod": {"start": "2020-01-10T08:00:00Z", "end": "2020-01-10"}}  # fmt: skip
    expect(implement(SYSTEM, "procedure_occurrence", procedure=[done]), "procedure_end_datetime\n2020-01-10 23:59:59")


def limits(low: float | None, high: float | None, unit: str = "mmol/L", **rest) -> dict:
    ends = {"low": low, "high": high}
    return {side: quantity(end, unit) for side, end in ends.items() if end is not None} | rest


def test_of_the_reference_ranges_the_normal_one_in_the_unit_of_the_value_counts(implement) -> None:
    def kind(code: str) -> dict:
        return {"type": {"coding": [{"system": MEANING, "code": code}]}}

    male = {"appliesTo": [concept(SNOMED, "248153007", "Male")]}
    ranges = [
        [limits(2.5, 6.5, **kind("critical")), limits(3.5, 5.1)],
        [limits(2.5, 6.5, **kind("therapeutic")), limits(3.5, 5.1, **kind("normal"))],
        [limits(2.5, 6.5, **kind("critical"))],
        [limits(2.5, 6.5, **male), limits(3.5, 5.1, appliesTo=[])],
        [limits(2.5, 6.5, age={"low": quantity(65, "a")}), limits(3.5, 5.1)],
        [limits(62, 90, "mg/dL"), limits(3.5, 5.1, "MMOL/L")],
        [limits(62, 90, "mg/dL")],
        [{"low": {"value": 3.5}, "high": {"value": 5.1}}],
        [{"text": "see comment"}, limits(None, 5.1)],
        [limits(2.5, 6.5, type={"text": "Critical"}), limits(3.5, 5.1, type={"text": "Normal Range"})],
        [{"low": {"value": 3.5, "unit": "millimoles"}}],
    ]
    results = [
        {"id": str(n), "status": "final", "subject": {"reference": "Patient/p1"}, "effectiveDateTime": "2020-03-01",
         "code": concept(LOINC, f"{n}-0"), "valueQuantity": {**quantity(4, "mmol/L"), "unit": "mmol"}, "referenceRange": said}
        for n, said in enumerate(ranges)
    ]  # fmt: skip
    expect(
        implement(SYSTEM, "measurement", observation=results),
        """
        measurement_code | range_low_source_value | range_high_source_value
        0-0              | 3.5                    | 5.1
        1-0              | 3.5                    | 5.1
        2-0              |                        |
        3-0              | 3.5                    | 5.1
        4-0              | 3.5                    | 5.1
        5-0              | 3.5                    | 5.1
        6-0              |                        |
        7-0              | 3.5                    | 5.1
        8-0              |                        | 5.1
        9-0              | 3.5                    | 5.1
        10-0             |                        |
        """,
    )


def test_a_range_in_the_words_of_the_values_unit_is_in_its_unit(implement) -> None:
    cells = {"value": 7, "unit": "K/uL", "system": "http://unitsofmeasure.org", "code": "10*3/uL"}
    panel = {"id": "x", "status": "final", "subject": {"reference": "Patient/p1"}, "effectiveDateTime": "2020-03-01",
             "code": concept(LOINC, "1-0"),
             "component": [{"code": concept(LOINC, "6690-2"), "valueQuantity": cells,
                            "referenceRange": [{"low": {"value": 4.50, "unit": "K/uL"}, "high": {"value": 11, "unit": "K/ul"}}]}]}  # fmt: skip
    expect(
        implement(SYSTEM, "measurement", observation=[panel]),
        "range_low_source_value | range_high_source_value\n4.5 | 11",
    )
