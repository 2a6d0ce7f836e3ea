# ruff: noqa: E501 (drawn tables are wide)
from __future__ import annotations

import datetime as dt

import pytest

from tests.support.text_table import expect, expect_shape
from twinlake.catalog.gold.person_summary import person_summary
from twinlake.catalog.silver.condition_occurrence import condition_occurrence
from twinlake.catalog.silver.death import death
from twinlake.catalog.silver.location import location
from twinlake.catalog.silver.measurement import measurement
from twinlake.catalog.silver.person import person
from twinlake.catalog.silver.visit_occurrence import visit_occurrence
from twinlake.catalog.twins.patient_state_history import patient_state_history, state_known_on

DAY = dt.date.fromisoformat


@pytest.fixture
def history(given):
    def build(
        standing: str = "person_id",
        superseded: str = "person_id",
        conditions: str = "person_id",
    ):
        return patient_state_history.build(
            given(standing, measurement),
            given(superseded, (*measurement.columns, "known_until")),
            given(conditions, condition_occurrence),
        )

    return build


def test_each_version_of_a_value_is_a_row_with_the_time_it_stood(history) -> None:
    actual = history(
        """
        person_id | measurement_id | measurement_code | measurement_vocabulary | measurement_datetime | value_as_number | known_from
        1         | 100            | 29463-7          | LOINC                  | 2020-01-01           | 80              | 2020-03-01
        1         | 101            | 56799-0          | LOINC                  | 2020-01-01           | 4               | 2020-02-01
        """,
        """
        person_id | measurement_id | measurement_code | measurement_vocabulary | measurement_datetime | value_as_number | known_from | known_until
        1         | 100            | 29463-7          | LOINC                  | 2020-01-01           | 800             | 2020-02-01 | 2020-03-01
        1         | 102            | 29463-7          | LOINC                  | 2020-01-01           | 8               | 2020-02-01 | 2020-02-01
        """,
    )  # fmt: skip
    expect(actual, """
        fact_id | item         | observed_at | known_from | known_until | value_as_number
        100     | weight       | 2020-01-01  | 2020-02-01 | 2020-03-01  | 800
        100     | weight       | 2020-01-01  | 2020-03-01 |             | 80
        101     | LOINC:56799-0| 2020-01-01  | 2020-02-01 |             | 4
    """)  # fmt: skip
    expect_shape(actual, patient_state_history)


def test_a_condition_starts_and_ends(history) -> None:
    actual = history(
        conditions="""
        condition_occurrence_id | person_id | condition_code | condition_vocabulary | condition_source_value | condition_name | condition_start_date | condition_end_date | known_from
        7                       | 1         | 10509002       | SNOMED               | 10509002               | Bronchitis     | 2020-01-01           | 2020-01-20         | 2020-02-01
        8                       | 1         |                |                      | COUGH                  | Cough          | 2020-01-01           |                    | 2020-02-01
    """
    )  # fmt: skip
    expect(actual, """
        item            | item_name  | observed_at | ended_at   | value_as_string | known_from | known_until
        SNOMED:10509002 | Bronchitis | 2020-01-01  | 2020-01-20 | active          | 2020-02-01 |
        source:COUGH    | Cough      | 2020-01-01  |            | active          | 2020-02-01 |
    """)  # fmt: skip


def test_a_measurement_and_a_condition_of_one_record_are_two_facts(history) -> None:
    """A survey's line may tell both, under one id."""
    told = history(
        "person_id | measurement_id | measurement_code | known_from\n1 | 7 | 29463-7 | 2020-02-01",
        conditions="person_id | condition_occurrence_id | condition_code | condition_start_date | known_from\n"
        "1 | 7 | E11 | 2020-01-01 | 2020-02-01",
    )
    assert told.select(*patient_state_history.key).distinct().count() == 2


CONDITIONS = """
    condition_occurrence_id | person_id | condition_code | condition_vocabulary | condition_start_date | condition_end_date | known_from | hospital
    1                       | 1         | E11            | ICD10CM              | 2010-01-01           | 2012-05-01         | 2015-01-01 | a
    2                       | 1         | E11            | ICD10CM              | 2011-01-01           |                    | 2015-01-01 | b
    3                       | 1         | J20            | ICD10CM              | 2020-03-01           | 2020-03-02         | 2020-04-01 | a
    4                       | 1         | J20            | ICD10CM              | 2020-03-02           |                    | 2020-05-01 | a
    5                       | 2         | J20            | ICD10CM              | 2020-03-01           |                    | 2020-04-01 | a
    6                       | 2         | J20            | ICD10CM              | 2020-03-01           | 2020-03-05         | 2020-04-01 | b
"""


