"""Lists of codes by year, and what they say of a code at the date of service."""

# ruff: noqa: E501 (drawn tables are wide)
from __future__ import annotations

from pyspark.sql import functions as F

from tests.support.text_table import expect, expect_shape
from twinlake.catalog.silver.concept import concept
from twinlake.catalog.silver.condition_occurrence import condition_occurrence
from twinlake.catalog.silver.listed_code import listed_code
from twinlake.declare.codes import local_day, through_lists, with_billability
from twinlake.declare.hospital import Hospital
from twinlake.engine.run import no_rows

LISTS = """
    vocabulary_id | concept_code | fiscal_year | list_start_date | is_billable | _fact_key:bigint
    ICD10CM       | E11          | 2024        | 2023-10-01      | false       | 1
    ICD10CM       | E11.9        | 2024        | 2023-10-01      | true        | 2
    ICD10CM       | E11.9        | 2024        | 2023-10-01      | false       | 3
    ICD10CM       | I10          | 2025        | 2024-10-01      | true        | 4
    ICD9CM        | 250.00       | 2015        | 2014-10-01      | true        | 5
    ICD10CM       | E66.8        | 2025        | 2024-10-01      | true        | 6
    ICD10CM       | I10          | 2025        | 2025-04-01      | true        | 7
    ICD10CM       | E66.8        | 2025        | 2025-04-01      | false       | 8
    ICD10CM       | E66.81       | 2025        | 2025-04-01      | true        | 9
    ICD10PCS      | 02100Z9      | 2025        | 2025-04-01      | true        | 10
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
    11        | ICD10CM              | E66.8          | 2025-03-31
    12        | ICD10CM              | E66.8          | 2025-04-01
    13        | ICD10CM              | E66.81         | 2025-03-31
    14        | ICD10CM              | E66.81         | 2025-09-30
    15        | ICD10PCS             | 02100Z9        | 2025-03-31
    16        | ICD10PCS             | 02100Z9        | 2025-04-01
"""


def test_each_entry_is_a_row(given) -> None:
    columns = (*listed_code.columns, "_fact_key:bigint")
    actual = listed_code.build(given(LISTS, columns))
    assert actual.count() == 10
    expect_shape(actual, listed_code)


def test_a_code_is_judged_by_the_list_of_the_fiscal_year_of_service_where_that_was_given(given) -> None:
    actual = with_billability(given(FACTS), given(LISTS, listed_code), "condition", F.col("condition_start_date"))
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
        11        | true
        12        | false
        13        | false
        14        | true
        15        |
        16        | true
    """)  # fmt: skip


PROCEDURES = """
    person_id | procedure_vocabulary | procedure_code | procedure_datetime  | hospital
    1         | ICD9CM               | 250.00         | 2014-10-01 00:30:00 | new_york
    2         | ICD9CM               | 250.00         | 2014-10-01 00:30:00 | dublin
    3         | ICD9CM               | 250.00         | 2014-10-01 00:00:00 | new_york
    4         | ICD9CM               | 250.00         | 2015-10-01 00:30:00 | new_york
    5         | ICD9CM               | 250.00         | 2015-10-01 00:30:00 | elsewhere
"""


def test_the_day_of_a_moment_is_the_hospital_s_and_midnight_is_a_day_without_a_time(given) -> None:
    """At half past midnight UTC it is still the evening of 30 September in New York."""
    hospitals = {name: Hospital(name, name, zone, f"urn:{name}")
                 for name, zone in (("new_york", "America/New_York"), ("dublin", "Europe/Dublin"))}  # fmt: skip
    rows, lists = given(PROCEDURES), given(LISTS, listed_code)
    expect(with_billability(rows, lists, "procedure", local_day("procedure_datetime", hospitals)), """
        person_id | is_billable_at_service
        1         |
        2         | true
        3         | true
        4         | true
        5         |
    """)  # fmt: skip
    through = through_lists("procedure_occurrence", "procedure", "procedure_datetime")
    units = rows.selectExpr("person_id", f"{through.on} AS _at")
    reached = units.join(lists.selectExpr(f"{through.of} AS _at"), "_at", "left_semi").select("person_id").distinct()
    assert {row.person_id for row in reached.collect()} >= {2, 3, 4}


def test_a_condition_is_judged_only_where_it_was_coded_when_it_is_dated(given) -> None:
    """Any other may be an onset, years before somebody coded it."""
    rows = given("""
        _fact_key:bigint | condition_type | condition_vocabulary | condition_code | condition_start_date
        1                | claim          | ICD10CM              | E11.9          | 2024-01-01
        2                | encounter      | ICD10CM              | E11            | 2024-01-01
        3                | ehr            | ICD10CM              | E11.9          | 2024-01-01
        4                | problem_list   | ICD10CM              | E11.9          | 2024-01-01
        5                |                | ICD10CM              | E11.9          | 2024-01-01
    """, ("hospital", "system", "known_from", "visit_source_id:string", "part:string", "condition_source_value"))  # fmt: skip
    built = condition_occurrence.build(rows, {}, no_rows(rows.sparkSession, concept.ddl), given(LISTS, listed_code))
    expect(built, """
        _fact_key | is_billable_at_service
        1         | true
        2         | false
        3         |
        4         |
        5         |
    """)  # fmt: skip


def test_a_list_reaches_whoever_has_a_code_of_its_system_in_its_year(given) -> None:
    through = through_lists("condition_occurrence", "condition", "condition_start_date")
    units = given(FACTS).selectExpr("person_id", f"{through.on} AS _at")
    lists = given(LISTS, listed_code).where("fiscal_year = 2024").selectExpr(f"{through.of} AS _at")
    reached = units.join(lists, "_at", "left_semi").select("person_id").distinct()
    assert sorted(row.person_id for row in reached.collect()) == [1, 2, 5, 6, 10]
