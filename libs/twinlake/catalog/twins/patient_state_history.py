"""What was known of a person, and since when: a row for each version of each fact."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from pyspark.sql import functions as F
from pyspark.sql.window import Window

from twinlake.catalog.events import is_found, item_of
from twinlake.declare.expressions import surrogate_key
from twinlake.declare.table import table
from twinlake.vocabulary.measurements import ITEM_CODES

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

COLUMNS = (
    "fact_id", "person_id", "item", "item_name", "observed_at", "ended_at", "known_from", "known_until",
    "value_as_number", "value_as_string", "operator", "unit_code", "condition_type", "hospital", "system", "_record_id",
)  # fmt: skip
ACTIVE, ENDED = "active", "ended"


@table(
    grain="one version of one fact: what a hospital said of a person from one delivery to the next",
    key=("fact_id", "known_from"),
    required=("item", "observed_at", "hospital", "system"),
    columns=COLUMNS,
)
def patient_state_history(
    measurement: DataFrame, measurement_superseded: DataFrame, condition_occurrence: DataFrame
) -> DataFrame:
    """The twin in two times: `observed_at` is when it was true, [`known_from`, `known_until`) when the lake said so.

    Equation: the state of an item on day V as known on day K is the fact with the largest `observed_at` <= V among
    those with `known_from` <= K < `known_until` (`state_known_on`). A condition is an item that is `active` from when
    it starts and, from `ended_at` on, `ended`; of several recordings the one that starts last speaks for all, and a
    claim only where nothing else was known of the code, as in gold.person_summary; what is only suspected is no item.

    Assumptions. A fact is known from the delivery that brought it, not from when a clinician knew it. A version that
    was replaced within its own delivery was never known. What it cannot tell: earlier versions of a condition (a
    changed one is known only from its change); who was thought to be whom (versions follow today's person_link).
    """
    versions = measurement.withColumn("known_until", F.lit(None).cast("timestamp")).unionByName(
        measurement_superseded, allowMissingColumns=True
    )
    facts = _measured(versions).unionByName(_conditions(condition_occurrence))
    return facts.where("known_until is null or known_from < known_until")


def state_known_on(history: DataFrame, valid_at: dt.date, known_at: dt.date) -> DataFrame:
    """One row a person and item: what was true at `valid_at`, as the lake knew it at `known_at`; both inclusive.

    A date means the end of that day, UTC; a datetime that very moment. Of several facts at one time the largest value
    is taken, then the last hospital by name, and of two conditions that start at one time the one that knows an end,
    as in gold.person_summary; a fact without a value says nothing. What has ended is told as `ended`, since then. A
    claim, however late, does not speak of a condition that is known otherwise, but does until that became known.
    """
    known, valid = F.lit(_after(known_at)), F.lit(_after(valid_at))
    was_known = (F.col("known_from") < known) & (F.col("known_until").isNull() | (F.col("known_until") >= known))
    says = F.coalesce(F.col("value_as_number").cast("string"), "value_as_string").isNotNull()
    facts = history.where((F.col("observed_at") < valid) & was_known & says)
    ties = ("observed_at", "ended_at", "value_as_number", "value_as_string", "hospital", "fact_id")
    is_claim = F.col("condition_type").eqNullSafe(F.lit("claim"))
    last = Window.partitionBy("person_id", "item").orderBy(is_claim, *(F.col(c).desc_nulls_last() for c in ties))
    latest = facts.withColumn("nth", F.row_number().over(last)).where("nth = 1").drop("nth")
    has_ended = F.col("ended_at") < valid
    return latest.withColumns(
        {
            "value_as_string": F.when(has_ended, ENDED).otherwise(F.col("value_as_string")),
            "observed_at": F.when(has_ended, F.col("ended_at")).otherwise(F.col("observed_at")),
        }
    )


def _after(moment: dt.date) -> dt.datetime:
    """The first instant that no longer belongs to it; Spark keeps microseconds."""
    if not isinstance(moment, dt.datetime):
        return dt.datetime.combine(moment + dt.timedelta(days=1), dt.time(), dt.UTC)
    return (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)) + dt.timedelta(microseconds=1)


def _measured(versions: DataFrame) -> DataFrame:
    return (
        versions.withColumn("fact_id", F.col("measurement_id"))
        .withColumn("item", F.coalesce(item_of(ITEM_CODES), _coded("measurement")))
        .withColumn("item_name", F.col("measurement_name"))
        .withColumn("observed_at", F.col("measurement_datetime"))
        .withColumn("ended_at", F.lit(None).cast("timestamp"))
        .withColumn("condition_type", F.lit(None).cast("string"))
        .select(*COLUMNS)
    )


def _conditions(condition_occurrence: DataFrame) -> DataFrame:
    """One fact each. One that is over ended when it says so, or at the latest when that became known."""
    known = F.when(F.col("is_condition_over"), F.greatest("condition_start_date", F.to_date("known_from")))
    return condition_occurrence.where(F.col("condition_start_date").isNotNull() & is_found()).select(
        # One record may tell a measurement and a condition, and their ids are made alike.
        surrogate_key("condition_occurrence_id", F.lit(ACTIVE)).alias("fact_id"),
        "person_id",
        _coded("condition").alias("item"),
        F.col("condition_name").alias("item_name"),
        F.col("condition_start_date").cast("timestamp").alias("observed_at"),
        F.coalesce("condition_end_date", known).cast("timestamp").alias("ended_at"),
        "known_from",
        F.lit(None).cast("timestamp").alias("known_until"),
        F.lit(None).cast("double").alias("value_as_number"),
        F.lit(ACTIVE).alias("value_as_string"),
        F.lit(None).cast("string").alias("operator"),
        F.lit(None).cast("string").alias("unit_code"),
        "condition_type",
        "hospital",
        "system",
        "_record_id",
    )


def _coded(stem: str) -> Column:
    """`vocabulary:code`, or `source:` and what the hospital wrote."""
    known = F.concat(F.coalesce(f"{stem}_vocabulary", F.lit("local")), F.lit(":"), f"{stem}_code")
    return F.coalesce(known, F.concat(F.lit("source:"), f"{stem}_source_value"))
