"""FHIR R4 as it comes, and the rows it becomes."""

# Tables and records are drawn as wide as they are.
# ruff: noqa: E501

from __future__ import annotations

from tests.spec.sources.conftest import frame_of
from tests.support.text_table import expect
from twinlake.catalog.sources.fhir_r4_bulk import SYSTEM

LOINC, SNOMED = "http://loinc.org", "http://snomed.info/sct"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"


def concept(system: str, code: str, text: str | None = None) -> dict:
    return {"coding": [{"system": system, "code": code, "display": text}], "text": text}


def result(ident: str, **rest) -> dict:
    when = {} if {"effectivePeriod", "issued"} & set(rest) else {"effectiveDateTime": "2020-03-01T09:30:00-05:00"}
    return {
        "resourceType": "Observation", "id": ident, "status": "final", "subject": {"reference": "Patient/p1"},
        "encounter": {"reference": "Encounter/e1"}, **when, **rest,
    }  # fmt: skip


def quantity(value: float, unit: str, **rest) -> dict:
    return {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit, **rest}


PRESSURE = result(
    "bp",
    code=concept(LOINC, "85354-9", "Blood pressure panel"),
    component=[
        {"code": concept(LOINC, "8480-6", "Systolic"), "valueQuantity": quantity(120, "mm[Hg]")},
        {"code": concept(LOINC, "8462-4", "Diastolic"), "valueQuantity": quantity(80, "mm[Hg]")},
    ],
)


def test_a_quantity_becomes_a_measurement_at_its_utc_time(implement) -> None:
    glucose = result("g", code=concept(LOINC, "2345-7", "Glucose"), valueQuantity=quantity(98.5, "mg/dL"))
    expect(
        implement(SYSTEM, "measurement", observation=[glucose]),
        """
        source_person_id | measurement_code | measurement_vocabulary | measurement_name | measurement_datetime | value_source_value | unit_source_value | visit_source_id | part
        p1               | 2345-7           | LOINC                  | Glucose          | 2020-03-01 14:30     | 98.5               | mg/dL             | e1              | ''
        """,
    )


def test_each_component_of_a_panel_is_a_row_and_the_panel_itself_is_none(implement) -> None:
    expect(
        implement(SYSTEM, "measurement", observation=[PRESSURE]),
        """
        measurement_code | value_source_value | unit_source_value | part
        8480-6           | 120                | mm[Hg]            | 8480-6
        8462-4           | 80                 | mm[Hg]            | 8462-4
        """,
    )


def test_two_components_of_one_code_are_told_apart(implement) -> None:
    part = {"code": concept(LOINC, "8480-6"), "valueQuantity": quantity(120, "mm[Hg]")}
    rows = implement(
        SYSTEM, "measurement", observation=[result("x", code=concept(LOINC, "1-1"), component=[part, part])]
    )
    expect(
        rows,
        """
        measurement_code | part
        8480-6           | 8480-6
        8480-6           | 8480-6#2
        """,
    )


def test_a_survey_with_numbers_and_words_gives_rows_to_both_tables(implement) -> None:
    survey = result(
        "s",
        code=concept(LOINC, "93025-5", "PRAPARE"),
        component=[
            {"code": concept(LOINC, "63586-2"), "valueQuantity": quantity(42000, "/a")},
            {"code": concept(LOINC, "93033-9", "Housing"), "valueCodeableConcept": concept(LOINC, "LA30186-3", "No")},
            {"code": concept(LOINC, "71802-3"), "valueString": "with family"},
            {"code": concept(LOINC, "1-2"), "valueBoolean": False},
        ],
    )
    expect(
        implement(SYSTEM, "measurement", observation=[survey]),
        """
        measurement_code | value_source_value
        63586-2          | 42000
        """,
    )
    expect(
        implement(SYSTEM, "observation", observation=[survey]),
        """
        observation_code | observation_name | value_source_value | value_as_string | value_code | value_vocabulary
        93033-9          | Housing          | LA30186-3          | No              | LA30186-3  | LOINC
        71802-3          |                  | with family        | with family     |            |
        1-2              |                  | false              | false           |            |
        """,
    )


