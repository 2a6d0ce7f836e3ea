"""Lists of codes by year, and what they say of a code at the date of service."""

# ruff: noqa: E501 (drawn tables are wide)
from __future__ import annotations

from tests.support.text_table import expect, expect_shape
from twinlake.catalog.silver.listed_code import listed_code
from twinlake.declare.codes import through_lists, with_billability

LISTS = """
    vocabulary_id | concept_code | fiscal_year | is_billable | _fact_key:bigint
    ICD10CM       | E11          | 2024        | false       | 1
    ICD10CM       | E11.9        | 2024        | true        | 2
    ICD10CM       | E11.9        | 2024        | false       | 3
    ICD10CM       | I10          | 2025        | true        | 4
    ICD9CM        | 250.00       | 2015        | true        | 5
"""
FACTS = """
    person_id | condition_vocabulary | condition_code | condition_start_date
    1         | ICD10CM              | E11.9          | 2023-10-01
    2         | ICD10CM              | E11.9          | 2024-09-30
    3         | ICD10CM              | E11.9          | 2024-10-01
    4         | ICD10CM              | E11.9          | 2023-09-30
    5         | ICD10CM              | E11            | 2024-01-01
    6         | ICD10CM              | E11.99         | 2024-01-01
    7         | ICD9CM               | 250.00         | 2024-01-01
    8         | ICD9CM               | 250.00         | 2015-09-30
    9         | SNOMED               | 44054006       | 2024-01-01
    10        | ICD10CM              |                | 2024-01-01
"""


def test_each_entry_is_a_row(given) -> None:
    columns = (*listed_code.columns, "_fact_key:bigint")
    actual = listed_code.build(given(LISTS, columns))
    assert actual.count() == 5
    expect_shape(actual, listed_code)


def test_a_code_is_judged_by_the_list_of_the_fiscal_year_of_service_where_that_was_given(given) -> None:
    actual = with_billability(given(FACTS), given(LISTS, listed_code), "condition", "condition_start_date")
    expect(actual, """
        person_id | is_billable_at_service
        1         | true
        2         | true
        3         | false
        4         |
        5         | false
        6         | false
        7         |
        8         | true
        9         |
        10        |
    """)  # fmt: skip


def test_a_list_reaches_whoever_has_a_code_of_its_system_in_its_year(given) -> None:
    through = through_lists("condition_occurrence", "condition", "condition_start_date")
    units = given(FACTS).selectExpr("person_id", f"{through.on} AS _at")
    lists = given(LISTS, listed_code).where("fiscal_year = 2024").selectExpr(f"{through.of} AS _at")
    reached = units.join(lists, "_at", "left_semi").select("person_id").distinct()
    assert sorted(row.person_id for row in reached.collect()) == [1, 2, 5, 6, 10]
