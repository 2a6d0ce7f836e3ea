"""A watch's files as they come, and the rows they become."""

# Tables are drawn as wide as they are.
# ruff: noqa: E501

from __future__ import annotations

from tests.support.text_table import expect
from twinlake.catalog.sources.wearable import SYSTEM

HEART = """
person_id,timestamp,heart_rate_bpm,device
p1,2024-03-01 07:00:00,60,watch
p1,2024-03-01 07:10:00,61,watch
p1,2024-03-01 07:29:59,65,watch
p1,2024-03-01 07:30:00,52,watch
p1,2024-03-01 07:40:00,52,watch
p1,2024-03-01 12:00:00,90,watch
p1,2024-03-01 12:01:00,98,watch
p1,2024-03-01 12:02:00,lost,watch
p1,2024-03-01 12:03:00,100,watch
"""
STEPS = """
person_id,start,end,steps,device
p1,2024-03-01 09:00:00,2024-03-01 09:15:00,120,watch
p1,2024-03-01 23:55:00,2024-03-02 00:05:00,30,watch
p1,2024-03-01 09:00:00,2024-03-01 09:15:00,118,phone
"""
SLEEP = """
person_id,start,end,stage,device
p1,2024-03-01 23:00:00,2024-03-02 01:30:00,light,watch
p1,2024-03-02 01:30:00,2024-03-02 01:45:00,awake,watch
p1,2024-03-02 01:45:00,2024-03-02 04:00:00,Deep,watch
p1,2024-03-02 13:00:00,2024-03-02 13:30:00,asleep,watch
"""


def test_readings_keep_their_own_rate(implement) -> None:
    expect(
        implement(SYSTEM, "device_reading", steps=STEPS),
        """
        device_reading_type | measurement_code | device_source_value | device_reading_datetime | device_reading_end_datetime | value_source_value | unit_source_value
        interval            | 55423-8          | watch               | 2024-03-01 14:00:00     | 2024-03-01 14:15:00         | 120                | {steps}
        interval            | 55423-8          | watch               | 2024-03-02 04:55:00     | 2024-03-02 05:05:00         | 30                 | {steps}
        interval            | 55423-8          | phone               | 2024-03-01 14:00:00     | 2024-03-01 14:15:00         | 118                | {steps}
        """,
    )
    assert implement(SYSTEM, "device_reading", heart_rate=HEART).where("measurement_code = '8867-4'").count() == 9
    expect(
        implement(SYSTEM, "device_reading", sleep=SLEEP).where("value_source_value = 'awake'"),
        """
        measurement_vocabulary | measurement_code | device_reading_datetime | device_reading_end_datetime
        local                  | stage            | 2024-03-02 06:30:00     | 2024-03-02 06:45:00
        """,
    )


def test_resting_heart_rate_is_the_lowest_mean_of_a_half_hour_with_three_readings(implement) -> None:
    """(60 + 61 + 65) / 3 = 62; of the half hour at 52 there are only two."""
    expect(
        implement(SYSTEM, "measurement", heart_rate=HEART),
        """
        source_person_id | measurement_code | measurement_datetime | value_source_value | unit_source_value
        p1               | 40443-4          | 2024-03-01           | 62.0               | /min
        """,
    )


def test_steps_are_added_up_by_day_and_device(implement) -> None:
    expect(
        implement(SYSTEM, "measurement", steps=STEPS),
        """
        measurement_code | measurement_datetime | value_source_value | unit_source_value
        41950-7          | 2024-03-01           | 150.0              | {steps}
        41950-7          | 2024-03-01           | 118.0              | {steps}
        """,
    )
    assert implement(SYSTEM, "measurement", steps=STEPS).select("_fact_key").distinct().count() == 2


def test_a_night_belongs_to_the_day_it_ends_on_and_waking_is_no_sleep(implement) -> None:
    """2.5 h and 2.25 h; the nap after noon is of the next night."""
    expect(
        implement(SYSTEM, "measurement", sleep=SLEEP),
        """
        measurement_code | measurement_datetime | value_source_value | unit_source_value
        93832-4          | 2024-03-02           | 4.75               | h
        93832-4          | 2024-03-03           | 0.5                | h
        """,
    )


