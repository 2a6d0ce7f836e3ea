"""Which version of a record counted when: at every moment the highest of those that were delivered and still stood."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

STORED_RANK = ("record_version", "delivered_at", "record_hash", "path", "record_offset")
RANK = ("version_at", *STORED_RANK)


def spans(rows: DataFrame) -> DataFrame:
    """A row for each span of each `_fact_key` in which one version counted, with `known_from` and `known_until`.

    A row of `rows` stands from `delivered_at` until `ended_at`, half-open, null while it still does. Of those that
    stand the highest record version counts, then the last delivery, then the highest hash: arrival does not matter.
    """
    from pyspark.sql import functions as F

    rest = [c for c in rows.columns if c not in (*RANK, "_fact_key")]
    # As text 00:00:00.123Z would be before 00:00:00Z, and zones would not compare.
    ranked = rows.withColumn("version_at", F.try_to_timestamp("record_version"))
    every = ranked.groupBy("_fact_key").agg(F.collect_list(F.struct(*RANK, *rest)).alias("_every"))
    # A column a step: an array that a lambda mentions again would be made again for each of its elements.
    told = every.withColumn("_told", F.transform(_moments(), _said))
    changes = told.withColumn("_changes", F.filter("_told", _is_news))
    closed = changes.withColumn("_spans", F.transform("_changes", _closed))
    known = closed.select("_fact_key", F.inline("_spans")).where("said is not null")
    return known.select("_fact_key", "said.*", "known_from", "known_until").withColumn(
        "is_current", F.col("known_until").isNull()
    )


def spans_by_repetition(rows: DataFrame, repeated: DataFrame | None) -> DataFrame:
    """`spans`, where the keys that stand in several rows are known: the others are not compared, and not moved.

    `repeated` holds them as `_fact_key`, few enough to be sent everywhere; None: there are none.
    """
    from pyspark.sql import functions as F

    if repeated is None:
        return _alone(rows)
    few = F.broadcast(repeated)
    alone, compared = (rows.join(few, "_fact_key", how) for how in ("left_anti", "left_semi"))
    return _alone(alone).unionByName(spans(compared))


def _alone(rows: DataFrame) -> DataFrame:
    """The spans of rows whose keys all differ: each counted for as long as it stood."""
    from pyspark.sql import functions as F

    return rows.where("ended_at is null or ended_at > delivered_at").select(
        "*", F.try_to_timestamp("record_version").alias("version_at"), F.col("delivered_at").alias("known_from"),
        F.col("ended_at").alias("known_until"), F.col("ended_at").isNull().alias("is_current"),
    )  # fmt: skip


def _moments() -> Column:
    from pyspark.sql import functions as F

    ends = F.array_compact(F.transform("_every", lambda row: row["ended_at"]))
    return F.array_sort(F.array_distinct(F.concat(F.transform("_every", lambda row: row["delivered_at"]), ends)))


def _said(at: Column) -> Column:
    """The version that counted at a moment, null if none did."""
    from pyspark.sql import functions as F

    def stands(row: Column) -> Column:
        return (row["delivered_at"] <= at) & (row["ended_at"].isNull() | (row["ended_at"] > at))

    return F.struct(at.alias("known_from"), F.array_max(F.filter("_every", stands)).alias("said"))


def _is_news(told: Column, place: Column) -> Column:
    from pyspark.sql import functions as F

    before = F.get("_told", place - 1)["said"]["record_hash"]
    return (place == 0) | ~told["said"]["record_hash"].eqNullSafe(before)


def _closed(told: Column, place: Column) -> Column:
    from pyspark.sql import functions as F

    return F.struct(told["said"].alias("said"), told["known_from"].alias("known_from"),
                    F.get("_changes", place + 1)["known_from"].alias("known_until"))  # fmt: skip
