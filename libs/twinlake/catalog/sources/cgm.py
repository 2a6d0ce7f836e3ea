"""Continuous glucose monitoring as the Glucose-ML collection lays it out: a file a person, named for them.

Reported as the international consensus asks (Battelino et al., Diabetes Care 2019;42:1593), for each day that a sensor
covers to 70 % at least; LOINC codes by HL7's guide on continuous glucose monitoring (hl7.org/fhir/uv/cgm).
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from twinlake.catalog.sources._devices import Figure, clock, daily, day_of, figures_of
from twinlake.catalog.sources._persons import PERSON, shaped_person
from twinlake.catalog.sources._rows import look_up, shaped
from twinlake.declare.source import PART, System, Via, csv_feed, implements
from twinlake.declare.standardise import instant, sex

CLOCK_ONLY = "`timestamp` rlike '^[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?$'"
SENSOR = Via("persons", fact="source_person_id", lookup="person_id")
READINGS = Via("readings", fact="person_id", lookup="source_person_id")
# Ranges in mg/dL, both ends included for the target: 70 to 180.
RANGES = {"very_low": "< 54", "low": ">= 54 AND glucose < 70", "target": ">= 70 AND glucose <= 180",
          "high": "> 180 AND glucose <= 250", "very_high": "> 250"}  # fmt: skip
# A sensor writes a word where it reads beyond its scale, 40 to 400 or 500 mg/dL.
WORDS = {"very_low": ("low", "lo"), "very_high": ("high", "hi")}
QUARTERS = 96
COVERED = f"quarters >= 0.7 * {QUARTERS}"

_SHARE = f"CASE WHEN {COVERED} THEN 100D * {{}} / (very_low + low + target + high + very_high) END"
# A word has no mean; a day with one has shares only.
_WHOLE = f"{COVERED} AND numbers > 1 AND numbers = very_low + low + target + high + very_high"
_MEAN = "cast(total AS double) / numbers"
_SQUARES = "cast(squares AS double) - cast(total AS double) * cast(total AS double) / numbers"
_SPREAD = f"sqrt(greatest({_SQUARES}, 0D) / (numbers - 1))"
FIGURES = (
    Figure("97507-8", "Mean glucose of the day", "mg/dL", f"CASE WHEN {_WHOLE} THEN {_MEAN} END"),
    Figure("104638-2", "Coefficient of variation of the day's glucose", "%",
           f"CASE WHEN {_WHOLE} AND total > 0 THEN 100D * {_SPREAD} / ({_MEAN}) END"),
    Figure("104642-4", "Time below 54 mg/dL", "%", _SHARE.format("very_low")),
    Figure("104641-6", "Time from 54 to below 70 mg/dL", "%", _SHARE.format("low")),
    Figure("97510-2", "Time from 70 to 180 mg/dL", "%", _SHARE.format("target")),
    Figure("104640-8", "Time above 180, to 250 mg/dL", "%", _SHARE.format("high")),
    Figure("104639-0", "Time above 250 mg/dL", "%", _SHARE.format("very_high")),
    Figure("104637-4", "Share of the day's quarter hours with a reading", "%", f"100D * quarters / {QUARTERS}"),
)  # fmt: skip

FEEDS = (
    csv_feed(
        "persons",
        rf"(?:[^/]+/)*(?!\.)[^/]*metadata{PART}\.csv",
        "person_id,diabetes_type,age,gender,race_ethnicity,hba1c_%,CGM_type,glucose_level_record_count,"
        "average_glucose_level_mg_dl,count_days_with_CGM_data",
        "increment",
        key=("person_id",),
        person="person_id",
    ),
    csv_feed(
        "readings",
        rf"(?:[^/]+/)*(?!\.)(?P<person>(?![^/]*metadata{PART}\.csv)[^/]+)\.csv",
        "timestamp,glucose_value_mg_dl",
        "increment",
        unmapped={"a time of day without its day is no moment, and the file does not say which midnight": CLOCK_ONLY},
    ),
)


@implements("source_person", via=(READINGS,))
def source_person(persons: DataFrame, readings: DataFrame) -> DataFrame:
    """…metadata.csv: the year of birth is that of the first reading less the age, or less the middle of its band."""
    first = readings.groupBy(*PERSON).agg(F.min(day_of(F.col("timestamp"))).alias("_first"))
    known = persons.join(first, list(PERSON), "left")
    band = r"^\s*([0-9]+)(?:\.[0-9]+)?\s*(?:-\s*([0-9]+))?"
    low, high = (F.regexp_extract("age", band, n).try_cast("int") for n in (1, 2))
    age = F.floor((low + F.coalesce(high, low)) / 2)
    return shaped_person(
        known, race_source_value="race_ethnicity", sex=sex(F.col("gender")),
        year_of_birth=F.substring("_first", 1, 4).try_cast("int") - age, year_of_birth_margin=F.ceil((high - low) / 2),
    )  # fmt: skip


@implements("device_reading", when=f"NOT ({CLOCK_ONLY})", via=(SENSOR,))
def reading(readings: DataFrame, persons: DataFrame) -> DataFrame:
    """A file a person: each reading as the sensor gave it."""
    return shaped(
        look_up(readings, persons, SENSOR, _sensor=F.col("CGM_type")),
        device_reading_type=F.lit("value"),
        device_source_value="_sensor",
        measurement_code=F.lit("99504-3"),
        measurement_vocabulary=F.lit("LOINC"),
        measurement_source_value=F.lit("glucose_value_mg_dl"),
        measurement_name=F.lit("Glucose in interstitial fluid"),
        device_reading_datetime=instant(F.col("timestamp")),
        device_reading_end_datetime=None,
        recording_source_id=None,
        recording_seconds=None,
        value_source_value="glucose_value_mg_dl",
        unit_source_value=F.lit("mg/dL"),
        part=F.lit(""),
    )


@implements("measurement", when=f"NOT ({CLOCK_ONLY})")
def day_summary(readings: DataFrame) -> DataFrame:
    """The readings of a day, as the sensor's clock counts days; sums are decimals, so that no order changes them."""
    number = F.col("glucose_value_mg_dl").try_cast("decimal(9,4)")
    time = F.col("timestamp")
    told = readings.withColumns(
        {"day": day_of(time), "glucose": number, "word": F.lower(F.trim("glucose_value_mg_dl"))}
    )
    quarter = clock(time, 12) * 4 + F.floor(clock(time, 15) / 15)
    sums = {
        "total": F.sum("glucose"),
        "squares": F.sum(F.col("glucose") * F.col("glucose")),
        "numbers": F.count("glucose"),
    }
    counted = {
        "quarters": F.count_distinct(F.when(_is_told(), quarter)),
        **sums,
        **{name: _count(name) for name in RANGES},
    }
    return figures_of(daily(told, "glucose", (), **counted), *FIGURES)


def _count(name: str) -> Column:
    return F.count_if(
        F.coalesce(F.expr(f"glucose {RANGES[name]}"), F.lit(False)) | F.col("word").isin(*WORDS.get(name, ()))
    )


def _is_told() -> Column:
    return F.col("glucose").isNotNull() | F.col("word").isin(*(word for words in WORDS.values() for word in words))


SYSTEM = System(
    name="cgm",
    meaning="Continuous glucose monitoring: a CSV file of readings for each person, and one of persons",
    feeds=FEEDS,
    ignored={
        r"(?:[^/]+/)*README\.md": "a description of the set",
        r"(?:[^/]+/)*\.[^/]*": "a hidden file of somebody's computer",
    },
    implementations=(source_person, reading, day_summary),
)