def test_a_ratio_a_range_and_a_period_are_told_in_words_beside_a_number_too(implement) -> None:
    values = [
        {"valueQuantity": quantity(5, "mg")},
        {"valueRatio": {"numerator": {"value": 1}, "denominator": {"value": 128}}},
        {"valueRange": {"low": quantity(2, "mg/dL"), "high": quantity(5, "mg/dL")}},
        {"valueRange": {"high": quantity(5, "mg/dL")}},
        {"valuePeriod": {"start": "2020-01-01", "end": "2020-02-01"}},
    ]
    parts = [{"code": concept(LOINC, f"{n}-1"), **value} for n, value in enumerate(values)]
    alone = result("alone", code=concept(LOINC, "9-1"), **values[1])
    records = [result("panel", code=concept(LOINC, "8-1"), component=parts), alone]
    expect(implement(SYSTEM, "measurement", observation=records), "measurement_code\n0-1")
    expect(
        implement(SYSTEM, "observation", observation=records),
        """
        observation_code | value_source_value      | value_as_string
        1-1              | 1:128                   | 1:128
        2-1              | 2 mg/dL - 5 mg/dL       | 2 mg/dL - 5 mg/dL
        3-1              | ? - 5 mg/dL             | ? - 5 mg/dL
        4-1              | 2020-01-01 - 2020-02-01 | 2020-01-01 - 2020-02-01
        9-1              | 1:128                   | 1:128
        """,
    )


def test_a_comparator_stands_in_front_of_its_number_and_ranges_are_kept(implement) -> None:
    troponin = result(
        "t",
        code=concept(LOINC, "6598-7"),
        valueQuantity=quantity(0.01, "ng/mL", comparator="<"),
        referenceRange=[{"low": quantity(0, "ng/mL"), "high": quantity(0.04, "ng/mL")}],
    )
    expect(
        implement(SYSTEM, "measurement", observation=[troponin]),
        """
        value_source_value | unit_source_value | range_low_source_value | range_high_source_value
        <0.01              | ng/mL             | 0                      | 0.04
        """,
    )


def test_a_part_of_a_date_is_its_first_day_and_a_period_its_start(implement) -> None:
    def weight(ident: str, **when) -> dict:
        return {
            **result(ident, code=concept(LOINC, ident), valueQuantity=quantity(80, "kg"), issued="2021-05-06"),
            **when,
        }

    records = [
        weight("1-1", effectiveDateTime="2020"),
        weight("1-2", effectiveDateTime="2020-07"),
        weight("1-3", effectiveDateTime="2020-07-15"),
        weight("1-4", effectivePeriod={"start": "2020-07-15T08:00:00Z", "end": "2020-07-15T09:00:00Z"}),
        weight("1-5"),
    ]
    expect(
        implement(SYSTEM, "measurement", observation=records),
        """
        measurement_code | measurement_datetime
        1-1              | 2020-01-01
        1-2              | 2020-07-01
        1-3              | 2020-07-15
        1-4              | 2020-07-15 08:00
        1-5              | 2021-05-06
        """,
    )


def test_of_several_codings_the_first_in_a_known_vocabulary_counts_and_a_local_code_is_local(implement) -> None:
    both = {"coding": [{"system": "urn:own", "code": "GLU"}, {"system": LOINC, "code": "2345-7"}], "text": "Sugar"}
    own = {"coding": [{"system": "urn:own", "code": "GLU"}]}
    words = {"text": "Sugar"}
    records = [
        result(str(n), code=code, valueQuantity=quantity(1, "mg/dL")) for n, code in enumerate((both, own, words))
    ]
    expect(
        implement(SYSTEM, "measurement", observation=records),
        """
        measurement_code | measurement_vocabulary | measurement_source_value | measurement_name
        2345-7           | LOINC                  | 2345-7                   | Sugar
        GLU              | local                  | GLU                      |
                         |                        | Sugar                    | Sugar
        """,
    )


def test_what_is_observed_of_somebody_else_is_not_the_patients(spark, implement) -> None:
    """R4: Observation.focus, what is observed where that is not the patient of record, or its extension focusCode."""
    url = "http://hl7.org/fhir/StructureDefinition/observation-focusCode"
    told = [
        {}, {"focus": [{"reference": "Patient/p1"}]}, {"focus": []}, {"extension": [{"url": "urn:other"}]},
        {"focus": [{"reference": "Condition/c1"}]}, {"focus": [{"reference": "https://h/fhir/Patient/p1/_history/2"}]},
        {"focus": [{"reference": "RelatedPerson/p1"}]}, {"focus": [{"display": "the fetus"}]},
        {"focus": [{"reference": "Patient/p1"}, {"reference": "Device/p1"}]},
        {"extension": [{"url": url, "valueCodeableConcept": {"text": "donor"}}]},
    ]  # fmt: skip
    rate = {"code": concept(LOINC, "8867-4"), "valueQuantity": quantity(140, "/min")}
    mood = {"code": concept(LOINC, "1-1"), "valueString": "well"}
    records = [
        result(f"{kind}{n}", **value, **said)
        for n, said in enumerate(told)
        for kind, value in (("r", rate), ("m", mood))
    ]
    assert [implement(SYSTEM, table, observation=records).count() for table in ("measurement", "observation")] == [6, 6]
    feed = SYSTEM.feed("observation")
    assert frame_of(spark, SYSTEM, feed, records).where(" or ".join(feed.unmapped.values())).count() == 8


