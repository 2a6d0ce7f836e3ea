"""What was known of a person at the moment glucose was measured."""

from __future__ import annotations

import pytest

from tests.support.text_table import expect, expect_shape
from twinlake.catalog.gold.blood_glucose_feature import blood_glucose_feature
from twinlake.catalog.silver.death import death
from twinlake.catalog.silver.measurement import measurement

PERSON = """
    person_id | birth_date | year_of_birth
    1         | 1980-03-02 | 1980
    2         |            | 1950
"""
HEADER = " | ".join((
    "person_id", "measurement_code", "measurement_vocabulary", "measurement_datetime", "value_as_number", "unit_code",
    "operator", "hospital", "value_source_value",
))  # fmt: skip


@pytest.fixture
def features(given):
    def build(measurements: str, deaths: str = "person_id"):
        drawn = given(HEADER + "\n" + measurements, measurement)
        return blood_glucose_feature.build(given(PERSON), given(deaths, death), drawn)

    return build


def test_a_row_holds_the_last_values_at_or_before_the_glucose(features):
    rows = features("""
        1 | 29463-7 | LOINC | 2020-01-01 10:00 | 70  | kg    | | a | 70
        1 | 29463-7 | LOINC | 2020-05-01 10:00 | 72  | kg    | | a | 72
        1 | 8867-4  | LOINC | 2020-06-01 10:00 | 66  | /min  | | a | 66
        1 | 2345-7  | LOINC | 2020-06-01 10:00 | 95  | mg/dL | | a | 95
        1 | 29463-7 | LOINC | 2020-06-01 10:01 | 99  | kg    | | a | 99
    """)
    expect(
        rows.where("not is_current"),
        """
        index_datetime   | body_weight_kg | heart_rate_per_min | age_at_index_years | blood_glucose_mg_per_dl
        2020-06-01 10:00 | 72             | 66                 | 40                 | 95
        """,
    )


def test_a_value_older_than_a_year_is_unknown(features):
    rows = features("""
        1 | 29463-7 | LOINC | 2019-06-01 09:59 | 70 | kg    | | a | 70
        1 | 2345-7  | LOINC | 2020-05-31 10:00 | 95 | mg/dL | | a | 95
        2 | 29463-7 | LOINC | 2019-06-01 10:00 | 80 | kg    | | a | 80
        2 | 2345-7  | LOINC | 2020-05-31 10:00 | 90 | mg/dL | | a | 90
    """)
    expect(
        rows.where("not is_current"),
        """
        person_id | body_weight_kg | age_at_index_years
        1         |                | 40
        2         | 80             | 70
        """,
    )


def test_the_current_row_is_the_latest_moment_without_a_label(features):
    rows = features("""
        1 | 2345-7  | LOINC | 2020-01-01 10:00 | 95 | mg/dL | | a | 95
        1 | 29463-7 | LOINC | 2020-02-01 10:00 | 70 | kg    | | a | 70
        2 | 2345-7  | LOINC | 2020-01-01 10:00 | 95 | mg/dL | | a | 95
    """)
    expect(
        rows.where("is_current"),
        """
        index_datetime   | blood_glucose_mg_per_dl | exclusion_reason
        2020-02-01 10:00 |                         |
        2020-01-01 10:00 |                         | no body weight in the 365 days before the latest value
        """,
    )


def test_the_dead_are_not_scored_but_learnt_from(features):
    rows = features(
        """
        1 | 29463-7 | LOINC | 2020-01-01 10:00 | 70 | kg    | | a | 70
        1 | 2345-7  | LOINC | 2020-01-01 10:00 | 95 | mg/dL | | a | 95
        """,
        "person_id | death_date\n 1 | 2020-03-01",
    )
    expect(
        rows,
        """
        is_current | blood_glucose_mg_per_dl | exclusion_reason
        false      | 95                      |
        true       |                         | the person has died
        """,
    )


def test_a_glucose_that_two_hospitals_sent_counts_once_as_the_one_written_with_most_digits(features):
    rows = features("""
        1 | 2345-7 | LOINC | 2020-01-01 10:00 | 95.1 | mg/dL | | a | 95.1
        1 | 2345-7 | LOINC | 2020-01-01 10:00 | 95.12 | mg/dL | | b | 95.12
    """)
    expect(rows.where("not is_current"), "person_id | blood_glucose_mg_per_dl\n 1 | 95.12")


def test_a_value_with_a_comparator_or_a_foreign_unit_is_no_number_to_learn_from(features):
    rows = features("""
        1 | 2345-7  | LOINC | 2020-01-01 10:00 | 20   | mg/dL  | < | a | <20
        1 | 29463-7 | LOINC | 2020-01-02 10:00 | 154  | [lb_av] |  | a | 154
        1 | 2345-7  | LOINC | 2020-01-02 10:00 | 90   | mg/dL  |   | a | 90
    """)
    expect(rows.where("not is_current"), "body_weight_kg | blood_glucose_mg_per_dl\n | 90")


def test_every_declared_column_comes_in_its_type(features):
    expect_shape(features("1 | 2345-7 | LOINC | 2020-01-01 10:00 | 95 | mg/dL | | a | 95"), blood_glucose_feature)
