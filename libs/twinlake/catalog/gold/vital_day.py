"""A row for each person and day on which any vital sign was taken, with the last value of every sign."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F
from pyspark.sql.window import Window

from twinlake.catalog.cohorts.history import is_female
from twinlake.clinical.age import age_years
from twinlake.declare.expressions import one_of
from twinlake.declare.table import table
from twinlake.vocabulary.fields.gold import VITALS
from twinlake.vocabulary.measurements import ITEMS

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame


@table(
    grain="a person and a day (UTC) on which any vital sign was taken",
    key=("person_id", "measurement_date"),
    required=("known_vitals",),
    columns=("person_id", "measurement_date", "age_at_index_years", "is_female", "known_vitals"),
)
def vital_day(person_day_vitals: DataFrame, person: DataFrame) -> DataFrame:
    """What was known of a person's vital signs at the end of a day: of each the mean of the last day it was taken.

    Only values in the sign's one unit count. What it cannot tell: whether an old value still holds; its day stands
    beside it.
    """
    meant = one_of({vital: ITEMS[vital].unit for vital in VITALS}, F.col("vital_name"))
    value = F.struct("vital_name", "unit_code", F.col("mean_value").alias("value"), _day().alias("observed_on"))
    days = (
        person_day_vitals.where(F.col("unit_code") == meant)
        .groupBy("person_id", "measurement_date")
        .agg(*(F.max(F.when(F.col("vital_name") == vital, value)).alias(vital) for vital in VITALS))
    )
    until_now = Window.partitionBy("person_id").orderBy("measurement_date").rowsBetween(Window.unboundedPreceding, 0)
    last = [F.last(vital, ignorenulls=True).over(until_now) for vital in sorted(VITALS)]
    return (
        days.withColumn("known_vitals", F.array_compact(F.array(*last)))
        .join(person.select("person_id", "birth_date", "year_of_birth", "sex"), "person_id")
        .withColumn("age_at_index_years", age_years(_day()))
        .withColumn("is_female", is_female())
    )


def _day() -> Column:
    return F.col("measurement_date")
