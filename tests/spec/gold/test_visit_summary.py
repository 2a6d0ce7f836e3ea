# ruff: noqa: E501 (drawn tables are wide)
from __future__ import annotations

import pytest

from tests.support.calendars import HOSPITALS
from tests.support.text_table import expect, expect_shape
from twinlake.catalog.gold.visit_summary import visit_summary
from twinlake.catalog.silver.care_site import care_site
from twinlake.catalog.silver.condition_occurrence import condition_occurrence
from twinlake.catalog.silver.death import death
from twinlake.catalog.silver.drug_exposure import drug_exposure
from twinlake.catalog.silver.measurement import measurement
from twinlake.catalog.silver.person import person
from twinlake.catalog.silver.procedure_occurrence import procedure_occurrence
from twinlake.catalog.silver.visit_occurrence import visit_occurrence
from twinlake.declare.hospital import Hospital

SYDNEY = Hospital("sydney", "sydney", "Australia/Sydney", "urn:sydney")
PERSON = """
    person_id | birth_date | year_of_birth
    1         | 1980-03-02 | 1980
    2         |            | 1950
"""
SITE = """
    care_site_id | care_site_name
    7            | Ward 7
"""


@pytest.fixture
def summary(given):
    def build(
        visits: str,
        conditions: str = "person_id",
        procedures: str = "person_id",
        drugs: str = "person_id",
        measurements: str = "person_id",
        deaths: str = "person_id",
    ):
        return visit_summary.build(
            given(visits, visit_occurrence),
            given(PERSON, person),
            given(conditions, condition_occurrence),
            given(procedures, procedure_occurrence),
            given(drugs, drug_exposure),
            given(measurements, measurement),
            given(SITE, care_site),
            given(deaths, death),
            {**HOSPITALS, "sydney": SYDNEY},
        )

    return build


def test_a_visit_has_its_length_place_and_the_age_of_the_person(summary) -> None:
    actual = summary("""
        visit_occurrence_id | person_id | visit_code | visit_start_datetime | visit_end_datetime  | care_site_id | hospital
        10                  | 1         | IMP        | 2020-03-01 08:00     | 2020-03-03 20:30    | 7            | a
        11                  | 1         | AMB        | 2020-03-02 08:00     |                     |              | a
        20                  | 2         | AMB        | 2020-03-02 08:00     | 2020-03-02 08:15    | 8            | a
    """)
    expect(actual, """
        visit_occurrence_id | person_id | visit_code | length_of_stay_hours | age_at_visit_years | care_site_name | hospitals
        10                  | 1         | IMP        | 60.5                 | 39                 | Ward 7         | [a]
        11                  | 1         | AMB        |                      | 40                 |                | [a]
        20                  | 2         | AMB        | 0.25                 | 70                 |                | [a]
    """)  # fmt: skip
    expect_shape(actual, visit_summary)


def test_the_length_of_a_stay_is_told_where_both_its_ends_are_moments_or_both_are_days(summary) -> None:
    """Visit 4 began on 1 March in Sydney, where its end was 9 in the morning of that day."""
    actual = summary("""
        visit_occurrence_id | person_id | visit_code | visit_start_datetime | visit_end_datetime | hospital
        1                   | 1         | IMP        | 2026-03-01 10:00     | 2026-03-01         | a
        2                   | 1         | IMP        | 2026-04-01 10:00     | 2026-04-03         | a
        3                   | 2         | IMP        | 2026-03-01           | 2026-03-03         | a
        4                   | 2         | IMP        | 2026-05-01           | 2026-04-30 22:00   | sydney
        5                   | 2         | AMB        | 2026-06-01           | 2026-06-01         | a
    """)
    expect(actual, """
        visit_occurrence_id | length_of_stay_hours | is_readmitted_30_days
        1                   |                      | false
        2                   |                      | false
        3                   | 48                   | false
        4                   |                      | false
        5                   | 0                    |
    """)  # fmt: skip


def test_a_stay_that_is_booked_is_no_readmission_yet(summary) -> None:
    actual = summary("""
        visit_occurrence_id | person_id | visit_code | visit_start_datetime | visit_end_datetime | known_from | hospital
        10                  | 1         | IMP        | 2020-03-01 08:00     | 2020-03-03 20:30   | 2020-03-04 | a
        11                  | 1         | IMP        | 2020-03-20 08:00     |                    | 2020-03-04 | a
    """)
    expect(actual, "visit_occurrence_id | is_readmitted_30_days\n10 | false")


def test_a_visit_that_two_systems_of_one_hospital_sent_is_one_with_each_event_counted_once(summary) -> None:
    actual = summary(
        """
        visit_occurrence_id | person_id | visit_code | visit_start_datetime | visit_end_datetime | hospital | system
        10                  | 1         | AMB        | 2020-03-01 08:00     | 2020-03-01 09:00   | a        | x
        99                  | 1         | AMB        | 2020-03-01 08:00     | 2020-03-01 09:00   | a        | y
        """,
        conditions="""
        person_id | visit_occurrence_id | condition_code | condition_start_date | hospital | system
        1         | 10                  | 44054006       | 2020-03-01           | a        | x
        1         | 99                  | 44054006       | 2020-03-01           | a        | y
        1         | 99                  | 44054006       | 2020-03-01           | a        | y
        """,
    )
    expect(actual, """
        visit_occurrence_id | hospitals | condition_count
        10                  | [a]       | 2
    """)  # fmt: skip