@pytest.mark.parametrize(
    ("valid_at", "known_at", "expected"),
    [
        ("2010-06-01", "2020-12-31", "1 | ICD10CM:E11 | active | 2010-01-01 | a"),
        ("2013-01-01", "2020-12-31", "1 | ICD10CM:E11 | active | 2011-01-01 | b"),
        (
            "2020-03-02",
            "2020-04-30",
            "1 | ICD10CM:J20 | ended | 2020-03-02 | a\n2 | ICD10CM:J20 | active | 2020-03-01 | b",
        ),
        (
            "2020-03-02",
            "2020-05-01",
            "1 | ICD10CM:J20 | active | 2020-03-02 | a\n2 | ICD10CM:J20 | active | 2020-03-01 | b",
        ),
        (
            "2020-03-05",
            "2020-05-01",
            "1 | ICD10CM:J20 | active | 2020-03-02 | a\n2 | ICD10CM:J20 | ended | 2020-03-05 | b",
        ),
    ],
)
def test_of_several_recordings_of_a_condition_the_one_that_starts_last_speaks(
    history, valid_at, known_at, expected
) -> None:
    diabetes = "" if valid_at < "2020" else "1 | ICD10CM:E11 | active | 2011-01-01 | b\n"
    told = state_known_on(history(conditions=CONDITIONS), DAY(valid_at), DAY(known_at))
    expect(told, "person_id | item | value_as_string | observed_at | hospital\n" + diabetes + expected)


BILLED = """
    condition_occurrence_id | person_id | condition_code | condition_vocabulary | condition_start_date | condition_end_date | condition_type | known_from | hospital
    1                       | 1         | 72892002       | SNOMED               | 2010-01-01           | 2010-09-01         | ehr            | 2015-03-01 | a
    2                       | 1         | 72892002       | SNOMED               | 2010-09-20           |                    | claim          | 2015-02-01 | b
    3                       | 1         | 59621000       | SNOMED               | 2011-01-01           |                    | claim          | 2015-02-01 | b
    4                       | 1         | 55822004       | SNOMED               | 2009-01-01           |                    |                | 2015-03-01 | a
    5                       | 1         | 55822004       | SNOMED               | 2012-01-01           |                    | claim          | 2015-02-01 | b
"""


@pytest.mark.parametrize(
    ("valid_at", "known_at", "expected"),
    [
        ("2020-01-01", "2015-01-31", ""),
        (
            "2020-01-01",
            "2015-02-28",
            "SNOMED:72892002 | active | 2010-09-20 | b\nSNOMED:59621000 | active | 2011-01-01 | b\n"
            "SNOMED:55822004 | active | 2012-01-01 | b",
        ),
        (
            "2020-01-01",
            "2015-03-01",
            "SNOMED:72892002 | ended | 2010-09-01 | a\nSNOMED:59621000 | active | 2011-01-01 | b\n"
            "SNOMED:55822004 | active | 2009-01-01 | a",
        ),
        (
            "2010-02-01",
            "2015-03-01",
            "SNOMED:72892002 | active | 2010-01-01 | a\nSNOMED:55822004 | active | 2009-01-01 | a",
        ),
    ],
)
def test_a_claim_speaks_until_something_else_is_known_of_its_condition(history, valid_at, known_at, expected) -> None:
    told = state_known_on(history(conditions=BILLED), DAY(valid_at), DAY(known_at))
    expect(told, "item | value_as_string | observed_at | hospital\n" + expected)


