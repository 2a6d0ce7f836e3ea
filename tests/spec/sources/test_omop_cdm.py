"""Another site's OMOP CDM as it comes, and the rows it becomes."""

# Tables and records are drawn as wide as they are.
# ruff: noqa: E501

from __future__ import annotations

from tests.support.text_table import expect
from twinlake.catalog.sources._omop_feeds import FEEDS
from twinlake.catalog.sources.omop_cdm import SYSTEM

CONCEPT = """
concept_id,concept_name,domain_id,vocabulary_id,concept_class_id,standard_concept,concept_code,valid_start_date,valid_end_date,invalid_reason
0,No matching concept,Metadata,None,Undefined,,No matching concept,1970-01-01,2099-12-31,
201826,Type 2 diabetes mellitus,Condition,SNOMED,Disorder,S,44054006,1970-01-01,2099-12-31,
35206882,Type 2 diabetes mellitus without complications,Condition,ICD10CM,5-char billing code,,E11.9,1970-01-01,2099-12-31,
3025315,Body weight,Measurement,LOINC,Clinical Observation,S,29463-7,1970-01-01,2099-12-31,
9529,kilogram,Unit,UCUM,Unit,S,kg,1970-01-01,2099-12-31,
8840,milligram per deciliter,Unit,UCUM,Unit,S,mg/dL,1970-01-01,2099-12-31,
19073183,amoxicillin 500 MG Oral Capsule,Drug,RxNorm,Clinical Drug,S,308182,1970-01-01,2099-12-31,
40213227,"zoster, live",Drug,CVX,CVX,S,121,1970-01-01,2099-12-31,
4132161,Oral,Route,SNOMED,Qualifier Value,S,26643006,1970-01-01,2099-12-31,
45884084,Positive,Meas Value,LOINC,Answer,S,LA6576-8,1970-01-01,2099-12-31,
8527,White,Race,Race,Race,S,5,1970-01-01,2099-12-31,
35206000,Some local idea,Condition,Vendor X,Thing,,X-1,1970-01-01,2099-12-31,
"""


def table(name: str, *rows: dict[str, str]) -> str:
    """A file of the table with these columns told and all others empty."""
    columns = next(feed.columns for feed in FEEDS if feed.name == name)
    assert all({*row} <= {*columns} for row in rows)
    lines = [",".join({**dict.fromkeys(columns, ""), **row}.values()) for row in rows]
    return "\n".join([",".join(columns), *lines])


def test_a_person_has_a_death_a_home_and_words_for_what_is_only_a_concept(implement) -> None:
    persons = table(
        "person",
        {"person_id": "1", "gender_concept_id": "8507", "year_of_birth": "1998", "month_of_birth": "4",
         "day_of_birth": "9", "race_concept_id": "8527", "location_id": "7", "person_source_value": "mrn-1"},
        {"person_id": "2", "gender_concept_id": "0", "year_of_birth": "1950", "month_of_birth": "6",
         "gender_source_value": "F", "race_source_value": "black", "race_concept_id": "8516"},
        {"person_id": "3", "gender_concept_id": "8551"},
    )  # fmt: skip
    deaths = table("death", {"person_id": "1", "death_date": "2019-05-28", "death_datetime": "2019-05-28 00:00:00"})
    places = table("location", {"location_id": "7", "address_1": "1 Main St", "city": "Newark", "state": "New Jersey",
                                "zip": "07102-1234"})  # fmt: skip
    expect(
        implement(SYSTEM, "source_person", person=persons, death=deaths, location=places, concept=CONCEPT),
        """
        source_person_id | birth_date | year_of_birth | sex     | race_source_value | death_date | address_line | city   | state | postal_code | mrn   | family_name
        1                | 1998-04-09 | 1998          | male    | White             | 2019-05-28 | 1 MAIN ST    | NEWARK | NJ    | 07102       | mrn-1 |
        2                |            | 1950          | female  | black             |            |              |        |       |             |       |
        3                |            |               | unknown |                   |            |              |        |       |             |       |
        """,
    )