def test_a_visit_that_two_hospitals_sent_is_one_with_each_event_counted_once(summary) -> None:
    actual = summary(
        """
        visit_occurrence_id | person_id | visit_code | visit_start_datetime | visit_end_datetime | hospital | system
        10                  | 1         | AMB        | 2020-03-01 08:00     | 2020-03-01 09:00   | b        | x
        99                  | 1         | AMB        | 2020-03-01 08:00     | 2020-03-01 09:00   | a        | y
        12                  | 1         | AMB        | 2020-03-05 08:00     | 2020-03-05 09:00   | a        | y
        """,
        conditions="""
        person_id | visit_occurrence_id | condition_code | condition_start_date | hospital
        1         | 10                  | 44054006       | 2020-03-01           | b
        1         | 99                  | 44054006       | 2020-03-01           | a
        1         | 99                  | 59621000       | 2020-03-01           | a
        1         |                     | 38341003       | 2020-03-01           | a
        """,
        procedures="""
        person_id | visit_occurrence_id | procedure_source_value | procedure_datetime | hospital
        1         | 12                  | X1                     | 2020-03-05 08:10   | a
        1         | 12                  | X1                     | 2020-03-05 08:20   | a
        """,
        drugs="""
        person_id | visit_occurrence_id | drug_code | drug_type | drug_exposure_start_datetime | hospital
        1         | 10                  | 860975    | order     | 2020-03-01 08:30             | b
        """,
        measurements="""
        person_id | visit_occurrence_id | measurement_code | measurement_datetime | value_as_number | hospital
        1         | 10                  | 29463-7          | 2020-03-01 08:05     | 80.04           | b
        1         | 99                  | 29463-7          | 2020-03-01 08:05     | 80.0            | a
        1         | 99                  | 29463-7          | 2020-03-01 08:06     | 80.0            | a
        """,
    )
    expect(actual, """
        visit_occurrence_id | hospital | hospitals | condition_count | procedure_count | drug_count | measurement_count
        99                  | a        | [a, b]    | 2               | 0               | 1          | 2
        12                  | a        | [a]       | 0               | 2               | 0          | 0
    """)  # fmt: skip


def test_two_visits_of_one_hospital_at_the_same_time_stay_two(summary) -> None:
    actual = summary("""
        visit_occurrence_id | person_id | visit_code | visit_start_datetime | visit_end_datetime | hospital
        10                  | 1         | AMB        | 2020-03-01           | 2020-03-01         | a
        11                  | 1         | AMB        | 2020-03-01           | 2020-03-01         | a
        30                  | 1         | AMB        | 2020-03-01           | 2020-03-01         | b
    """)
    expect(actual, "visit_occurrence_id | hospitals\n10 | [a, b]\n11 | [a]")


def test_prior_visits_began_within_365_days_before_the_start(summary) -> None:
    actual = summary("""
        visit_occurrence_id | person_id | visit_start_datetime | hospital
        1                   | 1         | 2021-01-01 00:00     | a
        2                   | 1         | 2021-12-31 23:59:59  | a
        3                   | 1         | 2022-01-01 00:00     | a
        4                   | 1         | 2022-01-01 00:00:01  | a
        5                   | 2         | 2022-01-01 00:00     | a
    """)
    expect(actual, """
        visit_occurrence_id | prior_visit_count
        1                   | 0
        2                   | 1
        3                   | 2
        4                   | 2
        5                   | 0
    """)  # fmt: skip


def test_a_stay_is_readmitted_if_another_begins_after_its_end_within_30_days(summary) -> None:
    actual = summary("""
        visit_occurrence_id | person_id | visit_code | visit_start_datetime | visit_end_datetime | hospital
        1                   | 1         | IMP        | 2021-01-01           | 2021-01-05         | a
        2                   | 1         | IMP        | 2021-01-05           | 2021-01-08         | b
        3                   | 1         | AMB        | 2021-01-20           | 2021-01-20 01:00   | a
        4                   | 1         | IMP        | 2021-02-04           |                    | a
        5                   | 2         | IMP        | 2021-01-01           | 2021-01-05         | a
        6                   | 2         | IMP        | 2021-02-04 00:00:01  | 2021-02-05         | a
    """)
    expect(actual, """
        visit_occurrence_id | is_readmitted_30_days
        1                   | true
        2                   | true
        3                   |
        4                   |
        5                   | false
        6                   | false
    """)  # fmt: skip


def test_a_stay_that_ended_in_death_is_neither_readmitted_nor_not(summary) -> None:
    """Person 2 died on 6 January in Sydney, where it was the 6th when the stay ended, and still the 5th in UTC."""
    actual = summary(
        """
        visit_occurrence_id | person_id | visit_code | visit_start_datetime | visit_end_datetime | hospital
        1                   | 1         | IMP        | 2021-01-01           | 2021-01-05 12:00   | a
        2                   | 1         | IMP        | 2021-01-10           | 2021-01-20 12:00   | a
        3                   | 2         | IMP        | 2021-01-01           | 2021-01-05 22:00   | sydney
        4                   | 2         | IMP        | 2020-01-01           | 2020-01-05 12:00   | sydney
        5                   | 3         | IMP        | 2021-01-01           | 2021-01-05         | a
        """,
        deaths="person_id | death_date\n1 | 2021-01-20\n2 | 2021-01-06\n3 | 2021-01-06",
    )
    expect(actual, """
        visit_occurrence_id | is_readmitted_30_days
        1                   | true
        2                   |
        3                   |
        4                   | false
        5                   | false
    """)  # fmt: skip