def test_what_was_entered_in_error_or_cancelled_gives_no_row(implement) -> None:
    records = [
        {**result("a", code=concept(LOINC, "1-1"), valueQuantity=quantity(1, "kg")), "status": "entered-in-error"},
        {**result("b", code=concept(LOINC, "1-1"), valueQuantity=quantity(1, "kg")), "status": "cancelled"},
    ]
    assert implement(SYSTEM, "measurement", observation=records).count() == 0


ORGANIZATIONS = [
    {"id": "o1", "name": "North", "identifier": [{"system": "urn:npi", "value": "77"}, {"system": "urn:x", "value": "5"}],
     "address": [{"city": "Winthrop", "state": "Massachusetts", "postalCode": "02152-1234"}]},
    {"id": "o2", "name": "South"},
]  # fmt: skip


def test_a_visit_finds_its_care_site_however_it_is_referred_to(implement) -> None:
    references = {
        "a": "Organization?identifier=urn:npi|77",
        "b": "Organization/o1",
        "c": "urn:uuid:o1",
        "d": "https://example.org/fhir/Organization/o2/_history/3",
        "e": "Organization?identifier=urn:x%7C5",
        "f": "Organization/nowhere",
        "g": "Practitioner/o1",
        "h": "https://example.org/fhir/HealthcareService/o1",
        "i": "#o1",
        "j": "Location?identifier=urn:npi|77",
    }
    encounters = [
        {"id": ident, "status": "finished", "class": {"code": "AMB"}, "subject": {"reference": "Patient/p1"},
         "period": {"start": "2020-01-01T10:00:00Z", "end": "2020-01-01T11:00:00Z"},
         "serviceProvider": {"reference": reference}}
        for ident, reference in references.items()
    ]  # fmt: skip
    expect(
        implement(SYSTEM, "visit_occurrence", encounter=encounters, organization=ORGANIZATIONS),
        """
        visit_source_id | care_site_source_id | visit_code | visit_start_datetime | visit_end_datetime
        a               | o1                  | AMB        | 2020-01-01 10:00     | 2020-01-01 11:00
        b               | o1                  | AMB        | 2020-01-01 10:00     | 2020-01-01 11:00
        c               | o1                  | AMB        | 2020-01-01 10:00     | 2020-01-01 11:00
        d               | o2                  | AMB        | 2020-01-01 10:00     | 2020-01-01 11:00
        e               | o1                  | AMB        | 2020-01-01 10:00     | 2020-01-01 11:00
        f               |                     | AMB        | 2020-01-01 10:00     | 2020-01-01 11:00
        g               |                     | AMB        | 2020-01-01 10:00     | 2020-01-01 11:00
        h               |                     | AMB        | 2020-01-01 10:00     | 2020-01-01 11:00
        i               |                     | AMB        | 2020-01-01 10:00     | 2020-01-01 11:00
        j               |                     | AMB        | 2020-01-01 10:00     | 2020-01-01 11:00
        """,
    )


def test_two_organizations_with_one_identifier_do_not_double_a_visit(implement) -> None:
    twice = [{"id": ident, "identifier": [{"system": "urn:npi", "value": "77"}]} for ident in ("o1", "o2")]
    encounter = {"id": "e", "period": {"start": "2020"}, "subject": {"reference": "Patient/p1"},
                 "serviceProvider": {"reference": "Organization?identifier=urn:npi|77"}}  # fmt: skip
    assert implement(SYSTEM, "visit_occurrence", encounter=[encounter], organization=twice).count() == 1


def test_an_organization_is_a_care_site_in_a_coarse_place(implement) -> None:
    expect(
        implement(SYSTEM, "care_site", organization=ORGANIZATIONS),
        """
        care_site_source_id | care_site_name | city     | state | postal_code_prefix
        o1                  | North          | WINTHROP | MA    | 021
        o2                  | South          |          |       |
        """,
    )


def test_a_condition_lasts_from_onset_to_abatement_as_days_were_written(implement) -> None:
    base = {"subject": {"reference": "Patient/p1"}, "code": concept(SNOMED, "37320007", "Loss of teeth")}
    status = {"coding": [{"code": "refuted"}]}
    conditions = [
        {**base, "id": "a", "onsetDateTime": "1976-01-19T22:58:16-05:00", "abatementDateTime": "1976-02-01"},
        {**base, "id": "b", "recordedDate": "2001-02"},
        {**base, "id": "c", "recordedDate": "2001-02", "verificationStatus": status},
    ]
    expect(
        implement(SYSTEM, "condition_occurrence", condition=conditions),
        """
        condition_code | condition_vocabulary | condition_start_date | condition_end_date
        37320007       | SNOMED               | 1976-01-19           | 1976-02-01
        37320007       | SNOMED               | 2001-02-01           |
        """,
    )


