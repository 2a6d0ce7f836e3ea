"""What sources of devices share: the roster of who wears them, and what the readings of a day come to."""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from twinlake.catalog.sources._persons import PERSON, roster, rostered
from twinlake.catalog.sources._rows import shaped
from twinlake.declare.expressions import surrogate_key
from twinlake.declare.source import PART
from twinlake.declare.standardise import instant, present

WEARERS = roster("persons", rf"persons{PART}\.csv", "person_id")


def wearers(persons: DataFrame) -> DataFrame:
    """persons.csv: whom the platform of a device calls what."""
    return rostered(persons, mrn=present(F.col("mrn")))


@dataclass(frozen=True)
class Figure:
    """What a day comes to: a LOINC code, what it is called, its unit, and SQL over the day's own columns."""

    code: str
    name: str
    unit: str
    value: str


def daily(readings: DataFrame, what: str, by: tuple[str, ...], **sums: Column) -> DataFrame:
    """A row for each person, `day` (text) and what `by` names; a fact of its own, known since its last reading was.

    Readings that no longer stand come to nothing by themselves, so versions that were replaced make no day.
    """
    keys = (*PERSON, "day", *by)
    standing = readings.where("known_until IS NULL AND day IS NOT NULL")
    provenance = {
        "_record_id": F.min("_record_id"), "known_from": F.max("known_from"), "known_until": F.max("known_until"),
        "time_zone": F.max("time_zone"),
    }  # fmt: skip
    days = standing.groupBy(*keys).agg(*(c.alias(n) for n, c in {**provenance, **sums}.items()))
    return days.withColumn("_fact_key", surrogate_key(*PERSON, F.lit(what), "day", *by))


def figures_of(days: DataFrame, *figures: Figure) -> DataFrame:
    """The days as measurements, a row a figure that is known, dated by the day."""
    told = [
        F.struct(*(F.lit(getattr(f, n)).alias(n) for n in ("code", "name", "unit")),
                 F.round(F.expr(f.value).cast("double"), 4).alias("value"))
        for f in figures
    ]  # fmt: skip
    rows = days.withColumn("_figure", F.explode(F.array(*told))).where("_figure.value IS NOT NULL")
    return shaped(
        rows,
        measurement_code="_figure.code",
        measurement_vocabulary=F.lit("LOINC"),
        measurement_source_value="_figure.code",
        measurement_name="_figure.name",
        measurement_datetime=instant(F.col("day")),
        value_source_value=F.col("_figure.value").cast("string"),
        unit_source_value="_figure.unit",
        range_low_source_value=None,
        range_high_source_value=None,
        visit_source_id=None,
        part="_figure.code",
    )


def clock(text: Column, place: int) -> Column:
    """Hours (12) or minutes (15) of a time as it was written, whatever its zone."""
    return F.substring(text, place, 2).try_cast("int")


def day_of(text: Column) -> Column:
    """The day a time was written with, null where it has none."""
    return F.when(text.rlike(r"^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}"), F.substring(text, 1, 10))
