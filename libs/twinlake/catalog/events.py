"""One event that two systems send is two rows of silver; here gold learns to count it once, and when it has begun."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from pyspark.sql import functions as F
from pyspark.sql.window import Window

from twinlake.declare.expressions import SLACK, one_of
from twinlake.declare.hospital import Hospital, of_true_calendar
from twinlake.vocabulary.fields.claims import SUSPECTED
from twinlake.vocabulary.measurements import ITEM_CODES

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

SENDER = ("hospital", "system")
ABSOLUTE = 0.05
RELATIVE = 0.01


def distinct_visits(visit_occurrence: DataFrame, settings: Mapping[str, Hospital]) -> DataFrame:
    """Visits that have begun, with `members` (all their visit_occurrence_id) and `hospitals`.

    Same person, start and end in two systems, be they of one hospital or of two: one visit, told by the first by name.
    Within one system every row is a visit of its own, so the n-th of one is paired with the n-th of another.
    """
    same = ("person_id", "visit_start_datetime", "visit_end_datetime")
    order = Window.partitionBy(*same, *SENDER).orderBy("visit_code", "visit_occurrence_id")
    told = F.min(F.struct(*SENDER, "visit_occurrence_id", "visit_code", "care_site_id"))
    members = F.array_sort(F.collect_set("visit_occurrence_id"))
    return (
        visit_occurrence.where(has_begun("visit_start_datetime", settings))
        .withColumn("nth", F.row_number().over(order))
        .groupBy(*same, "nth")
        .agg(told.alias("told"), members.alias("members"), F.array_sort(F.collect_set("hospital")).alias("hospitals"))
        .select(*same, "told.*", "members", "hospitals")
    )


def has_begun(moment: str, hospitals: Mapping[str, Hospital]) -> Column:
    """False of what was still to come when it was delivered (an appointment, a year mistyped), by a true calendar.

    Until it is told otherwise: a row that was booked ahead and comes again unchanged, without a word that it happened,
    stays to come.
    """
    is_to_come = F.expr(f"{moment} >= known_from + {SLACK}") & F.col("hospital").isin(of_true_calendar(hospitals))
    return ~F.coalesce(is_to_come, F.lit(False))


def is_found() -> Column:
    """Of a condition: more than a suspicion, which tells neither that the person has it nor that it is over."""
    return ~F.col("condition_type").eqNullSafe(F.lit(SUSPECTED))


def is_past_sql(moment: str) -> str:
    """SQL of a view: not after the publication. A later moment is of shifted dates, from which no today is reckoned."""
    return f"({moment} IS NULL OR {moment} < as_of + {SLACK})"


def item_of(items: Iterable[str]) -> Column:
    """Which of the `items` of vocabulary/measurements a measurement is, null for all others."""
    known = {code: item for item in items for code in ITEM_CODES[item]}
    return F.when(F.col("measurement_vocabulary") == "LOINC", one_of(known, F.col("measurement_code")))


def known_values(measurement: DataFrame, items: Iterable[str]) -> DataFrame:
    """The measurements that are a number of one of the items."""
    return measurement.where("value_as_number is not null").select(
        "person_id",
        item_of(items).alias("item"),
        F.col("measurement_datetime").alias("observed_at"),
        F.col("value_as_number").alias("value"),
        "unit_code",
        *SENDER,
        F.coalesce(F.col("conversion_rule") == "unit_inferred", F.lit(False)).alias("is_inferred"),
        F.length("value_source_value").alias("digits"),
    ).where("item is not null")  # fmt: skip


def distinct_values(measurement: DataFrame, items: Iterable[str]) -> DataFrame:
    """Those values, one that two hospitals, or two systems of one, sent once.

    Same person, item and second, and values no further apart than rounding and conversion of a unit move them
    (0.05, or 1 %): one event, told by the hospital that wrote most digits, then the first by name.
    """
    rank = (-F.coalesce("digits", F.lit(0))).alias("rank")
    told = F.struct(rank, *SENDER, "value", "unit_code", "is_inferred")
    moment = ("person_id", "item", F.date_trunc("second", "observed_at").alias("observed_at"))
    rows = known_values(measurement, items).groupBy(*moment).agg(F.collect_set(told).alias("all"))
    kept = F.filter("all", lambda one: ~F.exists(F.col("all"), lambda other: _tells(other, one)))
    return rows.select("person_id", "item", "observed_at", F.inline(kept)).drop("rank", "system")


def _tells(other: Column, one: Column) -> Column:
    """Whether another system told this event already, in the order of the struct; a unit that came goes first."""
    apart = F.abs(other["value"] - one["value"])
    near = apart <= F.greatest(F.lit(ABSOLUTE), F.abs(one["value"]) * RELATIVE)
    elsewhere = reduce(or_, (~other[name].eqNullSafe(one[name]) for name in SENDER)) & (other < one)
    with_unit = one["is_inferred"] & ~other["is_inferred"]
    return (elsewhere | with_unit) & near & other["unit_code"].eqNullSafe(one["unit_code"])