def test_a_condition_may_be_over_though_nobody_says_since_when(implement) -> None:
    """R4: clinicalStatus inactive, remission and resolved, and any abatement; STU3: abatementBoolean, a code."""
    base = {"subject": {"reference": "Patient/p1"}, "code": concept(SNOMED, "37320007"), "onsetDateTime": "2001"}
    told = [
        *({"clinicalStatus": {"coding": [{"code": code}]}} for code in ("active", "recurrence", "relapse")),
        {}, {"abatementBoolean": False},
        *({"clinicalStatus": {"coding": [{"code": code}]}} for code in ("inactive", "remission", "resolved")),
        {"clinicalStatus": "resolved"}, {"abatementBoolean": True}, {"abatementString": "as a child"},
        {"abatementAge": quantity(7, "a")}, {"abatementRange": {"low": quantity(7, "a")}},
    ]  # fmt: skip
    rows = implement(
        SYSTEM, "condition_occurrence", condition=[{**base, **said, "id": str(n)} for n, said in enumerate(told)]
    )
    found = [(row.is_condition_over, row.condition_end_date) for row in rows.collect()]
    assert found == [(False, None)] * 5 + [(True, None)] * 8


def test_a_drug_is_found_in_the_order_inside_it_or_where_it_refers_to(implement) -> None:
    def order(ident: str, **drug) -> dict:
        return {"id": ident, "status": "active", "intent": "order", "subject": {"reference": "Patient/p1"},
                "authoredOn": "2020-01-01T10:00:00Z", **drug}  # fmt: skip

    inside = {
        "contained": [{"id": "m", "code": concept(RXNORM, "2", "Two")}],
        "medicationReference": {"reference": "#m"},
    }
    orders = [
        order("a", medicationCodeableConcept=concept(RXNORM, "1", "One"),
              dosageInstruction=[{"route": {"text": "oral"}, "doseAndRate": [{"doseQuantity": {"value": 2, "unit": "mg"}}]}]),
        order("b", **inside),
        order("c", medicationReference={"reference": "Medication/m3"}),
        order("d", medicationReference={"reference": "Medication/gone", "display": "Four"}),
        {**order("e", medicationCodeableConcept=concept(RXNORM, "5")), "intent": "proposal"},
        {**order("f", medicationCodeableConcept=concept(RXNORM, "6")), "doNotPerform": True},
    ]  # fmt: skip
    medications = [{"id": "m3", "code": concept(RXNORM, "3", "Three")}]
    expect(
        implement(SYSTEM, "drug_exposure", medication_request=orders, medication=medications),
        """
        drug_code | drug_vocabulary | drug_name | drug_type | drug_status | dose_source_value | dose_unit_source_value | route_source_value
        1         | RxNorm          | One       | order     | active      | 2                 | mg                     | oral
        2         | RxNorm          | Two       | order     | active      |                   |                        |
        3         | RxNorm          | Three     | order     | active      |                   |                        |
                  |                 | Four      | order     | active      |                   |                        |
        """,
    )


def test_an_order_ends_with_its_dosage_or_its_supply_and_not_when_it_may_no_longer_be_filled(implement) -> None:
    """Until 31 January by its Dosage; ten days; three fills of thirty days; a month of 30.4375 days (UCUM)."""

    def bounds(**said) -> dict:
        return {"timing": {"repeat": said}}

    def days(value: float, code: str = "d") -> dict:
        return {"value": value, "system": "http://unitsofmeasure.org", "code": code}

    validity = {"validityPeriod": {"start": "2020-01-01", "end": "2021-01-01"}}
    told = [
        {"dispenseRequest": validity},
        {"dispenseRequest": validity, "dosageInstruction": [bounds(boundsPeriod={"end": "2020-01-31T00:00:00Z"})]},
        {"dosageInstruction": [bounds(boundsDuration=days(10))]},
        {"dispenseRequest": {**validity, "expectedSupplyDuration": days(30), "numberOfRepeatsAllowed": 2}},
        {"dispenseRequest": {"expectedSupplyDuration": days(1, "mo")}},
        {"dispenseRequest": {"expectedSupplyDuration": days(1, "fortnight")}},
        {"dosageInstruction": [bounds(boundsDuration=days(10)), bounds(boundsDuration=days(20))]},
        {"dosageInstruction": [{"text": "once a day"}]},
    ]  # fmt: skip
    orders = [
        {"id": str(n), "subject": {"reference": "Patient/p1"}, "authoredOn": "2020-01-01T08:00:00Z",
         "medicationCodeableConcept": concept(RXNORM, str(n)), **said} for n, said in enumerate(told)
    ]  # fmt: skip
    expect(
        implement(SYSTEM, "drug_exposure", medication_request=orders),
        """
        drug_code | drug_exposure_end_datetime
        0         |
        1         | 2020-01-31 00:00
        2         | 2020-01-11 08:00
        3         | 2020-03-31 08:00
        4         | 2020-01-31 18:30
        5         |
        6         |
        7         |
        """,
    )


