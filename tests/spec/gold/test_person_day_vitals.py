# ruff: noqa: E501 (drawn tables are wide)
from __future__ import annotations

import pytest

from tests.support.text_table import expect, expect_shape
from twinlake.catalog.gold.inferred_measurement import inferred_measurement
from twinlake.catalog.gold.person_day_vitals import person_day_vitals
from twinlake.catalog.silver.measurement import measurement


@pytest.fixture
def days(given):
    """The vitals of these measurements, all of which came with a unit."""
    return lambda text: person_day_vitals.build(given(text, measurement), given("measurement_id", inferred_measurement))


def test_a_day_has_smallest_mean_and_largest_value_of_each_vital(days) -> None:
    actual = days("""
        person_id | measurement_code | measurement_vocabulary | measurement_datetime | value_as_number | unit_code | hospital
        1         | 8867-4           | LOINC                  | 2020-01-01 00:00     | 60              | /min      | a
        1         | 8867-4           | LOINC                  | 2020-01-01 12:00     | 61              | /min      | a
        1         | 8867-4           | LOINC                  | 2020-01-01 23:59:59  | 80              | /min      | b
        1         | 8867-4           | LOINC                  | 2020-01-02 00:00     | 90              | /min      | a
        1         | 29463-7          | LOINC                  | 2020-01-01 12:00     | 80.5            | kg        | a
        2         | 8867-4           | LOINC                  | 2020-01-01 12:00     | 70              | /min      | a
    """)  # fmt: skip
    expect(actual, """
        person_id | measurement_date | vital_name | unit_code | min_value | mean_value | max_value | value_count
        1         | 2020-01-01       | heart_rate | /min      | 60        | 67         | 80        | 3
        1         | 2020-01-02       | heart_rate | /min      | 90        | 90         | 90        | 1
        1         | 2020-01-01       | weight     | kg        | 80.5      | 80.5       | 80.5      | 1
        2         | 2020-01-01       | heart_rate | /min      | 70        | 70         | 70        | 1
    """)  # fmt: skip
    expect_shape(actual, person_day_vitals)


def test_a_value_that_two_hospitals_sent_counts_once_even_if_one_rounded_it(days) -> None:
    actual = days("""
        person_id | measurement_code | measurement_vocabulary | measurement_datetime | value_as_number | value_source_value | unit_code | hospital
        1         | 39156-5          | LOINC                  | 2020-01-01 12:00     | 29.9            | 29.9               | kg/m2     | a
        1         | 39156-5          | LOINC                  | 2020-01-01 12:00     | 29.92           | 29.92              | kg/m2     | b
        1         | 29463-7          | LOINC                  | 2020-01-01 12:00     | 80.5            | 80.5               | kg        | a
        1         | 29463-7          | LOINC                  | 2020-01-01 12:00     | 80.5            | 80.5               | kg        | b
        1         | 29463-7          | LOINC                  | 2020-01-01 12:00:01  | 80.5            | 80.5               | kg        | b
        1         | 8867-4           | LOINC                  | 2020-01-01 12:00     | 70              | 70                 | /min      | a
        1         | 8867-4           | LOINC                  | 2020-01-01 12:00     | 90              | 90                 | /min      | b
        1         | 2345-7           | LOINC                  | 2020-01-01 12:00     | 99.0            | 99                 | mg/dL     | a
        1         | 2345-7           | LOINC                  | 2020-01-01 12:00     | 99.5            | 99.5               | mg/dL     | a
    """)  # fmt: skip
    expect(actual, """
        vital_name | mean_value | value_count
        bmi        | 29.92      | 1
        weight     | 80.5       | 2
        heart_rate | 80         | 2
        glucose    | 99.25      | 2
    """)  # fmt: skip


def test_a_value_that_two_systems_of_one_hospital_sent_counts_once(days) -> None:
    actual = days("""
        person_id | measurement_code | measurement_vocabulary | measurement_datetime | value_as_number | value_source_value | unit_code | hospital | system
        1         | 29463-7          | LOINC                  | 2020-01-01 12:00     | 80              | 80                 | kg        | a        | x
        1         | 29463-7          | LOINC                  | 2020-01-01 12:00     | 80.04           | 80.04              | kg        | a        | y
        1         | 29463-7          | LOINC                  | 2020-01-02 12:00     | 80              | 80                 | kg        | a        | x
        1         | 29463-7          | LOINC                  | 2020-01-02 12:00     | 80.04           | 80.04              | kg        | a        | x
    """)  # fmt: skip
    expect(actual, """
        measurement_date | mean_value | value_count
        2020-01-01       | 80.04      | 1
        2020-01-02       | 80.02      | 2
    """)  # fmt: skip


def test_what_is_no_number_in_a_known_unit_or_no_vital_makes_no_row(days) -> None:
    actual = days("""
        person_id | measurement_code | measurement_vocabulary | measurement_datetime | value_as_number | unit_code | hospital
        1         | 8867-4           | LOINC                  | 2020-01-01 12:00     |                 | /min      | a
        1         | 8867-4           | LOINC                  | 2020-01-01 12:00     | 70              |           | a
        1         | 8867-4           | local                  | 2020-01-01 12:00     | 70              | /min      | a
        1         | 18262-6          | LOINC                  | 2020-01-01 12:00     | 100             | mg/dL     | a
    """)  # fmt: skip
    expect(actual, "vital_name | value_count")


def test_the_mean_is_the_same_in_any_order(days) -> None:
    rows = [
        f"1 | 8867-4 | LOINC | 2020-01-01 12:{n:02} | {value} | /min | a"
        for n, value in enumerate(["0.1", "0.2", "0.3", "70.7", "1e-9"] * 4)
    ]
    header = "person_id | measurement_code | measurement_vocabulary | measurement_datetime | value_as_number | unit_code | hospital\n"
    means = [
        days(header + "\n".join(order)).select("mean_value").first()[0]
        for order in (rows, rows[::-1], sorted(rows, key=lambda row: row[-20:]))
    ]
    assert len(set(means)) == 1