def test_a_header_may_be_in_capitals(implement) -> None:
    persons = table("person", {"person_id": "1", "gender_concept_id": "8532", "year_of_birth": "1950"})
    head, row = persons.split("\n")
    expect(
        implement(SYSTEM, "source_person", person=f"{head.upper()}\n{row}"),
        """
        source_person_id | year_of_birth | sex
        1                | 1950          | female
        """,
    )


def test_a_file_may_be_named_in_capitals() -> None:
    assert {SYSTEM.feed_of(name).name for name in ("PERSON.csv", "Person.CSV", "person.csv")} == {"person"}
    assert SYSTEM.why_ignored("NOTE_NLP.csv") and SYSTEM.feed_of("visit_detail.csv") is None


def test_a_visit_keeps_its_concept_and_midnight_is_a_day(implement) -> None:
    visits = table(
        "visit_occurrence",
        {"visit_occurrence_id": "1", "person_id": "1", "visit_concept_id": "9201", "visit_start_date": "2000-12-27",
         "visit_start_datetime": "2000-12-27 00:00:00", "visit_end_date": "2000-12-28",
         "visit_end_datetime": "2000-12-28 09:30:00", "visit_source_value": "inpatient", "care_site_id": "5"},
        {"visit_occurrence_id": "2", "person_id": "1", "visit_concept_id": "38004311", "visit_source_concept_id": "0",
         "visit_start_date": "2001-01-02"},
    )  # fmt: skip
    expect(
        implement(SYSTEM, "visit_occurrence", visit_occurrence=visits),
        """
        visit_source_id | visit_code | visit_concept_id        | visit_source_concept_id        | visit_source_value | visit_start_datetime | visit_end_datetime | care_site_source_id
        1               | IMP        | 9201                    |                                | inpatient          | 2000-12-27           | 2000-12-28 14:30   | 5
        2               |            | 38004311                | 0                              |                    | 2001-01-02           |                    |
        """,
    )


def test_a_condition_is_its_own_code_else_the_standard_one_else_local_with_its_ids(implement) -> None:
    told = [("E11.9", "35206882", "201826"), ("T2DM", "0", "201826"), ("65363002", "372328", "372328"),
            ("xyz", "0", "0"), ("", "372328", "0"), ("X-1", "35206000", "0")]  # fmt: skip
    conditions = table("condition_occurrence", *(
        {"condition_occurrence_id": str(n), "person_id": "1", "condition_source_value": source,
         "condition_source_concept_id": own, "condition_concept_id": standard, "condition_start_date": "2002-10-15",
         "condition_start_datetime": "2002-10-15 00:00:00"} for n, (source, own, standard) in enumerate(told)
    ))  # fmt: skip
    expect(
        implement(SYSTEM, "condition_occurrence", condition_occurrence=conditions, concept=CONCEPT),
        """
        condition_code | condition_vocabulary | condition_source_value | condition_name                                 | condition_concept_id | condition_source_concept_id | condition_start_date
        E11.9          | ICD10CM              | E11.9                  | Type 2 diabetes mellitus without complications | 201826               | 35206882                    | 2002-10-15
        44054006       | SNOMED               | T2DM                   | Type 2 diabetes mellitus                       | 201826               | 0                           | 2002-10-15
        65363002       | local                | 65363002               |                                                | 372328               | 372328                      | 2002-10-15
        xyz            | local                | xyz                    |                                                | 0                    | 0                           | 2002-10-15
        372328         | local                | 372328                 |                                                | 0                    | 372328                      | 2002-10-15
        X-1            | local                | X-1                    | Some local idea                                | 0                    | 35206000                    | 2002-10-15
        """,
    )


def test_the_icd_10_of_the_who_stays_what_it_is(implement) -> None:
    """OMOP's own names are no aliases: to a claim the word `ICD10` means ICD-10-CM, in CONCEPT it is the WHO's."""
    head = CONCEPT.strip().split("\n")[0]
    known = f"{head}\n45596190,Other,Condition,ICD10,ICD10 code,,E14.9,1970-01-01,2099-12-31,"
    conditions = table("condition_occurrence", {
        "condition_occurrence_id": "1", "person_id": "1", "condition_source_concept_id": "45596190",
        "condition_start_date": "2002-10-15",
    })  # fmt: skip
    expect(
        implement(SYSTEM, "condition_occurrence", condition_occurrence=conditions, concept=known),
        """
        condition_code | condition_vocabulary
        E14.9          | ICD10
        """,
    )


