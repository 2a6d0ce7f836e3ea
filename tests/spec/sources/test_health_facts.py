"""Encounters of diabetics without dates, and the rows they become."""

# Tables and records are drawn as wide as they are.
# ruff: noqa: E501

from __future__ import annotations

from tests.support.text_table import expect
from twinlake.catalog.silver.concept import concept
from twinlake.catalog.silver.measurement import measurement
from twinlake.catalog.sources.health_facts import HEADER, SYSTEM
from twinlake.declare.hospital import Hospital
from twinlake.vocabulary.codelists import CODELISTS

COLUMNS = HEADER.split(",")
# The first encounter of the extract, as Strack's page shows its columns.
FIRST = {
    "encounter_id": "2278392", "patient_nbr": "8222157", "race": "Caucasian", "gender": "Female", "age": "[0-10)",
    "admission_type_id": "6", "discharge_disposition_id": "25", "admission_source_id": "1", "time_in_hospital": "1",
    "medical_specialty": "Pediatrics-Endocrinology", "num_lab_procedures": "41", "num_procedures": "0",
    "num_medications": "1", "number_outpatient": "0", "number_emergency": "0", "number_inpatient": "0",
    "diag_1": "250.83", "number_diagnoses": "1", "change": "No", "diabetesMed": "No", "readmitted": "NO",
}  # fmt: skip
IDS = b"""admission_type_id,description\r
1,Emergency\r
6,NULL\r
,\r
discharge_disposition_id,description\r
1,Discharged to home\r
11,Expired\r
19,"Expired at home. Medicaid only, hospice."\r
,\r
admission_source_id,description\r
1, Physician Referral\r
7, Emergency Room\r
"""


def encounters(*told: dict[str, str]) -> str:
    """A file of these encounters; what is not told is `?`, no drug is given and no test is done."""
    blank = {name: "?" for name in COLUMNS} | {name: "No" for name in COLUMNS[24:47]}
    rows = [{**blank, "max_glu_serum": "None", "A1Cresult": "None", **FIRST, **more} for more in told]
    assert all([*row] == COLUMNS for row in rows)
    return "\n".join([HEADER, *(",".join(row.values()) for row in rows)])


def test_a_person_is_all_their_encounters_together(implement) -> None:
    """[70-80) on day zero: born 2020 to 2030. The highest number tells the age, any encounter the race and the death."""
    raw = encounters(
        {"encounter_id": "9", "race": "Asian", "age": "[60-70)"},
        {
            "encounter_id": "11",
            "race": "?",
            "age": "[70-80)",
            "discharge_disposition_id": "19",
            "time_in_hospital": "4",
        },
        {"encounter_id": "12", "patient_nbr": "8", "gender": "Unknown/Invalid", "race": "?", "age": "?"},
    )
    expect(
        implement(SYSTEM, "source_person", diabetic_data=raw),
        """
        source_person_id | year_of_birth | year_of_birth_margin | sex     | race_source_value | death_date | birth_date
        8222157          | 2025          | 5                    | female  | Asian             | 2100-01-05 |
        8                |               |                      | unknown |                   |            |
        """,
    )


def test_an_encounter_is_a_stay_without_an_end_whose_kind_is_told_in_words(implement) -> None:
    raw = encounters({"encounter_id": "1", "admission_type_id": "1"}, {"encounter_id": "2", "admission_type_id": "8"})
    expect(
        implement(SYSTEM, "visit_occurrence", diabetic_data=raw, ids_mapping=IDS),
        """
        visit_source_id | source_person_id | visit_code | visit_source_value | visit_start_datetime | visit_end_datetime
        1               | 8222157          | IMP        | Emergency          | 2100-01-01           |
        2               | 8222157          | IMP        | 8                  | 2100-01-01           |
        """,
    )


def test_diagnoses_are_icd_9_with_their_leading_zeros_v_and_e_codes(implement) -> None:
    raw = encounters(
        {"encounter_id": "1", "diag_1": "250.83", "diag_2": "V57", "diag_3": "E885"},
        {"encounter_id": "2", "diag_1": "38", "diag_2": "8", "diag_3": "5.1"},
        {"encounter_id": "3", "diag_1": "?", "diag_2": "276", "diag_3": "XX1"},
    )
    expect(
        implement(SYSTEM, "condition_occurrence", diabetic_data=raw),
        """
        visit_source_id | condition_code | condition_vocabulary | condition_source_value | condition_start_date | part
        1               | 250.83         | ICD9CM               | 250.83                 | 2100-01-01           | diag_1
        1               | V57            | ICD9CM               | V57                    | 2100-01-01           | diag_2
        1               | E885           | ICD9CM               | E885                   | 2100-01-01           | diag_3
        2               | 038            | ICD9CM               | 38                     | 2100-01-01           | diag_1
        2               | 008            | ICD9CM               | 8                      | 2100-01-01           | diag_2
        2               | 005.1          | ICD9CM               | 5.1                    | 2100-01-01           | diag_3
        3               | 276            | ICD9CM               | 276                    | 2100-01-01           | diag_2
        3               | XX1            | local                | XX1                    | 2100-01-01           | diag_3
        """,
    )