def test_an_episode_of_care_is_no_visit(implement) -> None:
    """R4: MedicationAdministration.context is Reference(Encounter | EpisodeOfCare), both may have the id 5."""
    given = {"status": "completed", "subject": {"reference": "Patient/p1"}, "effectiveDateTime": "2020-01-01",
             "medicationCodeableConcept": concept(RXNORM, "1", "One")}  # fmt: skip
    contexts = ("EpisodeOfCare/5", "https://h/EpisodeOfCare/5/_history/1", "https://h/Encounter/5", "urn:uuid:5", "5")
    records = [{**given, "id": str(n), "context": {"reference": said}} for n, said in enumerate(contexts)]
    rows = implement(SYSTEM, "drug_exposure", medication_administration=records)
    assert sorted(str(row.visit_source_id) for row in rows.collect()) == ["5", "5", "5", "None", "None"]


def test_administrations_and_immunisations_are_exposures_too(implement) -> None:
    given = {"id": "a", "status": "completed", "subject": {"reference": "Patient/p1"}, "context": {"reference": "Encounter/e"},
             "medicationCodeableConcept": concept(RXNORM, "1", "One"), "effectivePeriod": {"start": "2020-01-01", "end": "2020-01-02"},
             "dosage": {"dose": {"value": 4, "unit": "mg"}}}  # fmt: skip
    jab = {"id": "b", "status": "completed", "patient": {"reference": "Patient/p1"}, "occurrenceDateTime": "2016-11-06",
           "vaccineCode": concept("http://hl7.org/fhir/sid/cvx", "140", "Influenza")}  # fmt: skip
    refused = {**jab, "id": "c", "status": "not-done"}
    expect(
        implement(SYSTEM, "drug_exposure", medication_administration=[given], immunization=[jab, refused]),
        """
        drug_code | drug_vocabulary | drug_type      | drug_exposure_start_datetime | drug_exposure_end_datetime | dose_source_value | visit_source_id
        1         | RxNorm          | administration | 2020-01-01                   | 2020-01-02 23:59:59        | 4                 | e
        140       | CVX             | immunisation   | 2016-11-06                   |                            |                   |
        """,
    )


def test_a_subpotent_dose_is_no_immunisation(spark, implement) -> None:
    """R4: Immunization.isSubpotent is a modifier element; without it a dose is potent."""
    jab = {"status": "completed", "patient": {"reference": "Patient/p1"}, "occurrenceDateTime": "2016-11-06",
           "vaccineCode": concept("http://hl7.org/fhir/sid/cvx", "140", "Influenza")}  # fmt: skip
    told = [{**jab, "id": "a"}, {**jab, "id": "b", "isSubpotent": False}, {**jab, "id": "c", "isSubpotent": True}]
    feed = SYSTEM.feed("immunization")
    assert implement(SYSTEM, "drug_exposure", immunization=told).count() == 2
    assert frame_of(spark, SYSTEM, feed, told).where(" or ".join(feed.unmapped.values())).count() == 1


def test_what_was_handed_out_and_what_somebody_says_is_taken_are_exposures_of_their_own_kind(implement) -> None:
    base = {"status": "completed", "subject": {"reference": "Patient/p1"}, "context": {"reference": "Encounter/e"}}
    dosage = [
        {
            "text": "one a day",
            "route": {"text": "oral"},
            "doseAndRate": [{"doseQuantity": {"value": 2.50, "unit": "mg"}}],
        }
    ]
    drug = {"medicationCodeableConcept": concept(RXNORM, "1", "One")}
    dispensed = [
        {**base, **drug, "id": "a", "whenPrepared": "2020-01-01", "whenHandedOver": "2020-01-02", "dosageInstruction": dosage},
        {**base, "id": "b", "medicationReference": {"reference": "Medication/m2"}, "whenPrepared": "2020-01-03",
         "daysSupply": quantity(7, "d")},
        *({**base, **drug, "id": status, "status": status, "whenHandedOver": "2020-01-02"}
          for status in ("preparation", "in-progress", "on-hold", "cancelled", "declined", "entered-in-error")),
    ]  # fmt: skip
    stated = [
        {**base, **drug, "id": "c", "status": "active", "effectivePeriod": {"start": "2019", "end": "2020-02-01"},
         "dosage": [{"text": "when needed"}]},
        {**base, **drug, "id": "d", "status": "unknown", "dateAsserted": "2020-03-01"},
        *({**base, **drug, "id": status, "status": status, "dateAsserted": "2020-03-01"}
          for status in ("not-taken", "intended", "entered-in-error")),
    ]  # fmt: skip
    expect(
        implement(SYSTEM, "drug_exposure", medication_dispense=dispensed, medication_statement=stated,
                  medication=[{"id": "m2", "code": concept(RXNORM, "2", "Two")}]),
        """
        drug_code | drug_type  | drug_status | drug_exposure_start_datetime | drug_exposure_end_datetime | dose_source_value | dose_unit_source_value | route_source_value | visit_source_id
        1         | dispensing | completed   | 2020-01-02                   |                            | 2.5               | mg                     | oral               | e
        2         | dispensing | completed   | 2020-01-03                   | 2020-01-10                 |                   |                        |                    | e
        1         | statement  | active      | 2019-01-01                   | 2020-02-01 23:59:59        | when needed       |                        |                    | e
        1         | statement  | unknown     | 2020-03-01                   |                            |                   |                        |                    | e
        """,
    )  # fmt: skip