def test_the_history_says_now_what_the_summary_says_of_billed_conditions(given, history) -> None:
    told = state_known_on(history(conditions=BILLED), DAY("2030-01-01"), DAY("2030-01-01"))
    summary = person_summary.build(
        given("person_id | sex | year_of_birth\n1 | female | 1980", person),
        given("person_id", death),
        given("person_id", location),
        given("person_id", visit_occurrence),
        given(BILLED, condition_occurrence),
        given("person_id", measurement),
        {},
    )
    (active,) = summary.select("active_conditions.condition_code").first()
    assert [f"SNOMED:{code}" for code in active] == ["SNOMED:55822004", "SNOMED:59621000"]
    assert {row["item"] for row in told.where("value_as_string = 'active'").collect()} == {
        "SNOMED:55822004",
        "SNOMED:59621000",
    }


def test_what_is_only_suspected_is_no_item_of_the_twin(history) -> None:
    told = history(conditions="""
        condition_occurrence_id | person_id | condition_code | condition_vocabulary | condition_start_date | condition_end_date | condition_type | known_from | hospital
        1                       | 1         | 44054006       | SNOMED               | 2010-01-01           |                    | suspected      | 2015-03-01 | a
        2                       | 1         | 59621000       | SNOMED               | 2010-01-01           |                    |                | 2015-03-01 | a
    """)  # fmt: skip
    expect(told, "item\nSNOMED:59621000")


def test_a_condition_that_is_over_since_nobody_knows_when_ended_at_the_latest_when_that_became_known(history) -> None:
    actual = history(
        conditions="""
        condition_occurrence_id | person_id | condition_code | condition_vocabulary | condition_start_date | condition_end_date | is_condition_over | known_from
        7                       | 1         | 10509002       | SNOMED               | 2020-01-01           |                    | true              | 2020-02-01 10:00
        8                       | 1         | 55822004       | SNOMED               | 2020-01-01           | 2020-01-20         | true              | 2020-02-01 10:00
        9                       | 1         | 44054006       | SNOMED               | 2020-01-01           |                    | false             | 2020-02-01 10:00
    """
    )  # fmt: skip
    expect(actual, """
        item            | ended_at
        SNOMED:10509002 | 2020-02-01
        SNOMED:55822004 | 2020-01-20
        SNOMED:44054006 |
    """)  # fmt: skip


HISTORY = """
    fact_id | person_id | item   | observed_at      | known_from | known_until | value_as_number | hospital
    100     | 1         | weight | 2020-01-01 10:00 | 2020-02-01 | 2020-03-01  | 800             | a
    100     | 1         | weight | 2020-01-01 10:00 | 2020-03-01 |             | 80              | a
    101     | 1         | weight | 2020-01-09 10:00 | 2020-03-01 |             | 81              | a
    102     | 1         | weight | 2020-01-09 10:00 | 2020-03-01 |             | 81              | b
    103     | 1         | weight | 2020-01-10 10:00 | 2020-03-01 |             |                 | a
    104     | 2         | weight | 2020-01-01       | 2020-02-01 | 2020-04-01  | 50              | a
"""


@pytest.mark.parametrize(
    ("valid_at", "known_at", "expected"),
    [
        ("2020-01-01", "2020-01-31", ""),
        ("2020-01-01", "2020-02-01", "1 | 800 | a\n2 | 50 | a"),
        ("2020-01-31", "2020-02-29", "1 | 800 | a\n2 | 50 | a"),
        ("2019-12-31", "2020-02-01", ""),
        ("2020-01-01", "2020-03-01", "1 | 80 | a\n2 | 50 | a"),
        ("2020-01-31", "2020-03-01", "1 | 81 | b\n2 | 50 | a"),
        ("2020-01-31", "2020-04-01", "1 | 81 | b"),
    ],
)
def test_what_was_true_on_a_day_as_another_day_knew_it(given, valid_at, known_at, expected) -> None:
    known = state_known_on(given(HISTORY, patient_state_history), DAY(valid_at), DAY(known_at))
    expect(known, "person_id | value_as_number | hospital\n" + expected)


def test_a_datetime_means_that_very_moment(given) -> None:
    table = given(HISTORY, patient_state_history)
    before, at = dt.datetime(2020, 1, 1, 9, 59), dt.datetime(2020, 1, 1, 10, tzinfo=dt.UTC)
    known = dt.datetime(2020, 2, 1)
    expect(state_known_on(table, before, known), "person_id | value_as_number\n2 | 50")
    expect(state_known_on(table, at, known), "person_id | value_as_number\n1 | 800\n2 | 50")
