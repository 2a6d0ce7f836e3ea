"""Watches and bands: heart rate, steps and sleep as plain CSV, as most platforms export them after little work."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.window import Window

from twinlake.catalog.sources._devices import WEARERS, Figure, clock, daily, day_of, figures_of, wearers
from twinlake.catalog.sources._persons import PERSON
from twinlake.catalog.sources._rows import shaped
from twinlake.declare.source import Feed, System, csv_feed, implements
from twinlake.declare.standardise import instant
from twinlake.vocabulary.sleep_stages import is_asleep, is_of_bed

# A half hour with fewer readings says nothing of rest.
FEWEST = 3
RESTING = Figure("40443-4", "Resting heart rate: lowest mean of a half hour of the day", "/min", "resting")
STEPS = Figure("41950-7", "Steps of the day", "{steps}", "steps")
SLEEP = Figure("93832-4", "Sleep of the night before, without the time awake", "h", "seconds / 3600D")


def _feed(name: str, header: str, *key: str) -> Feed:
    files = rf"(?:[^/]+/)*{name}[^/]*\.csv"
    return csv_feed(name, files, header, "increment", key=("person_id", *key, "device"), person="person_id")


FEEDS = (
    WEARERS,
    _feed("heart_rate", "person_id,timestamp,heart_rate_bpm,device", "timestamp"),
    _feed("steps", "person_id,start,end,steps,device", "start"),
    # In bed and the first stage of sleep begin at one time.
    _feed("sleep", "person_id,start,end,stage,device", "start", "stage"),
)


@implements("source_person")
def source_person(persons: DataFrame) -> DataFrame:
    """persons.csv."""
    return wearers(persons)


@implements("device_reading")
def heart_rate_reading(heart_rate: DataFrame) -> DataFrame:
    """heart_rate.csv: a value at a moment."""
    return _readings(heart_rate, "8867-4", "Heart rate", "heart_rate_bpm", "/min", "timestamp", None)


@implements("device_reading")
def step_count(steps: DataFrame) -> DataFrame:
    """steps.csv: how many in an interval."""
    return _readings(steps, "55423-8", "Number of steps", "steps", "{steps}", "start", "end")


@implements("device_reading")
def sleep_stage(sleep: DataFrame) -> DataFrame:
    """sleep.csv: a stage and how long it lasted; no LOINC code names the stage itself."""
    return _readings(sleep, None, "Stage of sleep", "stage", None, "start", "end")


def _readings(
    rows: DataFrame, loinc: str | None, name: str, value: str, unit: str | None, start: str, end: str | None
) -> DataFrame:
    return shaped(
        rows,
        device_reading_type=F.lit("interval" if end else "value"),
        device_source_value="device",
        measurement_code=F.lit(loinc or value),
        measurement_vocabulary=F.lit("LOINC" if loinc else "local"),
        measurement_source_value=F.lit(value),
        measurement_name=F.lit(name),
        device_reading_datetime=instant(F.col(start)),
        device_reading_end_datetime=instant(F.col(end)) if end else None,
        recording_source_id=None,
        recording_seconds=None,
        value_source_value=value,
        unit_source_value=F.lit(unit),
        part=F.lit(""),
    )


@implements("measurement")
def resting_heart_rate(heart_rate: DataFrame) -> DataFrame:
    """The lowest of the means of the day's half hours; platforms have rules of their own, and tell none."""
    time = F.col("timestamp")
    half_hour = clock(time, 12) * 2 + F.floor(clock(time, 15) / 30)
    told = heart_rate.where("known_until IS NULL").withColumns(
        {"day": day_of(time), "_half_hour": half_hour, "_rate": F.col("heart_rate_bpm").try_cast("decimal(9,4)")}
    )
    window = Window.partitionBy(*PERSON, "device", "day", "_half_hour")
    mean = F.when(F.count("_rate").over(window) >= FEWEST, F.avg("_rate").over(window))
    return figures_of(daily(told.withColumn("_mean", mean), "rest", ("device",), resting=F.min("_mean")), RESTING)


@implements("measurement")
def steps_of_the_day(steps: DataFrame) -> DataFrame:
    """The steps of the intervals that began on the day; each device counts for itself, lest a phone doubles a watch."""
    told = steps.withColumn("day", day_of(F.col("start")))
    return figures_of(daily(told, "steps", ("device",), steps=F.sum(F.col("steps").try_cast("bigint"))), STEPS)


@implements("measurement")
def sleep_of_the_night(sleep: DataFrame) -> DataFrame:
    """The stages asleep (vocabulary/sleep_stages.py) from noon to noon, dated by the day one wakes up on.

    Of several stages that begin at one time, as where a platform scored a night again, the one told last counts.
    """
    lasted = F.unix_timestamp(instant(F.col("end")).utc) - F.unix_timestamp(instant(F.col("start")).utc)
    at_once = Window.partitionBy(*PERSON, "device", "start").orderBy(F.desc("known_from"), F.desc("_record_id"))
    stages = sleep.where(f"known_until IS NULL AND NOT coalesce({is_of_bed('stage')}, false)")
    latest = stages.withColumn("_nth", F.row_number().over(at_once)).where("_nth = 1")
    asleep = F.expr(is_asleep("stage")) & (lasted > 0)
    told = latest.withColumns({"day": _waking_day(F.col("start")), "_seconds": F.when(asleep, lasted)})
    return figures_of(daily(told, "sleep", ("device",), seconds=F.sum("_seconds")), SLEEP)


def _waking_day(start: Column) -> Column:
    """The day that a night ends on, by the clock on the wall."""
    wall = F.concat(F.replace(F.substring(start, 1, 16), F.lit("T"), F.lit(" ")), F.lit(":00Z")).try_cast("timestamp")
    return F.date_format(wall + F.expr("INTERVAL 12 HOURS"), "yyyy-MM-dd")


SYSTEM = System(
    name="wearable",
    meaning="Watches and bands: heart rate, steps and sleep, and a roster of who wears them",
    feeds=FEEDS,
    implementations=(
        source_person, heart_rate_reading, step_count, sleep_stage, resting_heart_rate, steps_of_the_day,
        sleep_of_the_night,
    ),
)  # fmt: skip