def test_a_status_is_read_by_the_value_set_of_its_resource(implement) -> None:
    """R4: a completed MedicationDispense was picked up; a completed MedicationRequest or -Statement is over."""
    base = {"subject": {"reference": "Patient/p1"}, "medicationCodeableConcept": concept(RXNORM, "1")}
    statuses = ("active", "on-hold", "completed", "stopped", "unknown")
    resources = [{**base, "id": status, "status": status} for status in statuses]
    rows = implement(
        SYSTEM, "drug_exposure", medication_request=[*resources, {**base, "id": "untold"}],
        medication_dispense=[r for r in resources if r["status"] in ("completed", "stopped", "unknown")],
        medication_statement=resources, medication_administration=[resources[2]],
    )  # fmt: skip
    expect(
        rows,
        """
        drug_type      | drug_status | is_course_over
        order          | active      | false
        order          | on-hold     | false
        order          | completed   | true
        order          | stopped     | true
        order          | unknown     | false
        order          |             |
        dispensing     | completed   | false
        dispensing     | stopped     | true
        dispensing     | unknown     | false
        statement      | active      | false
        statement      | on-hold     | false
        statement      | completed   | true
        statement      | stopped     | true
        statement      | unknown     | false
        administration | completed   |
        """,
    )


def test_of_an_allergy_the_kind_is_observed_and_what_it_is_against_is_the_value(implement) -> None:
    base = {"patient": {"reference": "Patient/p1"}, "recordedDate": "2001-02-03T10:00:00Z"}
    aspirin, shellfish = concept(RXNORM, "1191", "Aspirin"), concept(SNOMED, "300913006", "Shellfish allergy")
    allergies = [
        {
            **base,
            "id": "a",
            "type": "allergy",
            "category": ["medication"],
            "code": aspirin,
            "encounter": {"reference": "Encounter/e"},
        },
        {**base, "id": "b", "type": "intolerance", "category": ["food", "medication"], "code": shellfish},
        {**base, "id": "c", "type": "allergy", "category": ["biologic"], "code": {"text": "Bee venom"}},
        {"id": "d", "patient": {"reference": "Patient/p1"}, "code": aspirin, "onsetDateTime": "1999"},
        {**base, "id": "e", "code": concept(SNOMED, "716186003", "No known allergy")},
    ]
    expect(
        implement(SYSTEM, "observation", allergy_intolerance=allergies),
        """
        source_person_id | observation_code | observation_vocabulary | observation_source_value | observation_name               | observation_datetime | value_code | value_vocabulary | value_source_value | value_as_string   | visit_source_id
        p1               | 416098002        | SNOMED                 | allergy medication       | Allergy to drug                | 2001-02-03 10:00     | 1191       | RxNorm           | 1191               | Aspirin           | e
        p1               | 235719002        | SNOMED                 | intolerance food         | Intolerance to food            | 2001-02-03 10:00     | 300913006  | SNOMED           | 300913006          | Shellfish allergy |
        p1               | 419199007        | SNOMED                 | allergy biologic         | Allergy to substance           | 2001-02-03 10:00     |            |                  | Bee venom          | Bee venom         |
        p1               | 420134006        | SNOMED                 | AllergyIntolerance       | Propensity to adverse reaction | 1999-01-01           | 1191       | RxNorm           | 1191               | Aspirin           |
        p1               | 716186003        | SNOMED                 | 716186003                | No known allergy               | 2001-02-03 10:00     |            |                  |                    |                   |
        """,
    )