def test_a_drug_says_how_it_is_known_as_far_as_its_type_does(implement) -> None:
    told = [
        ("32869", "19073183", ""),
        ("32838", "19073183", ""),
        ("32817", "19073183", "4132161"),
        ("32818", "40213227", ""),
    ]
    drugs = table("drug_exposure", *(
        {"drug_exposure_id": str(n), "person_id": "1", "drug_concept_id": drug, "drug_source_concept_id": drug,
         "drug_type_concept_id": kind, "route_concept_id": route, "drug_exposure_start_date": "2014-04-22",
         "drug_exposure_end_date": "2014-05-06", "drug_source_value": "said"} for n, (kind, drug, route) in enumerate(told)
    ))  # fmt: skip
    expect(
        implement(SYSTEM, "drug_exposure", drug_exposure=drugs, concept=CONCEPT),
        """
        drug_code | drug_vocabulary | drug_source_value | drug_concept_id | drug_type    | route_source_value | drug_exposure_start_datetime | drug_exposure_end_datetime
        308182    | RxNorm          | said              | 19073183        | dispensing   |                    | 2014-04-22                   | 2014-05-06
        308182    | RxNorm          | said              | 19073183        | order        |                    | 2014-04-22                   | 2014-05-06
        308182    | RxNorm          | said              | 19073183        | unknown      | Oral               | 2014-04-22                   | 2014-05-06
        121       | CVX             | said              | 40213227        | immunisation |                    | 2014-04-22                   | 2014-05-06
        """,
    )


def test_a_measured_value_is_its_number_with_its_operator_in_the_unit_it_was_mapped_to(implement) -> None:
    told = [
        {"value_as_number": "48.1", "value_source_value": "48.10 kg", "unit_concept_id": "9529", "unit_source_value": "kilo",
         "measurement_source_value": "W", "measurement_concept_id": "3025315"},
        {"value_as_number": "5", "operator_concept_id": "4171756", "unit_concept_id": "8840",
         "measurement_source_value": "2345-7", "measurement_concept_id": "3004501"},
        {"value_as_number": "5", "value_source_value": "<5", "unit_source_value": "mg/dL", "unit_concept_id": "0",
         "measurement_source_value": "CRP", "measurement_concept_id": "0"},
        {"value_source_value": "Not detected", "measurement_source_value": "2345-7", "measurement_concept_id": "0"},
        {"value_as_concept_id": "45884084", "measurement_source_value": "PREG", "measurement_concept_id": "0"},
        {"measurement_source_value": "171207006", "measurement_concept_id": "4150502", "range_low": "1", "range_high": "2"},
    ]  # fmt: skip
    values = table("measurement", *(
        {"measurement_id": str(n), "person_id": "1", "measurement_date": "2013-05-17", **row} for n, row in enumerate(told)
    ))  # fmt: skip
    expect(
        implement(SYSTEM, "measurement", measurement=values, concept=CONCEPT),
        """
        measurement_code | measurement_vocabulary | measurement_source_value | measurement_concept_id | value_source_value | unit_source_value | unit_concept_id | value_as_concept_id | range_low_source_value
        29463-7          | LOINC                  | W                        | 3025315                | 48.1               | kg                | 9529            |                     |
        2345-7           | LOINC                  | 2345-7                   | 3004501                | <5                 | mg/dL             | 8840            |                     |
        CRP              | local                  | CRP                      | 0                      | <5                 | mg/dL             | 0               |                     |
        2345-7           | LOINC                  | 2345-7                   | 0                      | Not detected       |                   |                 |                     |
        PREG             | local                  | PREG                     | 0                      | Positive           |                   |                 | 45884084            |
        171207006        | local                  | 171207006                | 4150502                |                    |                   |                 |                     | 1
        """,
    )


