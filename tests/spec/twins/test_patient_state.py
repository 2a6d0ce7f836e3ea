# ruff: noqa: E501 (drawn tables are wide)
from __future__ import annotations

import pytest

from tests.support.calendars import HOSPITALS
from tests.support.text_table import as_read, expect, expect_shape
from twinlake.catalog.gold.person_summary import person_summary
from twinlake.catalog.gold.risk_score import risk_score
from twinlake.catalog.silver.drug_exposure import drug_exposure
from twinlake.catalog.silver.observation import observation
from twinlake.catalog.silver.procedure_occurrence import procedure_occurrence
from twinlake.catalog.twins.patient_state import patient_state

SUMMARY = """
    person_id | sex    | birth_date | year_of_birth | weight.value | weight.unit_code | weight.observed_at | weight.hospital | active_conditions.condition_code | observed_at
    1         | female | 1980-03-02 | 1980          | 80.5         | kg               | 2020-01-01         | a               | [44054006]                       | 2020-01-01
    2         | male   |            | 1950          |              |                  |                    |                 | []                               |
"""  # fmt: skip


@pytest.fixture
def state(given):
    def build(
        drugs: str = "person_id",
        procedures: str = "person_id",
        observations: str = "person_id",
        risks: str = "person_id",
        summary: str = SUMMARY,
    ):
        return patient_state.build(
            given(summary, person_summary),
            given(drugs, drug_exposure),
            given(procedures, procedure_occurrence),
            given(observations, observation),
            given(risks, risk_score),
            HOSPITALS,
        )

    return build


def test_every_person_has_a_twin_with_values_units_times_and_hospitals(state) -> None:
    actual = state()
    expect(actual, """
        person_id | sex    | weight.value | weight.unit_code | weight.observed_at | weight.hospital | active_conditions.condition_code | active_drugs | risks | state_at   | age_at_state_years
        1         | female | 80.5         | kg               | 2020-01-01         | a               | [44054006]                       | []           | []    | 2020-01-01 | 39
        2         | male   |              |                  |                    |                 | []                               | []           | []    |            |
    """)  # fmt: skip
    expect_shape(actual, patient_state)


def test_state_at_is_the_latest_time_anything_was_observed(state) -> None:
    actual = state(
        drugs="person_id | drug_type | drug_exposure_start_datetime\n1 | immunisation | 2020-02-01",
        procedures="person_id | procedure_datetime\n1 | 2020-05-01\n2 | 1999-01-01",
        observations="person_id | observation_datetime\n1 | 2020-04-01 10:00\n1 | 2020-03-01",
    )
    expect(actual, """
        person_id | state_at   | age_at_state_years
        1         | 2020-05-01 | 40
        2         | 1999-01-01 | 49
    """)  # fmt: skip


def test_nobody_grows_older_after_death_by_what_is_billed_later(state) -> None:
    summary = """
        person_id | sex    | birth_date | year_of_birth | death_date | active_conditions.condition_code | observed_at
        1         | female | 1950-05-20 | 1950          | 2021-05-06 | []                               | 2021-06-01
        2         | female | 1950-05-20 | 1950          | 2021-06-06 | []                               | 2021-05-19
        3         | female | 1950-05-20 | 1950          | 2021-06-06 | []                               |
    """
    expect(state(summary=summary), """
        person_id | state_at   | age_at_state_years
        1         | 2021-06-01 | 70
        2         | 2021-05-19 | 70
        3         |            |
    """)  # fmt: skip


