# ruff: noqa: E501 (drawn tables are wide)
from __future__ import annotations

import pytest

from tests.support.calendars import HOSPITALS
from tests.support.text_table import as_read, expect, expect_shape
from twinlake.catalog.gold.person_summary import person_summary
from twinlake.catalog.silver.condition_occurrence import condition_occurrence
from twinlake.catalog.silver.death import death
from twinlake.catalog.silver.location import location
from twinlake.catalog.silver.measurement import measurement
from twinlake.catalog.silver.person import person
from twinlake.catalog.silver.visit_occurrence import visit_occurrence
from twinlake.vocabulary.codes import CODELISTS
from twinlake.vocabulary.fields.gold import FLAGS

PERSON = """
    person_id | sex    | birth_date | year_of_birth | location_id
    1         | female | 1980-03-02 | 1980          | 5
    2         | male   |            | 1950          |
"""
PLACES = """
    location_id | city   | state | postal_code_prefix
    5           | Boston | MA    | 021
"""


@pytest.fixture
def summary(given):
    def build(
        visits: str = "person_id",
        conditions: str = "person_id",
        measurements: str = "person_id",
        deaths: str = "person_id",
    ):
        return person_summary.build(
            given(PERSON, person),
            given(deaths, death),
            given(PLACES, location),
            given(visits, visit_occurrence),
            given(conditions, condition_occurrence),
            given(measurements, measurement),
            HOSPITALS,
        )

    return build


def test_a_person_of_whom_nothing_is_known_has_a_row(summary) -> None:
    actual = summary(deaths="person_id | death_date\n2 | 2021-05-06")
    expect(actual, """
        person_id | sex    | birth_date | year_of_birth | death_date | city   | visit_count | has_diabetes | active_conditions | weight | observed_at
        1         | female | 1980-03-02 | 1980          |            | Boston | 0           | false        | []                |        |
        2         | male   |            | 1950          | 2021-05-06 |        | 0           | false        | []                |        |
    """)  # fmt: skip
    expect_shape(actual, person_summary)


def test_visits_are_counted_once_however_many_hospitals_sent_them(summary) -> None:
    actual = summary("""
        visit_occurrence_id | person_id | visit_start_datetime | visit_end_datetime | hospital
        10                  | 1         | 2020-03-01 08:00     | 2020-03-01 09:00   | b
        99                  | 1         | 2020-03-01 08:00     | 2020-03-01 09:00   | a
        12                  | 1         | 2020-03-05 08:00     |                    | a
    """)
    expect(
        actual.where("person_id = 1"),
        """
        visit_count | first_visit_datetime | last_visit_datetime | observed_at
        2           | 2020-03-01 08:00     | 2020-03-05 08:00    | 2020-03-05 08:00
    """,
    )


def test_a_visit_that_was_still_to_come_when_it_was_delivered_is_none_yet(summary) -> None:
    """A year mistyped; the same at a hospital whose dates are shifted."""
    actual = summary("""
        visit_occurrence_id | person_id | visit_start_datetime | known_from | hospital
        10                  | 1         | 2020-03-01 08:00     | 2020-03-02 | a
        11                  | 1         | 2206-03-01 08:00     | 2020-03-02 | a
        20                  | 2         | 2206-03-01 08:00     | 2020-03-02 | s
    """)
    expect(actual, """
        person_id | visit_count | last_visit_datetime | observed_at
        1         | 1           | 2020-03-01 08:00    | 2020-03-01 08:00
        2         | 1           | 2206-03-01 08:00    | 2206-03-01 08:00
    """)  # fmt: skip