def test_of_a_text_beside_a_number_only_the_comparator_counts(implement) -> None:
    """A site that mapped <0.5 mg/dL of creatinine to <44.2 umol/L keeps its own words beside it."""
    told = [("44.2", "<0.5", ""), ("5", "<5 mg/dL", ""), ("5", " ≥ 5", ""), ("5", "4", ""), ("5", "<<see note", ""),
            ("5", "<5", "4172704"), ("", "<0.5", "")]  # fmt: skip
    values = table("measurement", *(
        {"measurement_id": str(n), "person_id": "1", "measurement_date": "2013-05-17", "measurement_source_value": str(n),
         "unit_source_value": "umol/L", "value_as_number": number, "value_source_value": text, "operator_concept_id": operator}
        for n, (number, text, operator) in enumerate(told)
    ))  # fmt: skip
    expect(
        implement(SYSTEM, "measurement", measurement=values),
        """
        measurement_code | value_source_value | unit_source_value
        0                | <44.2              | umol/L
        1                | <5                 | umol/L
        2                | ≥5                 | umol/L
        3                | 5                  | umol/L
        4                | 5                  | umol/L
        5                | >5                 | umol/L
        6                | <0.5               | umol/L
        """,
    )


def test_a_unit_is_of_the_number_that_stands_with_it(implement) -> None:
    """0.5 mg/dL of creatinine are 44.2 umol/L (8749); 720999 stands in no concept.csv."""
    told = [("44.2", "8749", "mg/dL", "0.5", ""), ("44.2", "720999", "mg/dL", "0.5", ""), ("44.2", "720999", "mg/dL", "<0.5", ""),
            ("44.2", "720999", "mg/dL", "half", ""), ("44.2", "720999", "mg/dL", "", ""), ("44.2", "0", "umol/L", "0.5", ""),
            ("44.2", "", "umol/L", "", ""), ("44.2", "720999", "mg/dL", "0.5", "4171754"), ("5", "8645", "", "", ""),
            ("", "720999", "mg/dL", "0.5", ""), ("44.2", "720999", "mg/dL", "-.5", "")]  # fmt: skip
    values = table("measurement", *(
        {"measurement_id": str(n), "person_id": "1", "measurement_date": "2013-05-17", "measurement_source_value": str(n),
         "value_as_number": number, "unit_concept_id": concept, "unit_source_value": unit, "value_source_value": text,
         "operator_concept_id": operator, "range_low": "40"}
        for n, (number, concept, unit, text, operator) in enumerate(told)
    ))  # fmt: skip
    expect(
        implement(SYSTEM, "measurement", measurement=values),
        """
        measurement_code | value_source_value | unit_source_value | range_low_source_value
        0                | 44.2               | umol/L            | 40
        1                | 0.5                | mg/dL             |
        2                | <0.5               | mg/dL             |
        3                | 44.2               |                   | 40
        4                | 44.2               |                   | 40
        5                | 44.2               | umol/L            | 40
        6                | 44.2               | umol/L            | 40
        7                | <=0.5              | mg/dL             |
        8                | 5                  | U/L               | 40
        9                | 0.5                | mg/dL             |
        10               | -.5                | mg/dL             |
        """,
    )


def test_a_number_observed_stands_in_its_own_unit_too(implement) -> None:
    told = table(
        "observation",
        {"observation_id": "1", "person_id": "1", "observation_date": "2013-05-17", "observation_source_value": "X",
         "value_as_number": "44.2", "unit_concept_id": "720999", "unit_source_value": "mg/dL", "value_source_value": "0.5"},
    )  # fmt: skip
    expect(
        implement(SYSTEM, "observation", observation=told),
        """
        value_source_value | value_as_string | unit_source_value
        0.5                | 0.5             | mg/dL
        """,
    )


def test_a_condition_is_over_if_its_status_is_resolved(implement) -> None:
    statuses = ("32906", "32893", "0", "")
    conditions = table("condition_occurrence", *(
        {"condition_occurrence_id": str(n), "person_id": "1", "condition_source_value": str(n),
         "condition_start_date": "2002-10-15", "condition_status_concept_id": status} for n, status in enumerate(statuses)
    ))  # fmt: skip
    rows = implement(SYSTEM, "condition_occurrence", condition_occurrence=conditions)
    expect(rows, "condition_code | is_condition_over\n0 | true\n1 |\n2 |\n3 |")