def test_an_allergy_that_is_resolved_or_inactive_is_left_out_with_its_reason(spark, implement) -> None:
    base = {"patient": {"reference": "Patient/p1"}, "recordedDate": "2001", "code": concept(RXNORM, "1191", "Aspirin")}
    said = (
        {"coding": [{"code": "active"}]},
        {"coding": [{"code": "inactive"}]},
        {"coding": [{"code": "resolved"}]},
        "resolved",
    )
    allergies = [{**base, "id": str(n), "clinicalStatus": status} for n, status in enumerate(said)]
    feed = SYSTEM.feed("allergy_intolerance")
    assert implement(SYSTEM, "observation", allergy_intolerance=allergies).count() == 1
    assert frame_of(spark, SYSTEM, feed, allergies).where(" or ".join(feed.unmapped.values())).count() == 3


def test_an_allergy_that_was_refuted_or_entered_in_error_gives_no_row(implement) -> None:
    base = {"patient": {"reference": "Patient/p1"}, "recordedDate": "2001", "code": concept(RXNORM, "1191", "Aspirin")}
    allergies = [
        {**base, "id": status, "verificationStatus": {"coding": [{"code": status}]}}
        for status in ("refuted", "entered-in-error")
    ]
    assert implement(SYSTEM, "observation", allergy_intolerance=allergies).count() == 0


def test_a_procedure_has_a_start_and_an_end(implement) -> None:
    procedure = {"id": "a", "status": "completed", "code": concept(SNOMED, "710824005", "Assessment"),
                 "subject": {"reference": "Patient/p1"}, "encounter": {"reference": "urn:uuid:e1"},
                 "performedPeriod": {"start": "2016-11-06T03:14:07+00:00", "end": "2016-11-06T04:04:00Z"}}  # fmt: skip
    expect(
        implement(SYSTEM, "procedure_occurrence", procedure=[procedure]),
        """
        procedure_code | procedure_datetime  | procedure_end_datetime | visit_source_id
        710824005      | 2016-11-06 03:14:07 | 2016-11-06 04:04:00    | e1
        """,
    )


def test_a_procedure_in_icd_is_of_its_list_of_procedures(implement) -> None:
    """FHIR has one URI for ICD-9-CM, whose volume 3 is procedures: 36.10 is a bypass, 361.0 a detached retina."""
    coded = {
        "ninth": ("http://hl7.org/fhir/sid/icd-9-cm", "3610"),
        "tenth": ("http://hl7.org/fhir/sid/icd-10-cm", "0210093"),
    }
    procedures = [
        {"id": ident, "status": "completed", "code": concept(*code), "subject": {"reference": "Patient/p1"}}
        for ident, code in coded.items()
    ]
    expect(
        implement(SYSTEM, "procedure_occurrence", procedure=procedures),
        """
        procedure_code | procedure_vocabulary | procedure_source_value
        36.10          | ICD9Proc             | 3610
        0210093        | ICD10PCS             | 0210093
        """,
    )


US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-"


def kept_under(kind: str, value: str) -> dict:
    return {"type": {"coding": [{"code": kind}]}, "value": value}


def test_a_patient_is_standardised_for_linkage(implement) -> None:
    patient = {
        "id": "p1",
        "name": [{"use": "maiden", "family": "Heller342"}, {"use": "official", "family": "O’Hand679", "given": ["José6", "Ana"]}],
        "birthDate": "1996-09-01", "gender": "female", "deceasedDateTime": "2021-01-02T23:30:00-05:00",
        "extension": [{"url": US_CORE + "race", "extension": [{"url": "text", "valueString": "White"}]},
                      {"url": US_CORE + "ethnicity", "extension": [{"url": "ombCategory", "valueCoding": {"display": "Hispanic"}}]}],
        "identifier": [kept_under("MR", "m-1"), kept_under("SS", "999-26-8761"), kept_under("DL", "S999 73208"),
                       kept_under("PPN", "X61742673X")],
        "telecom": [{"system": "email", "value": "x"}, {"system": "phone", "value": "555-498-8396"}],
        "address": [{"line": ["736  Hayes", "Unit 2"], "city": "Winthrop", "state": "MA", "postalCode": "02128"}],
        "maritalStatus": concept("urn:v3", "M", "Married"),
    }  # fmt: skip
    rows = implement(SYSTEM, "source_person", patient=[patient])
    expect(
        rows,
        """
        given_name | middle_name | family_name | maiden_name | birth_date | year_of_birth | sex    | death_date
        JOSE       | ANA         | O'HAND      | HELLER      | 1996-09-01 | 1996          | female | 2021-01-02
        """,
    )
    expect(
        rows,
        """
        ssn       | licence_number | passport_number | mrn | phone      | address_line     | city     | state | postal_code
        999268761 | S99973208      | X61742673X      | m-1 | 5554988396 | 736 HAYES UNIT 2 | WINTHROP | MA    | 02128
        """,
    )
    expect(
        rows,
        """
        race_source_value | ethnicity_source_value | marital_status
        White             | Hispanic               | M
        """,
    )


