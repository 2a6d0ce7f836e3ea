"""Which rows break which rule: counted by hospital and code, with a few of their keys, in one query; no other value."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from twinlake.declare.rule import ONE_AT_ALL
from twinlake.declare.table import Table
from twinlake.engine.checks import Check, with_references, with_repeated
from twinlake.engine.verdict import ValidationResult
from twinlake.vocabulary.fields import DICTIONARY

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

KEYS = 5
"""Keys kept of each rule, hospital and code: the smallest of as many parts of the rows, so the same ones ever."""


def broken_rows(
    table: Table,
    rows: DataFrame,
    checks: Sequence[Check],
    result: ValidationResult,
    others: Mapping[str, DataFrame],
) -> list[dict[str, Any]]:
    """A row for each check, hospital and code with broken rows: how many, and the keys of some as JSON.

    No query where nothing is broken. A column's nulls are counted in its verdict and not told again.
    """
    counts = {(r.name, r.hospitals): r.unexpected_count for r in result.rules}
    told = [c for c in checks if _is_of_rows(c) and counts.get((c.rule.name, c.only_at or ()))]
    if not told:
        return []
    beside = with_references(with_repeated(rows, told), told, others)
    # A verdict may look at other rows, so it is a column before it is a row of its own.
    found = beside.select(*_place(table, rows), *map(_verdict, told)).select("hash", "key", "hospital", _broken(told))
    by_id = {check.id: check for check in told}
    return [_row(by_id[r["check"]], r) for r in _counted(found).collect()]


def _is_of_rows(check: Check) -> bool:
    return bool(check.rule.expression or check.is_unique) and check.rule.mostly != ONE_AT_ALL


def _place(table: Table, rows: DataFrame) -> tuple[Column, ...]:
    from pyspark.sql import functions as F

    names_somebody = any(DICTIONARY[column].identifier for column in table.key)
    key = F.lit(None).cast("string") if names_somebody else F.to_json(F.struct(*table.key))
    hospital = F.col("hospital") if "hospital" in rows.columns else F.lit(None).cast("string")
    return F.xxhash64(*table.key).alias("hash"), key.alias("key"), hospital.alias("hospital")


def _verdict(check: Check) -> Column:
    """Which rule the row breaks, at which code; null where it breaks none."""
    from pyspark.sql import functions as F

    code = F.col(check.rule.by).cast("string") if check.rule.by else F.lit(None).cast("string")
    return F.when(~check.value(), F.struct(F.lit(check.id).alias("check"), code.alias("code"))).alias(check.id)


def _broken(checks: Sequence[Check]) -> Column:
    from pyspark.sql import functions as F

    return F.inline(F.array_compact(F.array(*(F.col(check.id) for check in checks))))


def _counted(found: DataFrame) -> DataFrame:
    """However many rows are broken, no group holds more than a few keys."""
    from pyspark.sql import functions as F

    group = ("check", "hospital", "code")
    parts = found.groupBy(*group, F.pmod("hash", F.lit(KEYS)).alias("part")).agg(
        F.count(F.lit(1)).alias("rows"), F.min("key").alias("key")
    )
    return parts.groupBy(*group).agg(
        F.sum("rows").alias("rows"), F.array_sort(F.collect_list("key")).alias("keys")
    ).orderBy(*group)  # fmt: skip


def _row(check: Check, found: Any) -> dict[str, Any]:
    return {
        "rule": check.rule.name, "severity": check.severity, "kahn": check.rule.kahn, "hospital": found["hospital"],
        "code": found["code"], "rows": found["rows"], "keys": json.dumps([json.loads(k) for k in found["keys"]]),
    }  # fmt: skip