def test_an_order_is_no_procedure(implement) -> None:
    types = ("32833", "32838", "38000177", "38000275", "32817", "0", "")
    procedures = table("procedure_occurrence", *(
        {"procedure_occurrence_id": str(n), "person_id": "1", "procedure_source_value": str(n),
         "procedure_date": "2010-04-30", "procedure_type_concept_id": kind} for n, kind in enumerate(types)
    ))  # fmt: skip
    expect(
        implement(SYSTEM, "procedure_occurrence", procedure_occurrence=procedures),
        "procedure_code | procedure_datetime\n3 | 2010-04-30\n4 | 2010-04-30\n5 | 2010-04-30\n6 | 2010-04-30",
    )


def test_an_answer_is_a_code_where_its_concept_resolves(implement) -> None:
    answers = table(
        "observation",
        {"observation_id": "1", "person_id": "1", "observation_date": "2022-07-08",
         "observation_source_value": "72166-2", "observation_concept_id": "43054909", "value_as_concept_id": "45884084"},
        {"observation_id": "2", "person_id": "1", "observation_date": "2022-07-08", "observation_source_value": "job",
         "observation_concept_id": "0", "value_as_string": "nurse", "value_as_concept_id": "0"},
        {"observation_id": "3", "person_id": "1", "observation_date": "2022-07-08", "observation_source_value": "81",
         "observation_concept_id": "40771103", "value_as_number": "3", "unit_source_value": "d"},
    )  # fmt: skip
    expect(
        implement(SYSTEM, "observation", observation=answers, concept=CONCEPT),
        """
        observation_code | observation_vocabulary | observation_concept_id | value_as_string | value_code | value_vocabulary | value_as_concept_id | unit_source_value
        72166-2          | LOINC                  | 43054909               | Positive        | LA6576-8   | LOINC            | 45884084            |
        job              | local                  | 0                      | nurse           |            |                  | 0                   |
        81               | local                  | 40771103               | 3               |            |                  |                     | d
        """,
    )


def test_a_procedure_and_a_care_site(implement) -> None:
    procedures = table("procedure_occurrence", {
        "procedure_occurrence_id": "1", "person_id": "1", "procedure_concept_id": "4298386",
        "procedure_source_concept_id": "4298386", "procedure_source_value": "386516004",
        "procedure_date": "2010-04-30", "procedure_datetime": "2010-04-30 10:15:00"})  # fmt: skip
    sites = table("care_site", {"care_site_id": "5", "care_site_name": "Ward 5", "location_id": "7"})
    places = table("location", {"location_id": "7", "city": "Newark", "state": "NJ", "zip": "07102"})
    expect(
        implement(SYSTEM, "procedure_occurrence", procedure_occurrence=procedures, concept=CONCEPT),
        """
        procedure_code | procedure_vocabulary | procedure_concept_id | procedure_source_concept_id | procedure_datetime | procedure_end_datetime
        386516004      | local                | 4298386              | 4298386                     | 2010-04-30 14:15   |
        """,
    )
    expect(
        implement(SYSTEM, "care_site", care_site=sites, location=places),
        """
        care_site_source_id | care_site_name | city   | state | postal_code_prefix
        5                   | Ward 5         | NEWARK | NJ    | 071
        """,
    )


def test_without_a_concept_table_nothing_resolves_and_nothing_is_lost(implement) -> None:
    conditions = table("condition_occurrence", {
        "condition_occurrence_id": "1", "person_id": "1", "condition_source_value": "E11.9",
        "condition_source_concept_id": "35206882", "condition_concept_id": "201826",
        "condition_start_date": "2002-10-15"})  # fmt: skip
    expect(
        implement(SYSTEM, "condition_occurrence", condition_occurrence=conditions),
        """
        condition_code | condition_vocabulary | condition_concept_id | condition_source_concept_id
        E11.9          | local                | 201826               | 35206882
        """,
    )