def test_what_is_no_longer_used_of_a_patient_is_not_taken_for_what_is(implement) -> None:
    def old_and(**new) -> list[dict]:
        return [{**new, "use": "old", "value": "1", "city": "Oldtown"}, {**new, "value": "2", "city": "Newtown"}]

    kinds = ("MR", "SS", "DL", "PPN")
    identifiers = [part for kind in kinds for part in old_and(type={"coding": [{"code": kind}]})]
    moved = {"id": "a", "identifier": identifiers, "telecom": old_and(system="phone"), "address": old_and(use="work")}
    known = {"id": "b", "identifier": old_and(system="urn:st-a:mrn")}
    gone = {"id": "c", "identifier": identifiers[::2], "telecom": old_and(system="phone")[:1], "address": old_and()[:1]}
    expect(
        implement(SYSTEM, "source_person", patient=[moved, known, gone]),
        """
        source_person_id | mrn | ssn | licence_number | passport_number | phone | city
        a                | 2   | 2   | 2              | 2               | 2     | NEWTOWN
        b                | 2   |     |                |                 |       |
        c                |     |     |                |                 |       |
        """,
    )


def test_a_year_of_birth_alone_is_a_year_and_no_date(implement) -> None:
    expect(
        implement(SYSTEM, "source_person", patient=[{"id": "p1", "birthDate": "1950"}, {"id": "p2"}]),
        """
        source_person_id | birth_date | year_of_birth | sex
        p1               |            | 1950          | unknown
        p2               |            |               | unknown
        """,
    )


def test_empty_lists_and_missing_parts_break_nothing(implement) -> None:
    bare = {"status": "final", "subject": {"reference": "Patient/p1"}, "effectiveDateTime": "2020-01-01"}
    observations = [
        {**bare, "id": "a", "component": [], "code": {"coding": []}, "valueCodeableConcept": {"coding": []}},
        {**bare, "id": "b", "component": [{"valueQuantity": {"value": 1}}], "referenceRange": []},
    ]
    expect(
        implement(SYSTEM, "measurement", observation=observations),
        """
        measurement_code | measurement_source_value | value_source_value | unit_source_value | part
                         |                          | 1                  |                   | component
        """,
    )
    assert implement(SYSTEM, "observation", observation=observations).count() == 0
    order = {"id": "o", "subject": {"reference": "Patient/p1"}, "authoredOn": "2020", "contained": [],
             "dosageInstruction": [{"route": {"coding": []}, "doseAndRate": []}]}  # fmt: skip
    assert implement(SYSTEM, "drug_exposure", medication_request=[order]).collect()[0].route_source_value is None
    patient = {"id": "p", "name": [], "extension": [{"url": US_CORE + "race", "extension": []}], "identifier": [],
               "telecom": [], "address": [], "maritalStatus": {"coding": []}}  # fmt: skip
    assert implement(SYSTEM, "source_person", patient=[patient]).collect()[0].family_name is None


def test_a_link_that_replaces_a_patient_is_a_merge_and_one_that_only_refers_is_none(implement) -> None:
    def patient(ident: str, *links: tuple[str, str]) -> dict:
        said = [{"type": kind, "other": {"reference": other}} for kind, other in links]
        return {"resourceType": "Patient", "id": ident, "meta": {"lastUpdated": "2020-03-01T09:30:00Z"}, "link": said}

    old = patient("old", ("replaced-by", "Patient/new"), ("replaced-by", "Patient/new"), ("seealso", "Patient/x"))
    new = patient("new", ("replaces", "https://h/Patient/older/_history/2"), ("refer", "Patient/y"))
    expect(
        implement(SYSTEM, "person_merge", patient=[old, new, patient("none")]),
        """
        source_person_id | retired_source_person_id | surviving_source_person_id | merged_at        | is_in_force
        old              | old                      | new                        | 2020-03-01 09:30 | true
        new              | older                    | new                        | 2020-03-01 09:30 | true
        """,
    )


def test_a_patient_is_merged_with_a_patient_only(implement) -> None:
    """R4: Patient.link.other is Reference(Patient | RelatedPerson)."""
    links = [{"type": "replaced-by", "other": {"reference": f"{kind}/7"}} for kind in ("RelatedPerson", "Patient")]
    expect(
        implement(SYSTEM, "person_merge", patient=[{"id": "1", "link": links}, {"id": "2", "link": links[:1]}]),
        """
        retired_source_person_id | surviving_source_person_id
        1                        | 7
        """,
    )