def test_a_drug_is_active_unless_its_last_course_has_ended(state) -> None:
    actual = state("""
        person_id | drug_code | drug_vocabulary | drug_type      | drug_status | is_course_over | drug_exposure_start_datetime | drug_exposure_end_datetime | hospital
        1         | 860975    | RxNorm          | order          | active      | false          | 2015-01-01                   |                            | a
        1         | 314076    | RxNorm          | order          |             |                | 2014-01-01                   |                            | a
        1         | 308136    | RxNorm          | order          | stopped     | true           | 2014-01-01                   |                            | a
        1         | 197361    | RxNorm          | order          |             |                | 2014-01-01                   | 2014-02-01                 | a
        1         | 106892    | RxNorm          | order          |             |                | 2019-12-01                   | 2020-03-01                 | b
        1         | 310798    | RxNorm          | order          | active      | false          | 2010-01-01                   |                            | a
        1         | 310798    | RxNorm          | order          | Completed   | true           | 2012-01-01                   |                            | a
        1         | 313782    | RxNorm          | order          | active      | false          | 2012-01-01                   |                            | a
        1         | 313782    | RxNorm          | order          |             |                | 2012-01-01                   | 2012-02-01                 | b
        1         | 11289     | RxNorm          | statement      | active      | false          | 2018-01-01                   |                            | a
        1         | 36567     | RxNorm          | statement      | not-taken   | true           | 2018-01-01                   |                            | a
        1         | 140       | CVX             | immunisation   | completed   |                | 2016-01-01                   |                            | a
        1         | 5640      | RxNorm          | administration |             |                | 2016-01-01                   |                            | a
    """)  # fmt: skip
    expect(actual.where("person_id = 1"), """
        active_drugs.drug_code          | active_drugs.hospital | active_drugs.drug_exposure_start_datetime
        [314076, 860975, 11289, 106892] | [a, a, a, b]          | [2014-01-01, 2015-01-01, 2018-01-01, 2019-12-01]
    """)  # fmt: skip


def test_a_drug_that_was_picked_up_is_active_until_its_order_has_ended(state) -> None:
    """R4: a dispensing is completed when the product has been picked up; nothing is over with that.

    1: ordered and picked up. 2: the order was stopped later, nobody says when. 3: the order ended before it was
    handed out anew. 4: ordered until March, picked up in January, observed in June. 5: another hospital's old order.
    7: supply for a week, no order. 8: supply for a week, and an order that goes on.
    """
    actual = state("""
        person_id | drug_code | drug_vocabulary | drug_type  | is_course_over | drug_exposure_start_datetime | drug_exposure_end_datetime | hospital
        1         | 1         | RxNorm          | order      | false          | 2021-01-01                   |                            | a
        1         | 1         | RxNorm          | dispensing | false          | 2021-01-02                   |                            | a
        1         | 2         | RxNorm          | order      | true           | 2021-01-01                   |                            | a
        1         | 2         | RxNorm          | dispensing | false          | 2021-01-02                   |                            | a
        1         | 3         | RxNorm          | order      | true           | 2020-01-01                   | 2020-02-01                 | a
        1         | 3         | RxNorm          | dispensing | false          | 2021-01-02                   |                            | a
        1         | 4         | RxNorm          | order      | false          | 2021-01-01                   | 2021-03-01                 | a
        1         | 4         | RxNorm          | dispensing | false          | 2021-01-02                   |                            | a
        1         | 5         | RxNorm          | order      | true           | 2019-01-01                   |                            | b
        1         | 5         | RxNorm          | dispensing | false          | 2021-01-02                   |                            | a
        1         | 6         | RxNorm          | dispensing | true           | 2021-01-02                   |                            | a
        1         | 7         | RxNorm          | dispensing | false          | 2021-01-02                   | 2021-01-09                 | a
        1         | 8         | RxNorm          | order      | false          | 2021-01-01                   |                            | a
        1         | 8         | RxNorm          | dispensing | false          | 2021-01-02                   | 2021-01-09                 | a
    """, observations="person_id | observation_datetime\n1 | 2021-06-01")  # fmt: skip
    expect(actual.where("person_id = 1"), "active_drugs.drug_code\n[1, 3, 5, 8]")


def test_an_order_for_a_day_to_come_is_no_observation(state) -> None:
    """1: to begin a month after its delivery, beside a course until the 5th. 2: a calendar that is shifted."""
    actual = state("""
        person_id | drug_code | drug_vocabulary | drug_type | drug_exposure_start_datetime | drug_exposure_end_datetime | known_from | hospital
        1         | 860975    | RxNorm          | order     | 2020-10-01                   | 2020-11-05                 | 2020-10-01 | a
        1         | 314076    | RxNorm          | order     | 2020-11-02                   |                            | 2020-11-01 | a
        1         | 308136    | RxNorm          | order     | 2020-12-01                   |                            | 2020-11-01 | a
        2         | 308136    | RxNorm          | order     | 2190-12-01                   |                            | 2020-11-01 | s
    """)  # fmt: skip
    expect(actual, """
        person_id | state_at   | active_drugs.drug_code
        1         | 2020-11-02 | [860975, 314076, 308136]
        2         | 2190-12-01 | [308136]
    """)  # fmt: skip


