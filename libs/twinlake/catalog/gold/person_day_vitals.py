"""A row for each vital sign of a person on a day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from twinlake.catalog.events import distinct_values
from twinlake.declare.table import table
from twinlake.vocabulary.fields.gold import VITALS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

EXACT = "decimal(28,10)"


@table(
    grain="a vital sign of a person on a day (UTC), in one unit",
    key=("person_id", "measurement_date", "vital_name", "unit_code"),
    required=("min_value", "mean_value", "max_value", "value_count", "inferred_count"),
    columns=(
        "person_id", "measurement_date", "vital_name", "unit_code", "min_value", "mean_value", "max_value",
        "value_count", "inferred_count",
    ),
)  # fmt: skip
def person_day_vitals(measurement: DataFrame, inferred_measurement: DataFrame) -> DataFrame:
    """A day's vital signs, tidy: one row a sign, so that a new sign is a new row and no new column.

    Only values that are a number in a known unit count, and those whose unit was inferred (`inferred_count` of them);
    `<5` counts as 5. A value that two hospitals sent counts once.
    What it cannot tell: how a value was taken (cuff or catheter, finger or vein), or when in the day.
    """
    mean = F.avg(F.col("value").try_cast(EXACT)).cast("double")  # a sum of doubles depends on their order
    every = measurement.unionByName(inferred_measurement, allowMissingColumns=True)
    return (
        distinct_values(every, VITALS)
        .where("unit_code is not null")
        .groupBy(
            "person_id",
            F.to_date("observed_at").alias("measurement_date"),
            F.col("item").alias("vital_name"),
            "unit_code",
        )
        .agg(
            F.min("value").alias("min_value"),
            mean.alias("mean_value"),
            F.max("value").alias("max_value"),
            F.count("value").alias("value_count"),
            F.count_if("is_inferred").alias("inferred_count"),
        )
    )