def test_apples_stages_are_sleep_under_their_long_and_short_names(implement) -> None:
    """An hour each: core, REM, deep, unspecified, Core and a plain rem are six; in bed, awake and restless are none."""
    stages = (
        "asleepCore", "HKCategoryValueSleepAnalysisAsleepREM", "asleepDeep", "asleepUnspecified", " Core ", "REM",
        "HKCategoryValueSleepAnalysisInBed", "inBed", "HKCategoryValueSleepAnalysisAwake", "wake", "restless", "",
    )  # fmt: skip
    lines = [f"p1,2024-03-02 {hour:02}:00:00,2024-03-02 {hour + 1:02}:00:00,{s},watch" for hour, s in enumerate(stages)]
    sleep = "\n".join(["person_id,start,end,stage,device", *lines])
    expect(implement(SYSTEM, "measurement", sleep=sleep), "value_source_value\n6.0")


def test_in_bed_and_a_stage_that_begin_at_one_time_are_two_readings(implement) -> None:
    sleep = """
    person_id,start,end,stage,device
    p1,2024-03-01 23:00:00,2024-03-02 07:00:00,inbed,watch
    p1,2024-03-01 23:00:00,2024-03-01 23:30:00,light,watch
    """
    assert implement(SYSTEM, "device_reading", sleep=sleep).select("_fact_key").distinct().count() == 2
    expect(implement(SYSTEM, "measurement", sleep=sleep), "value_source_value\n0.5")


def test_a_stage_that_was_scored_again_counts_once_as_it_was_told_last(spark) -> None:
    from pyspark.sql import functions as F

    from tests.spec.sources.conftest import frame_of
    from twinlake.catalog.sources.wearable import sleep_of_the_night

    head, night = "person_id,start,end,stage,device\n", "p1,2024-03-02 23:00:00,2024-03-02 23:30:00,{},watch\n"
    bed = "p1,2024-03-02 23:00:00,2024-03-03 07:00:00,inbed,watch\n"
    for stages, hours in ((("light", "deep"), [0.5]), (("awake", "rem"), [0.5]), (("light", "awake"), [])):
        first, second = (
            frame_of(spark, SYSTEM, SYSTEM.feed("sleep"), head + night.format(stage)).withColumn(
                "known_from", F.lit(day).cast("timestamp")
            )
            for stage, day in zip(stages, ("2026-11-01", "2026-11-02"), strict=True)
        )
        lying = frame_of(spark, SYSTEM, SYSTEM.feed("sleep"), head + bed)
        found = sleep_of_the_night.map(first.unionByName(second).unionByName(lying))
        assert [float(row["value_source_value"]) for row in found.collect()] == hours


def test_sleep_lasts_as_long_as_it_did_where_the_clock_was_turned(implement) -> None:
    """On 10 March 2024 clocks in New York skipped from 2 to 3."""
    sleep = "person_id,start,end,stage,device\np1,2024-03-10 00:00:00,2024-03-10 06:00:00,asleep,watch\n"
    expect(implement(SYSTEM, "measurement", sleep=sleep), """
    value_source_value
    5.0
    """)  # fmt: skip


def test_versions_that_were_replaced_make_no_day_by_themselves(spark) -> None:
    from pyspark.sql import functions as F

    from tests.spec.sources.conftest import frame_of
    from twinlake.catalog.sources.wearable import steps_of_the_day

    standing = frame_of(spark, SYSTEM, SYSTEM.feed("steps"), STEPS)
    replaced = standing.withColumn("known_until", F.lit("2026-11-02").cast("timestamp"))
    assert steps_of_the_day.map(standing).count() == 2
    assert steps_of_the_day.map(replaced).count() == 0


def test_the_roster_names_who_wears_them(implement) -> None:
    persons = """
    person_id,mrn,given_name,family_name,birth_date,sex
    p1,0042,Ada,Lovejoy,1960-05-04,F
    p2,,,,1971,
    """
    expect(
        implement(SYSTEM, "source_person", persons=persons),
        """
        source_person_id | given_name | family_name | birth_date | year_of_birth | sex     | mrn
        p1               | ADA        | LOVEJOY     | 1960-05-04 | 1960          | female  | 0042
        p2               |            |             |            | 1971          | unknown |
        """,
    )
