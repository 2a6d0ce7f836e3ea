"""A row for each glucose measurement of each person, with what was known of the person at that moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from twinlake.catalog.cohorts.history import DIED, is_latest_moment, last_known, moments
from twinlake.clinical.age import age_years
from twinlake.declare.table import table

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

LOOKBACK_DAYS = 365
LABEL = "blood_glucose_mg_per_dl"
MEASURED = {
    "body_weight_kg": "weight",
    "total_cholesterol_mg_per_dl": "total_cholesterol",
    "hdl_cholesterol_mg_per_dl": "hdl_cholesterol",
    "ldl_cholesterol_mg_per_dl": "ldl_cholesterol",
    "triglycerides_mg_per_dl": "triglycerides",
    "heart_rate_per_min": "heart_rate",
}


@table(
    grain="a person and a moment: a glucose measurement, or (is_current) the latest moment anything here was measured",
    key=("person_id", "index_datetime", "is_current"),
    columns=(
        "person_id", "index_datetime", "is_current", "age_at_index_years", *MEASURED, LABEL, "exclusion_reason",
    ),
)  # fmt: skip
def blood_glucose_feature(person: DataFrame, death: DataFrame, measurement: DataFrame) -> DataFrame:
    """Weight, lipids, heart rate and age at the moment glucose was measured: each the last value within a year.

    What it cannot tell: whether the person fasted; a glucose is mostly ordered for a reason, so its moment is no
    random one. A glucose given only with a comparator is left out.
    """
    history = moments(measurement, {**MEASURED, LABEL: "glucose"}, F.to_date("measurement_datetime"))
    known = last_known(history, MEASURED, LOOKBACK_DAYS).withColumn("is_latest", is_latest_moment())
    past = known.where(F.col(LABEL).isNotNull()).withColumn("is_current", F.lit(False))
    current = known.where("is_latest").withColumn("is_current", F.lit(True)).withColumn(LABEL, F.lit(None))
    dead = death.select("person_id", F.lit(DIED).alias("died"))
    return (
        past.unionByName(current)
        .join(person.select("person_id", "birth_date", "year_of_birth"), "person_id")
        .join(dead, "person_id", "left")
        .withColumn("age_at_index_years", age_years(F.col("index_day")))
        .withColumn("exclusion_reason", F.when(F.col("is_current"), F.coalesce("died", _without_weight())))
        .withColumnRenamed("observed_at", "index_datetime")
    )


def _without_weight() -> Column:
    reason = f"no body weight in the {LOOKBACK_DAYS} days before the latest value"
    return F.when(F.col("body_weight_kg").isNull(), reason)
