# ruff: noqa: E501 (drawn tables are wide)
from __future__ import annotations

from tests.support.text_table import expect, expect_shape
from twinlake.catalog.gold.unmapped_code import CODED, unmapped_code
from twinlake.plan import read_plan
from twinlake.vocabulary.fields.codes import TABLES

MEASURED = """
    person_id | hospital | system | measurement_code | measurement_vocabulary | measurement_source_value | measurement_name | measurement_datetime
    1         | a        | x      | GLU              | local                  | GLU                      | Glucose          | 2020-01-01 10:00
    1         | a        | x      | GLU              | local                  | GLU                      | Glucose          | 2020-03-01 10:00
    2         | a        | x      |                  |                        | GLU                      | Glucose, serum   | 2019-05-01 23:00
    2         | b        | x      | GLU              | local                  | GLU                      | Glukose          | 2020-01-01 10:00
    1         | a        | x      | 2345-7           | LOINC                  | 2345-7                   | Glucose          | 2020-01-01 10:00
    1         | a        | x      | 2345-7           | LOINC                  | MAPPED                   | Glucose          | 2020-01-01 10:00
    3         | a        | x      |                  |                        |                          | said in words    | 2020-01-01 10:00
    4         | a        | x      |                  |                        | Fall, found by his wife  | Fall             | 2020-01-01 10:00
"""
DIAGNOSED = """
    person_id | hospital | system | condition_code | condition_vocabulary | condition_source_value | condition_name | condition_start_date
    1         | a        | x      | GLU            | local                | GLU                    | Gluten         | 2021-01-01
    1         | a        | x      | E11.9          | ICD10CM              | E11.9                  |                | 2021-01-01
"""


def test_codes_of_no_vocabulary_are_counted_by_hospital_system_and_table(given) -> None:
    drawn = {"measurement": MEASURED, "condition_occurrence": DIAGNOSED}
    tables = read_plan().tables
    actual = unmapped_code.build(*(given(drawn.get(name, "person_id"), tables[name]) for name in CODED))
    expect(actual, """
        hospital | silver_table         | source_code | source_code_description | row_count | person_count | first_seen_date | last_seen_date
        a        | measurement          | GLU         | Glucose                 | 3         | 2            | 2019-05-01      | 2020-03-01
        b        | measurement          | GLU         | Glukose                 | 1         | 1            | 2020-01-01      | 2020-01-01
        a        | measurement          |             |                         | 2         | 2            | 2020-01-01      | 2020-01-01
        a        | condition_occurrence | GLU         | Gluten                  | 1         | 1            | 2021-01-01      | 2021-01-01
    """)  # fmt: skip
    expect_shape(actual, unmapped_code)


def test_a_change_of_a_mapped_row_reaches_no_line_of_the_worklist(given) -> None:
    rows = given(MEASURED, read_plan().tables["measurement"])
    reached = rows.selectExpr(f"{unmapped_code.via['measurement']} AS unit", "measurement_source_value AS code")
    mapped = {r["code"] for r in reached.where("unit IS NULL").toArrow().to_pylist()}
    assert mapped == {"2345-7", "MAPPED"}


def test_the_dictionary_names_the_tables_it_reads() -> None:
    assert tuple(CODED) == TABLES == unmapped_code.inputs
