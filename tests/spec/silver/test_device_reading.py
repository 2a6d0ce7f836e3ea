"""What a device sent, in one unit a code and with what its samples need."""

# Tables are drawn as wide as they are.
# ruff: noqa: E501

from __future__ import annotations

from tests.support.broken_rules import broken_rules
from tests.support.text_table import expect, expect_shape
from twinlake.catalog.silver.device_reading import device_reading

FROM_SOURCES = (
    *device_reading.from_sources, *device_reading.optional, "hospital", "system", "known_from", "_record_id",
    "person_id",
)  # fmt: skip


def built(given, drawn: str):
    """The rows of a system, as drawn, through the table's own build."""
    return device_reading.build(given(drawn, [c for c in FROM_SOURCES if c != "part"]), hospitals={})


def test_a_sensor_s_value_is_kept_and_converted(given) -> None:
    actual = built(given, """
        _fact_key:bigint | part:string | measurement_vocabulary | measurement_code | value_source_value | unit_source_value
        1                |             | LOINC                  | 99504-3          | 163.4              | mg/dL
        2                |             | LOINC                  | 99504-3          | 10.0               | mmol/L
        3                |             | LOINC                  | 99504-3          | Low                | mg/dL
        4                |             | LOINC                  | 99504-3          | 120                | furlong
    """)  # fmt: skip
    expect(actual.selectExpr("*", "round(value_as_number, 1) as rounded"), """
        value_source_value | rounded | value_as_string | unit_code | conversion_rule
        163.4              | 163.4   |                 | mg/dL     | identity
        10.0               | 180.2   |                 | mg/dL     | mass_molar
        Low                |         | Low             |           | not_numeric
        120                |         |                 |           | unit_unknown
    """)  # fmt: skip
    expect_shape(actual.selectExpr(*device_reading.columns), device_reading)


def test_each_mark_of_one_record_is_a_reading_of_its_own(given) -> None:
    actual = built(given, """
        _fact_key:bigint | part:string | measurement_vocabulary | measurement_code | recording_seconds
        1                | mark 0      | local                  | beat:N           | 0.5
        1                | mark 1      | local                  | beat:N           | 1.5
    """)  # fmt: skip
    assert actual.select("device_reading_id").distinct().count() == 2
    expect(actual, """
        measurement_code | recording_seconds | value_as_number | conversion_rule
        beat:N           | 0.5               |                 | no_value
        beat:N           | 1.5               |                 | no_value
    """)  # fmt: skip


def test_a_stage_of_sleep_that_nobody_knows_is_warned_of(given) -> None:
    actual = built(given, """
        _fact_key:bigint | part:string | device_reading_type | measurement_vocabulary | measurement_code | measurement_source_value | value_source_value
        1                |             | interval            | local                  | stage            | stage                    | light
        2                |             | interval            | local                  | stage            | stage                    | HKCategoryValueSleepAnalysisAsleepCore
        3                |             | interval            | local                  | stage            | stage                    | In Bed
        4                |             | interval            | local                  | stage            | stage                    | restless
        5                |             | interval            | local                  | stage            | stage                    | stage 2
        6                |             | interval            | local                  | stage            | stage                    |
        7                |             | interval            | LOINC                  | 55423-8          | steps                    | 120
    """)  # fmt: skip
    told = actual.withColumnRenamed("_fact_key", "row_number")
    broken = broken_rules(told, device_reading, "row_number")
    assert {n for n, rules in broken.items() if any("stage_known" in rule for rule in rules)} == {4, 5}
