"""Which version of a record counted when: at every moment the highest of those that were delivered and still stood."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial, reduce
from typing import TYPE_CHECKING

from twinlake.engine.wire import ON_DELIVERY

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame
    from pyspark.sql.types import StructType

STORED_RANK = ("record_version", "delivered_at", "record_hash", "path", "record_offset")
RANK = ("version_at", "is_undated", *STORED_RANK)
# Whether a row takes back what its key said before.
WITHDRAWN = "_withdrawn"
# Whether a row gives its key up, or takes that back; and whether that is all it says.
GIVEN_UP, ASIDE = "_given_up", "_aside"


def spans(rows: DataFrame, kept: Sequence[str] = (), ends: DataFrame | None = None) -> DataFrame:
    """A row for each span of each `_fact_key` in which one version counted, with `known_from` and `known_until`.

    A row of `rows` stands from `delivered_at` until `ended_at`, half-open, null while it still does. Of those that
    stand the highest record version counts, then the last delivery, then the highest hash: arrival does not matter.
    A row without a version takes back those with one that stood by its delivery, which dates it; where none did it is
    what a system says that dates its updates alone, and gives way to each, unless it is told to count ON_DELIVERY.
    Where it is null in a column of `kept` (`PID.f7`: a field of one), the highest of them that is not counts for that
    column, as far back as one is `WITHDRAWN`, and, by `ends`, which are no versions, as its key was given up.
    """
    from pyspark.sql import functions as F

    if ends is not None:
        rows = rows.withColumn(ASIDE, F.lit(False)).unionByName(ends.withColumn(ASIDE, F.lit(True)))
    rest = [c for c in rows.columns if c not in (*RANK, "_fact_key")]
    # As text 00:00:00.123Z would be before 00:00:00Z, and zones would not compare.
    ranked = rows.withColumn("version_at", F.try_to_timestamp("record_version"))
    marked = ranked.withColumns({
        "is_undated": F.col("version_at").isNull(), "is_on_delivery": F.col("record_version").eqNullSafe(ON_DELIVERY),
        "record_version": F.nullif("record_version", F.lit(ON_DELIVERY)),
    })  # fmt: skip
    every = marked.groupBy("_fact_key").agg(F.collect_list(F.struct(*RANK, *rest, "is_on_delivery")).alias("_every"))
    # A column a step: an array that a lambda mentions again would be made again for each of its elements.
    dated = every.withColumn(
        "_every", F.when(_has_a_moment(), F.transform("_every", _dated)).otherwise(F.col("_every"))
    )
    told = dated.withColumn("_told", F.transform(_moments(), _standing if kept else _said))
    if kept:
        if ends is not None:
            told = told.withColumn("_told", F.transform("_told", _not_given_up))
        told = told.withColumn("_told", F.transform("_told", _not_taken_back))
        told = told.withColumn("_told", F.transform("_told", partial(_whole, rows.schema, kept)))
    changes = told.withColumn("_changes", F.filter("_told", partial(_is_news, kept)))
    closed = changes.withColumn("_spans", F.transform("_changes", _closed))
    known = closed.select("_fact_key", F.inline("_spans")).where("said is not null")
    told_when = known.select("_fact_key", "said.*", "known_from", "known_until").drop(
        "version_at", "is_undated", "is_on_delivery", ASIDE
    )  # fmt: skip
    return told_when.withColumn("is_current", F.col("known_until").isNull())


def spans_by_repetition(
    rows: DataFrame, repeated: DataFrame | None, kept: Sequence[str] = (), ends: DataFrame | None = None
) -> DataFrame:
    """`spans`, where the keys that stand in several rows are known: the others are not compared, and not moved.

    `repeated` holds them as `_fact_key`, few enough to be sent everywhere; None: there are none.
    """
    from pyspark.sql import functions as F

    if repeated is None:
        return _alone(rows)
    few = F.broadcast(repeated)
    alone, compared = (rows.join(few, "_fact_key", how) for how in ("left_anti", "left_semi"))
    theirs = None if ends is None else ends.join(few, "_fact_key", "left_semi")
    return _alone(alone).unionByName(spans(compared, kept, theirs))


def _alone(rows: DataFrame) -> DataFrame:
    """The spans of rows whose keys all differ: each counted for as long as it stood."""
    from pyspark.sql import functions as F

    named = rows.withColumn("record_version", F.nullif("record_version", F.lit(ON_DELIVERY)))
    return named.where("ended_at is null or ended_at > delivered_at").select(
        "*", F.col("delivered_at").alias("known_from"), F.col("ended_at").alias("known_until"),
        F.col("ended_at").isNull().alias("is_current"),
    )  # fmt: skip


def _moments() -> Column:
    from pyspark.sql import functions as F

    ends = F.array_compact(F.transform("_every", lambda row: row["ended_at"]))
    return F.array_sort(F.array_distinct(F.concat(F.transform("_every", lambda row: row["delivered_at"]), ends)))


def _has_a_moment() -> Column:
    """Whether versions of this key are moments; those of HL7 v2 are texts, and compare as such."""
    from pyspark.sql import functions as F

    return F.exists("_every", lambda row: ~row["is_undated"])


def _dated(row: Column) -> Column:
    from pyspark.sql import functions as F

    def at_least_delivered(other: Column) -> Column:
        return F.when(~other["is_undated"], F.greatest(other["version_at"], row["delivered_at"]))

    standing = F.filter("_every", partial(_stands, row["delivered_at"]))
    taken_back = F.array_max(F.transform(standing, at_least_delivered))
    alone = F.when(row["is_on_delivery"], row["delivered_at"])
    return row.withField("version_at", F.coalesce(row["version_at"], taken_back, alone))


def _stands(at: Column, row: Column) -> Column:
    return (row["delivered_at"] <= at) & (row["ended_at"].isNull() | (row["ended_at"] > at))


def _said(at: Column) -> Column:
    """The version that counted at a moment, null if none did."""
    from pyspark.sql import functions as F

    return F.struct(at.alias("known_from"), F.array_max(F.filter("_every", partial(_stands, at))).alias("said"))


def _standing(at: Column) -> Column:
    """The versions that stood at a moment, the one that counted first."""
    from pyspark.sql import functions as F

    down = F.sort_array(F.filter("_every", partial(_stands, at)), asc=False)
    return F.struct(at.alias("known_from"), down.alias("down"))


def _not_given_up(told: Column) -> Column:
    """Of the versions those down to where the key was given up, unless what came next took that back."""
    from pyspark.sql import functions as F

    first = F.array_position(F.transform(told["down"], lambda row: row[ASIDE]), F.lit(False)).cast("int")
    down = F.when(first > 1, F.slice(told["down"], first, F.size(told["down"]))).otherwise(told["down"])

    def is_end(row: Column, place: Column) -> Column:
        return row[GIVEN_UP] & F.coalesce(F.get(down, place - 1)[GIVEN_UP], F.lit(True))

    last = F.array_position(F.transform(down, is_end), F.lit(True)).cast("int")
    left = F.when(last > 0, F.slice(down, 1, last)).otherwise(down)
    versions = F.filter(left, lambda row: ~row[ASIDE])
    return F.struct(told["known_from"].alias("known_from"), versions.alias("down"))


def _not_taken_back(told: Column) -> Column:
    """Of the versions those down to the first that is withdrawn."""
    from pyspark.sql import functions as F

    last = F.array_position(F.transform(told["down"], lambda row: row[WITHDRAWN]), F.lit(True))
    down = F.when(last > 0, F.slice(told["down"], 1, last.cast("int"))).otherwise(told["down"])
    return F.struct(told["known_from"].alias("known_from"), down.alias("down"))


def _whole(schema: StructType, kept: Sequence[str], told: Column) -> Column:
    """The version that counted with what it leaves out, as the versions beneath it said it."""
    from pyspark.sql import functions as F

    said = F.get(told["down"], F.lit(0))

    def last(place: str) -> Column:
        each = F.transform(told["down"], lambda row: _at(row, place))
        return F.get(F.filter(each, lambda value: value.isNotNull()), F.lit(0))

    whole = said
    for column in _heads(kept):
        # A field at a time would make the struct anew for each: they are set at once.
        fields = [] if column in kept else schema[column].dataType.names  # type: ignore[attr-defined]
        each = [(name, f"{column}.{name}") for name in fields]
        parts = [(last(place) if place in kept else _at(said, place)).alias(name) for name, place in each]
        whole = whole.withField(column, F.struct(*parts) if fields else last(column))
    return F.struct(told["known_from"].alias("known_from"), whole.alias("said"))


def _heads(kept: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(place.partition(".")[0] for place in kept))


def _at(row: Column, place: str) -> Column:
    return reduce(lambda column, name: column[name], place.split("."), row)


def _is_news(kept: Sequence[str], told: Column, place: Column) -> Column:
    from pyspark.sql import functions as F

    def compared(one: Column) -> Column:
        return F.struct(*(one["said"][name] for name in ("record_hash", *_heads(kept))))

    return (place == 0) | ~compared(told).eqNullSafe(compared(F.get("_told", place - 1)))


def _closed(told: Column, place: Column) -> Column:
    from pyspark.sql import functions as F

    return F.struct(told["said"].alias("said"), told["known_from"].alias("known_from"),
                    F.get("_changes", place + 1)["known_from"].alias("known_until"))  # fmt: skip