def test_diabetes_gets_its_trailing_zeros_but_where_the_fifth_digit_is_gone_from_the_whole_extract(implement) -> None:
    """250.01 and 250.11 stand in the extract but no 250.00 or 250.10, and of 250.6 and 250.7 no fifth digit at all."""
    raw = encounters(
        {"encounter_id": "1", "diag_1": "250", "diag_2": "250.1", "diag_3": "250.9"},
        {"encounter_id": "2", "diag_1": "250.6", "diag_2": "250.7", "diag_3": "250.01"},
        {"encounter_id": "3", "diag_1": "250.5", "diag_2": "250.8", "diag_3": "251"},
    )
    expect(
        implement(SYSTEM, "condition_occurrence", diabetic_data=raw),
        """
        condition_source_value | condition_code | condition_vocabulary
        250                    | 250.00         | ICD9CM
        250.1                  | 250.10         | ICD9CM
        250.9                  | 250.90         | ICD9CM
        250.6                  | 250.6          | ICD9CM
        250.7                  | 250.7          | ICD9CM
        250.01                 | 250.01         | ICD9CM
        250.5                  | 250.50         | ICD9CM
        250.8                  | 250.80         | ICD9CM
        251                    | 251            | ICD9CM
        """,
    )


def test_type_2_diabetes_is_told_by_the_codes_that_got_their_zeros_back(implement) -> None:
    """ICD-9-CM's fifth digit 0 is type 2 or unspecified; 250.6 tells no type."""
    raw = encounters({"diag_1": "250", "diag_2": "250.4", "diag_3": "250.6"})
    rows = implement(SYSTEM, "condition_occurrence", diabetic_data=raw).collect()
    type_2 = CODELISTS["has_type_2_diabetes"]["ICD9CM"]
    assert {row.condition_source_value for row in rows if row.condition_code in type_2} == {"250", "250.4"}
    assert all(row.condition_code in CODELISTS["has_diabetes"]["ICD9CM"] for row in rows)


def test_a_drug_column_that_is_not_no_is_an_order(implement) -> None:
    raw = encounters(
        {"insulin": "Up", "metformin": "Steady", "glyburide-metformin": "Down", "glipizide": "No", "examide": "Steady"}
    )
    expect(
        implement(SYSTEM, "drug_exposure", diabetic_data=raw),
        """
        drug_code | drug_vocabulary | drug_source_value   | drug_type | drug_status | drug_exposure_start_datetime | visit_source_id
        A10A      | ATC             | insulin             | order     | Up          | 2100-01-01                   | 2278392
        A10BA02   | ATC             | metformin           | order     | Steady      | 2100-01-01                   | 2278392
        A10BD02   | ATC             | glyburide-metformin | order     | Down        | 2100-01-01                   | 2278392
        examide   | local           | examide             | order     | Steady      | 2100-01-01                   | 2278392
        """,
    )


def test_laboratory_bands_keep_their_comparator_and_what_was_not_done_is_no_row(implement, given) -> None:
    raw = encounters(
        {"encounter_id": "1", "A1Cresult": ">8", "max_glu_serum": ">300", "weight": "[75-100)"},
        {"encounter_id": "2", "A1Cresult": "Norm", "weight": ">200"},
        {"encounter_id": "3"},
    )
    hospitals = {"st_a": Hospital("st_a", "A", "UTC", "urn:a", calendar="shifted")}
    expect(
        measurement.build(implement(SYSTEM, "measurement", diabetic_data=raw), hospitals, given("concept_id", concept)),
        """
        measurement_code | measurement_vocabulary | value_source_value | operator | value_as_number | value_as_string | unit_code | conversion_rule
        4548-4           | LOINC                  | >8                 | >        | 8               |                 | %         | identity
        max_glu_serum    | local                  | >300               | >        | 300             |                 | mg/dL     | as_reported
        29463-7          | LOINC                  | [75-100)           |          |                 | [75-100)        |           | not_numeric
        4548-4           | LOINC                  | Norm               |          |                 | Norm            |           | not_numeric
        29463-7          | LOINC                  | >200               | >        | 90.718474       |                 | kg        | ucum
        """,
    )


def test_everything_else_is_an_observation_and_ids_get_their_words_from_the_right_table(implement) -> None:
    rows = implement(SYSTEM, "observation", diabetic_data=encounters({"admission_source_id": "7"}), ids_mapping=IDS)
    shown = ("age", "time_in_hospital", "readmitted", "payer_code", "discharge_disposition_id", "admission_source_id")
    expect(
        rows.where(rows.observation_code.isin(*shown)),
        """
        observation_code         | observation_vocabulary | value_source_value | value_as_string | unit_source_value | visit_source_id
        age                      | local                  | [0-10)             | [0-10)          | a                 | 2278392
        time_in_hospital         | local                  | 1                  | 1               | d                 | 2278392
        readmitted               | local                  | NO                 | NO              |                   | 2278392
        discharge_disposition_id | local                  | 25                 | 25              |                   | 2278392
        admission_source_id      | local                  | 7                  | Emergency Room  |                   | 2278392
        """,
    )