def test_an_order_that_is_still_to_begin_does_not_hide_the_course_that_runs(state) -> None:
    """At 2020-11-04: 1 runs and begins anew in a month. 2 ended, 3 was stopped: what is to come is told. 4 was stopped
    anew before it began. 5 was booked ahead, and its day has passed. 6: runs in another hospital."""
    actual = state(
        """
        person_id | drug_code | drug_vocabulary | drug_type | is_course_over | dose_source_value | drug_exposure_start_datetime | drug_exposure_end_datetime | known_from | hospital
        1         | 1         | RxNorm          | order     |                | 500               | 2020-10-01                   |                            | 2020-10-01 | a
        1         | 1         | RxNorm          | order     |                | 1000              | 2020-12-01                   |                            | 2020-11-01 | a
        1         | 2         | RxNorm          | order     |                | 500               | 2020-10-01                   | 2020-11-03                 | 2020-10-01 | a
        1         | 2         | RxNorm          | order     |                | 1000              | 2020-12-01                   |                            | 2020-11-01 | a
        1         | 3         | RxNorm          | order     | true           | 500               | 2020-10-01                   |                            | 2020-10-01 | a
        1         | 3         | RxNorm          | order     |                | 1000              | 2020-12-01                   | 2020-12-09                 | 2020-11-01 | a
        1         | 4         | RxNorm          | order     |                | 500               | 2020-10-01                   |                            | 2020-10-01 | a
        1         | 4         | RxNorm          | order     | true           | 1000              | 2020-12-01                   |                            | 2020-11-01 | a
        1         | 5         | RxNorm          | order     |                | 500               | 2020-09-01                   |                            | 2020-09-01 | a
        1         | 5         | RxNorm          | order     |                | 1000              | 2020-10-01                   |                            | 2020-09-01 | a
        1         | 6         | RxNorm          | order     |                | 500               | 2020-10-01                   |                            | 2020-10-01 | b
        1         | 6         | RxNorm          | order     |                | 1000              | 2020-12-01                   |                            | 2020-11-01 | a
        """,
        observations="person_id | observation_datetime\n1 | 2020-11-04",
    )  # fmt: skip
    expect(actual.where("person_id = 1"), """
        state_at   | active_drugs.drug_code | active_drugs.dose_source_value
        2020-11-04 | [1, 4, 5, 6, 2, 3]     | [500, 500, 1000, 500, 1000, 1000]
    """)  # fmt: skip


def test_of_whom_nothing_was_observed_yet_what_is_ordered_is_told(state) -> None:
    actual = state("""
        person_id | drug_code | drug_vocabulary | drug_type | drug_exposure_start_datetime | drug_exposure_end_datetime | known_from | hospital
        2         | 1         | RxNorm          | order     | 2020-12-01                   | 2020-12-09                 | 2020-11-01 | a
    """)  # fmt: skip
    expect(actual.where("person_id = 2"), "state_at | active_drugs.drug_code\n | [1]")


