"""Which rows break which of a table's own rules, those about other rows too, but none about other tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from expectations import rules_for
from twinlake.declare.table import Table
from twinlake.engine.checks import checks_for

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def broken_rules(rows: DataFrame, table: Table, name: str) -> dict[Any, list[str]]:
    """The value of column `name` in each row that breaks something → the names of the rules, in order."""
    from pyspark.sql import functions as F

    rules = [rule for rule in rules_for(table) if rule.expression and not rule.refers_to]
    checks = checks_for(rules, {}, table.columns)
    told = F.array_compact(F.array(*(F.when(~c.value(), F.lit(c.id.removeprefix("ok_"))) for c in checks)))
    found = rows.select(F.col(name).alias("row"), told.alias("broken")).collect()
    return {row["row"]: row["broken"] for row in found if row["broken"]}
