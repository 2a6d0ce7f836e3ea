"""Which value of each fact survives where several records are one person."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

from twinlake.declare.identity import Identity, Survivor

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

KEY = ("hospital", "system", "source_person_id")
LAST = 2**63 - 1


def survivors(source_person: DataFrame, identity: Identity) -> DataFrame:
    """A row per person_id with the surviving columns; `source_person` carries its person_id. One shuffle, no join."""
    columns = [
        f"_{place}.value.`{column}` AS `{column}`"
        for place, survivor in enumerate(identity.survivorship)
        for column in survivor.columns
    ]
    return _survived(source_person, identity).selectExpr("person_id", *columns)


def survivors_with_source(source_person: DataFrame, identity: Identity) -> DataFrame:
    """A row per person_id and surviving column: its value as text, by which rule, and the source person who gave it."""
    given = [
        f"named_struct('column_name', '{column}', 'value', cast(_{place}.value.`{column}` AS string), "
        f"'rule', '{survivor.rule}', 'key', _{place}.key)"
        for place, survivor in enumerate(identity.survivorship)
        for column in survivor.columns
    ]
    told = _survived(source_person, identity).selectExpr("person_id", f"inline(array({', '.join(given)}))")
    return told.where("value is not null").select("person_id", "column_name", "value", "rule", "key.*")


def _survived(source_person: DataFrame, identity: Identity) -> DataFrame:
    """A row per person_id; `_n` is what survives by the n-th rule: `value`, a struct of its columns, and its `key`."""
    chosen = [_chosen(survivor).alias(f"_{place}") for place, survivor in enumerate(identity.survivorship)]
    return source_person.groupBy("person_id").agg(*chosen)


def _chosen(survivor: Survivor) -> Column:
    return {"most_common": _most_common, "latest": _latest, "earliest": _earliest}[survivor.rule](survivor)


def _values(survivor: Survivor) -> list[Column]:
    from pyspark.sql import functions as F

    ignored = list(survivor.ignoring)
    columns = [F.when(~F.col(c).isin(ignored), F.col(c)) if ignored else F.col(c) for c in survivor.columns]
    return [value.alias(name) for name, value in zip(survivor.columns, columns, strict=True)]


def _filled(values: list[Column]) -> Column:
    return reduce(
        lambda total, value: total + value.isNotNull().cast("int"), values[1:], values[0].isNotNull().cast("int")
    )


def _key() -> Column:
    from pyspark.sql import functions as F

    return F.struct(*KEY).alias("key")


def _latest(survivor: Survivor) -> Column:
    """The smallest of (newest first, key): a record without a delivery date comes last."""
    from pyspark.sql import functions as F

    values = _values(survivor)
    newest_first = F.coalesce(-F.unix_micros("delivered_at"), F.lit(LAST)).alias("newest_first")
    ranked = F.struct(newest_first, _key(), F.struct(*values).alias("value"))
    return F.min(F.when(_filled(values) > 0, ranked))


def _earliest(survivor: Survivor) -> Column:
    from pyspark.sql import functions as F

    values = _values(survivor)
    return F.min(F.when(_filled(values) > 0, F.struct(F.struct(*values).alias("value"), _key())))


def _most_common(survivor: Survivor) -> Column:
    """Persons have few records, so each value is counted against the others inside the one aggregated list."""
    from pyspark.sql import functions as F

    values = _values(survivor)
    doubtful = F.coalesce(F.expr(survivor.doubtful or "false"), F.lit(False)).alias("doubtful")
    record = F.struct(_filled(values).alias("filled"), doubtful, _key(), F.struct(*values).alias("value"))
    records = F.collect_list(F.when(_filled(values) > 0, record))

    def ranked(one: Column) -> Column:
        alike = F.size(F.filter(records, lambda other: other["value"].eqNullSafe(one["value"])))
        rank = ((-one["filled"]).alias("a"), (-alike).alias("b"), one["doubtful"], one["key"])
        return F.struct(*rank, one["value"].alias("value"))

    return F.array_min(F.transform(records, ranked))