def test_the_latest_value_is_the_one_observed_last_and_of_several_then_the_largest(summary) -> None:
    actual = summary(measurements="""
        person_id | measurement_code | measurement_vocabulary | measurement_datetime | value_as_number | unit_code | operator | hospital
        1         | 29463-7          | LOINC                  | 2020-01-01           | 99              | kg        |          | a
        1         | 29463-7          | LOINC                  | 2021-01-01           | 80              | kg        |          | a
        1         | 29463-7          | LOINC                  | 2021-01-01           | 80.5            | kg        |          | a
        1         | 29463-7          | LOINC                  | 2021-01-01           | 80.5            | kg        |          | b
        1         | 29463-7          | LOINC                  | 2022-01-01           |                 |           |          | a
        1         | 8867-4           | LOINC                  | 2020-06-01           | 40              | /min      | <        | b
        1         | 99999-9          | LOINC                  | 2023-01-01           | 1               | 1         |          | b
    """)  # fmt: skip
    expect(actual.where("person_id = 1"), """
        weight.value | weight.unit_code | weight.observed_at | weight.hospital | heart_rate.value | heart_rate.operator | glucose | observed_at
        80.5         | kg               | 2021-01-01         | b               | 40               | <                   |         | 2023-01-01
    """)  # fmt: skip


def test_a_condition_is_active_if_its_last_recording_has_no_end(summary) -> None:
    actual = summary(conditions="""
        person_id | condition_code | condition_vocabulary | condition_start_date | condition_end_date | condition_name | hospital
        1         | 44054006       | SNOMED               | 2010-01-01           |                    | Diabetes       | a
        1         | 44054006       | SNOMED               | 2015-01-01           |                    | Diabetes       | b
        1         | 195662009      | SNOMED               | 2010-01-01           |                    | Pharyngitis    | a
        1         | 195662009      | SNOMED               | 2012-01-01           | 2012-01-09         | Pharyngitis    | a
        1         | 10509002       | SNOMED               | 2013-01-01           |                    | Bronchitis     | a
        1         | 10509002       | SNOMED               | 2013-01-01           | 2013-01-20         | Bronchitis     | b
        1         | 55822004       | SNOMED               | 2011-01-01           | 2011-02-01         | Lipids         | a
        1         | 55822004       | SNOMED               | 2014-01-01           |                    | Lipids         | a
        2         | 59621000       | SNOMED               | 1990-01-01           | 1991-01-01         | Hypertension   | a
    """)  # fmt: skip
    expect(actual, """
        person_id | active_conditions.condition_name | active_conditions.condition_start_date | has_diabetes | has_hypertension | observed_at
        1         | [Lipids, Diabetes]               | [2014-01-01, 2015-01-01]               | true         | false            | 2015-01-01
        2         | []                               | []                                     | false        | true             | 1990-01-01
    """)  # fmt: skip


def test_a_condition_in_the_icd_10_of_the_who_sets_its_flag(summary) -> None:
    actual = summary(conditions="""
        person_id | condition_code | condition_vocabulary | condition_start_date | hospital
        1         | E11.9          | ICD10                | 2010-01-01           | a
        1         | I50.0          | ICD10                | 2010-01-01           | a
        1         | N18.0          | ICD10                | 2010-01-01           | a
        2         | E14.9          | ICD10                | 2010-01-01           | a
        2         | E66            | ICD10                | 2010-01-01           | a
    """)  # fmt: skip
    expect(actual, """
        person_id | has_diabetes | has_type_2_diabetes | has_heart_failure | has_chronic_kidney_disease | has_obesity | has_hypertension
        1         | true         | true                | true              | true                       | false       | false
        2         | true         | false               | false             | false                      | true        | false
    """)  # fmt: skip


def test_a_condition_that_is_over_is_not_active_though_its_last_day_is_unknown(summary) -> None:
    actual = summary(conditions="""
        person_id | condition_code | condition_vocabulary | condition_start_date | condition_end_date | is_condition_over | condition_name | hospital
        1         | 44054006       | SNOMED               | 2010-01-01           |                    | false             | Diabetes       | a
        1         | 195662009      | SNOMED               | 2010-01-01           |                    | true              | Pharyngitis    | a
        1         | 10509002       | SNOMED               | 2013-01-01           |                    | true              | Bronchitis     | a
        1         | 10509002       | SNOMED               | 2013-01-01           |                    |                   | Bronchitis     | b
        1         | 55822004       | SNOMED               | 2011-01-01           |                    | true              | Lipids         | a
        1         | 55822004       | SNOMED               | 2014-01-01           |                    | false             | Lipids         | a
    """)  # fmt: skip
    expect(actual.where("person_id = 1"), "active_conditions.condition_name\n[Diabetes, Lipids]")