def test_an_order_that_was_cancelled_before_it_began_is_no_course(state) -> None:
    """1: begun again on the 3rd, cancelled on the 2nd. 2: likewise, by the hour. 3: ended on the day it began, for
    which no hour is told. 4: cancelled, and nothing else. 5: handed out under the
    order that runs."""
    orders = """
        person_id | drug_code | drug_vocabulary | drug_type  | drug_exposure_start_datetime | drug_exposure_end_datetime | hospital
        1         | 1         | RxNorm          | order      | 2020-05-01                   | 2020-05-10                 | a
        1         | 1         | RxNorm          | order      | 2020-05-03                   | 2020-05-02                 | a
        1         | 2         | RxNorm          | order      | 2020-05-01                   | 2020-05-10                 | a
        1         | 2         | RxNorm          | order      | 2020-05-03 10:00             | 2020-05-03 09:30           | a
        1         | 3         | RxNorm          | order      | 2020-05-01                   | 2020-05-10                 | a
        1         | 3         | RxNorm          | order      | 2020-05-03 10:00             | 2020-05-03                 | a
        1         | 4         | RxNorm          | order      | 2020-05-07                   | 2020-05-06                 | a
        1         | 5         | RxNorm          | order      | 2020-05-01                   | 2020-05-10                 | a
        1         | 5         | RxNorm          | order      | 2020-05-02 10:00             | 2020-05-02 09:30           | a
        1         | 5         | RxNorm          | dispensing | 2020-05-02 11:00             |                            | a
    """  # fmt: skip
    began = state(orders)
    expect(began.where("person_id = 1"), "state_at\n2020-05-03 10:00")
    seen = state(orders, observations="person_id | observation_datetime\n1 | 2020-05-04")
    expect(seen.where("person_id = 1"), """
        state_at   | active_drugs.drug_code | active_drugs.drug_exposure_start_datetime          | active_drugs.drug_exposure_end_datetime
        2020-05-04 | [1, 2, 5]              | [2020-05-01, 2020-05-01, 2020-05-02 11:00] | [2020-05-10, 2020-05-10, 2020-05-10]
    """)  # fmt: skip


def test_a_procedure_for_a_day_to_come_is_no_observation_and_ends_no_drug(state) -> None:
    actual = state(
        drugs="""
        person_id | drug_code | drug_vocabulary | drug_type | drug_exposure_start_datetime | drug_exposure_end_datetime | known_from | hospital
        1         | 860975    | RxNorm          | order     | 2020-10-01                   | 2020-11-05                 | 2020-10-01 | a
        """,
        procedures="""
        person_id | procedure_datetime | known_from | hospital
        1         | 2206-03-01         | 2020-10-01 | a
        2         | 2206-03-01         | 2020-10-01 | s
        """,
    )
    expect(actual, """
        person_id | state_at   | active_drugs.drug_code
        1         | 2020-10-01 | [860975]
        2         | 2206-03-01 | []
    """)  # fmt: skip


def test_a_risk_has_its_models_version_and_without_a_probability_its_reason(state) -> None:
    actual = state(
        risks="""
        person_id | risk_name | model_name           | model_version | risk_prob | risk_value | risk_unit | risk_reason         | observed_at
        1         | glucose   | blood_glucose        | ab12          |           | 101.5      | mg/dL     |                     | 2020-01-01
        1         | diabetes  | diabetes_probability |               |           |            |           | no champion         | 2020-01-01
        2         | diabetes  | diabetes_probability | cd34          | 0.25      |            |           |                     | 2020-01-01
    """
    )  # fmt: skip
    expect(actual, """
        person_id | risks.risk_name     | risks.model_version | risks.risk_prob | risks.risk_value | risks.risk_reason
        1         | [diabetes, glucose] | [null, ab12]        | [null, null]    | [null, 101.5]    | [no champion, null]
        2         | [diabetes]          | [cd34]              | [0.25]          | [null]           | [null]
    """)  # fmt: skip


def test_the_freshest_twins_have_an_age_and_no_days_of_staleness(state) -> None:
    fresh = state(observations="person_id | observation_datetime\n1 | 2026-03-02 10:00\n2 | 2026-03-04 00:00")
    expect(as_read(patient_state, fresh, "2026-03-02 00:00:00"), """
        person_id | age_years | staleness_days
        1         | 46        | 0
        2         |           |
    """)  # fmt: skip


def test_the_view_adds_age_staleness_and_publication(state) -> None:
    shifted = state(observations="person_id | observation_datetime\n2 | 2190-01-01")
    expect(as_read(patient_state, shifted, "2026-03-02 12:00:00"), """
        person_id | age_years | staleness_days | publication_id
        1         | 46        | 2252           | p1
        2         |           |                | p1
    """)  # fmt: skip


def test_whoever_died_has_the_age_at_death_in_a_calendar_that_is_shifted_too(state) -> None:
    summary = """
        person_id | sex    | year_of_birth | death_date | active_conditions.condition_code | observed_at
        1         | female | 2120          | 2190-01-01 | []                               | 2190-01-01
    """
    expect(
        as_read(patient_state, state(summary=summary), "2026-03-02 12:00:00"),
        "person_id | age_years | staleness_days\n1 | 70 |",
    )
