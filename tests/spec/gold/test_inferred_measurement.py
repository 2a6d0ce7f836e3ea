# ruff: noqa: E501 (drawn tables are wide)
"""A value in an inferred unit is converted, and marked wherever it goes."""

from __future__ import annotations

from tests.support.text_table import expect, expect_shape
from twinlake.catalog.gold.inferred_measurement import inferred_measurement
from twinlake.catalog.gold.person_day_vitals import person_day_vitals


def test_values_are_converted_from_the_inferred_unit_and_marked(measured, evidence, people) -> None:
    """5.1 mmol/L x 18.0156 g/mol / 10 = 91.88 mg/dL."""
    actual = inferred_measurement.build(measured, evidence, people).localCheckpoint()
    expect(actual.selectExpr("*", "round(value_as_number, 2) value").where("person_id = 0"), """
        measurement_id | hospital | value_source_value | unit_source_value | value | unit_code | conversion_rule | inferred_unit_code
        0              | a        | 95                 |                   | 95    | mg/dL     | unit_inferred   | mg/dL
        100            | b        | 5.1                | units             | 91.88 | mg/dL     | unit_inferred   | mmol/L
    """)  # fmt: skip
    assert {row.hospital for row in actual.collect()} == {"a", "b"}
    expect_shape(actual, inferred_measurement)


def test_a_day_says_how_many_of_its_values_have_an_inferred_unit(measured, evidence, people) -> None:
    days = person_day_vitals.build(measured, inferred_measurement.build(measured, evidence, people))
    expect(days.selectExpr("*", "round(max_value, 2) highest").where("person_id in (0, 9)"), """
        person_id | vital_name | unit_code | highest | value_count | inferred_count
        0         | glucose    | mg/dL     | 95      | 2           | 2
        9         | glucose    | mg/dL     | 120     | 1           | 0
    """)  # fmt: skip