def test_a_claim_tells_that_a_condition_is_active_only_where_nothing_else_does(summary) -> None:
    """A pregnancy that ended stays so though it is billed later; flags and the last observation count bills too."""
    actual = summary(conditions="""
        person_id | condition_code | condition_vocabulary | condition_start_date | condition_end_date | condition_type | condition_name | hospital
        1         | 72892002       | SNOMED               | 2010-01-01           | 2010-09-01         | ehr            | Pregnancy      | a
        1         | 72892002       | SNOMED               | 2010-09-20           |                    | claim          |                | b
        1         | 195662009      | SNOMED               | 2011-01-01           | 2011-01-09         |                | Pharyngitis    | a
        1         | 195662009      | SNOMED               | 2011-01-09           |                    | claim          |                | b
        1         | 55822004       | SNOMED               | 2009-01-01           |                    | problem_list   | Lipids         | a
        1         | 55822004       | SNOMED               | 2012-01-01           |                    | claim          |                | b
        1         | 59621000       | SNOMED               | 2013-01-01           |                    | claim          | Hypertension   | b
        2         | 44054006       | SNOMED               | 2014-01-01           | 2014-02-01         | ehr            | Diabetes       | a
        2         | 44054006       | SNOMED               | 2015-01-01           |                    | claim          |                | b
    """)  # fmt: skip
    expect(actual, """
        person_id | active_conditions.condition_name | active_conditions.condition_start_date | has_hypertension | has_diabetes | observed_at
        1         | [Lipids, Hypertension]           | [2009-01-01, 2013-01-01]               | true             | false        | 2013-01-01
        2         | []                               | []                                     | false            | true         | 2015-01-01
    """)  # fmt: skip


def test_what_is_only_suspected_is_no_condition_and_ends_none(summary) -> None:
    actual = summary(conditions="""
        person_id | condition_code | condition_vocabulary | condition_start_date | condition_end_date | condition_type | condition_name | hospital
        1         | 44054006       | SNOMED               | 2015-01-01           |                    | suspected      | Diabetes       | a
        1         | 59621000       | SNOMED               | 2013-01-01           |                    |                | Hypertension   | a
        1         | 59621000       | SNOMED               | 2014-01-01           | 2014-02-01         | suspected      | Hypertension   | a
    """)  # fmt: skip
    expect(actual.where("person_id = 1"), """
        active_conditions.condition_name | has_hypertension | has_diabetes
        [Hypertension]                   | true             | false
    """)  # fmt: skip


def test_the_view_adds_the_age_at_the_publication_or_at_death(summary) -> None:
    actual = as_read(person_summary, summary(deaths="person_id | death_date\n2 | 2021-05-06"), "2026-03-01 12:00:00")
    expect(actual, "person_id | age_years\n1 | 45\n2 | 71")


def test_a_calendar_that_is_shifted_tells_no_age_at_the_publication_but_at_death(given) -> None:
    """Born in 2020 of a calendar of 2100; the same of a person who died there; observed at the publication."""
    rows = given("""
        person_id | birth_date | year_of_birth | death_date | observed_at
        1         | 2020-03-02 | 2020          |            | 2100-01-01
        2         | 2020-03-02 | 2020          | 2100-03-01 | 2100-01-01
        3         | 2020-03-02 | 2020          |            | 2026-03-03 11:59
        4         | 2020-03-02 | 2020          |            |
    """, person_summary)  # fmt: skip
    actual = as_read(person_summary, rows, "2026-03-01 12:00:00")
    expect(actual, "person_id | age_years\n1 | \n2 | 79\n3 | 5\n4 | 5")


def test_every_codelist_is_a_flag() -> None:
    assert set(FLAGS) == set(CODELISTS)
