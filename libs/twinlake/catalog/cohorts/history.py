"""A person's history as moments, and what was known at each moment and never after it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce
from typing import TYPE_CHECKING

from pyspark.sql import functions as F
from pyspark.sql.window import Window

from twinlake.catalog.events import item_of
from twinlake.vocabulary.measurements import ITEMS

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

MICROSECONDS_A_DAY = 86_400_000_000
DIED = "the person has died"


def moments(measurement: DataFrame, items: Mapping[str, str], day: Column) -> DataFrame:
    """A row a person and second in which any of `items` (column → item) was measured, with a column for each.

    `index_day` is the `day` of that second, the later one where hospitals write two.

    Several values of one item in one second, as when two hospitals send one event, count once: the one written with
    most digits. Values with a comparator (`<5`) are no numbers to learn from.
    """
    item = item_of(items.values())
    exact = measurement.where("value_as_number is not null and operator is null").withColumn("item", item)
    moment = F.date_trunc("second", "measurement_datetime").alias("observed_at")
    columns = [_one_value(item).alias(column) for column, item in items.items()]
    return (
        exact.where(F.col("item").isin(*items.values()))
        .groupBy("person_id", moment)
        .agg(F.max(day).alias("index_day"), *columns)
    )


def last_known(history: DataFrame, columns: Iterable[str], lookback_days: int) -> DataFrame:
    """Each of `columns` as the last value in [observed_at - lookback_days, observed_at]; never from later."""
    until_now = (
        Window.partitionBy("person_id")
        .orderBy(F.unix_micros("observed_at"))
        .rangeBetween(-lookback_days * MICROSECONDS_A_DAY, Window.currentRow)
    )
    return history.withColumns({name: F.last(name, ignorenulls=True).over(until_now) for name in columns})


def is_latest_moment() -> Column:
    """This is the last moment of the person's history."""
    return F.col("observed_at") == F.max("observed_at").over(Window.partitionBy("person_id"))


def is_female() -> Column:
    """Null where the administrative gender is neither female nor male."""
    return F.when(F.col("sex") == "female", True).when(F.col("sex") == "male", False)


def _one_value(item: str) -> Column:
    digits = F.length(F.coalesce("value_source_value", F.lit("")))
    order = F.struct(-digits, "measurement_code", "hospital", "value_as_number")
    is_meant = (F.col("item") == item) & (F.col("unit_code") == ITEMS[item].unit)
    return F.min_by("value_as_number", F.when(is_meant, order))


def is_coded(codelist: Mapping[str, frozenset[str]]) -> Column:
    """The condition's code stands in a list of codes by vocabulary."""
    code, vocabulary = F.col("condition_code"), F.col("condition_vocabulary")
    return _any([(vocabulary == name) & code.isin(*sorted(codes)) for name, codes in sorted(codelist.items())])


def _any(conditions: list[Column]) -> Column:
    return reduce(lambda left, right: left | right, conditions)
