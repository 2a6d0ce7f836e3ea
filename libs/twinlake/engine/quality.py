"""Judges rows and tables by their rules: `split` before rows are stored, `validate` with Great Expectations after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING

from twinlake.declare.hospital import Hospital
from twinlake.declare.rule import Rule
from twinlake.declare.table import Table
from twinlake.engine.broken import broken_rows
from twinlake.engine.checks import Check, checks_for, with_references, with_repeated
from twinlake.engine.verdict import ERROR, FAILED, NOT_JUDGED, PASSED, RuleResult, ValidationResult

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

BROKEN = "_broken"


def split(rows: DataFrame, rules: Sequence[Rule], hospitals: Mapping[str, Hospital]) -> DataFrame:
    """The rows with `_broken`: the names of the fatal row rules each breaks, in the rules' order, empty if none.

    One pass of expressions, no action. A rule that yields NULL is not broken.
    """
    from pyspark.sql import functions as F

    row_rules = [rule for rule in rules if rule.is_quarantining]
    fatal = [check for check in checks_for(row_rules, hospitals, rows.columns) if check.severity == "fatal"]
    none = F.array().cast("array<string>")
    if not fatal:
        return rows.withColumn(BROKEN, none)
    # Nearly every row is good, and Spark compiles a conjunction but interprets functions of arrays.
    is_good = reduce(lambda a, b: a & b, (F.coalesce(check.value(), F.lit(True)) for check in fatal))
    names = F.array_compact(F.array(*map(_name_if_broken, fatal)))
    return rows.withColumn(BROKEN, F.when(is_good, none).otherwise(names))


def validate(
    table: Table,
    rules: Sequence[Rule],
    rows: DataFrame,
    home: Path,
    *,
    as_of: datetime,
    version: int | None = None,
    hospitals: Mapping[str, Hospital] | None = None,
    others: Mapping[str, DataFrame] | None = None,
) -> ValidationResult:
    """Great Expectations' verdict on the stored rows; its project, suite and result stand under `<home>/gx`.

    `others` holds the tables that rules refer to (`columns_referred_to(rules)`). `as_of` is the moment the result is
    filed under. Raises nothing about data: see `ValidationResult.stop_if_fatal`.
    """
    from twinlake.engine import gx_project
    from twinlake.engine.gx_results import read_results

    checks = checks_for(rules, hospitals or {}, rows.columns)
    found = gx_project.run(home, table.full_name, checks, marked(rows, checks, others or {}), as_of, version)
    result = _with_types_of_no_rows(read_results(table.full_name, version, checks, found), checks, rows)
    if any(r.state == ERROR for r in result.rules):
        return result
    return replace(result, broken=tuple(broken_rows(table, rows, checks, result, others or {})))


def marked(rows: DataFrame, checks: Sequence[Check], others: Mapping[str, DataFrame]) -> DataFrame:
    """What Great Expectations reads: the columns its own expectations judge, and a boolean for each other check."""
    native = [column for check in checks if check.is_native for column in check.rule.columns]
    booleans = [_value(check, rows).alias(check.id) for check in checks if not check.is_native]
    return with_references(with_repeated(rows, checks), checks, others).select(*dict.fromkeys(native), *booleans)


def _value(check: Check, rows: DataFrame) -> Column:
    if not check.rule.types:
        return check.value()
    from pyspark.sql import functions as F

    return F.lit(_is_as_declared(check.rule, rows))


def _is_as_declared(rule: Rule, rows: DataFrame) -> bool:
    from pyspark.sql.types import StructType

    declared = StructType.fromDDL(", ".join(f"`{name}` {type_}" for name, type_ in rule.types.items()))
    return {f.name: f.dataType for f in declared} == {f.name: f.dataType for f in rows.schema}


def _with_types_of_no_rows(result: ValidationResult, checks: Sequence[Check], rows: DataFrame) -> ValidationResult:
    """A table has its columns without any row too: of those Great Expectations, which judges rows, can say nothing."""
    are_declared = {c.rule.name: _is_as_declared(c.rule, rows) for c in checks if c.rule.types}

    def judged(rule: RuleResult) -> RuleResult:
        if rule.state != NOT_JUDGED or rule.name not in are_declared:
            return rule
        success = are_declared[rule.name]
        return replace(rule, state=PASSED if success else FAILED, success=success, unexpected_count=None)

    return replace(result, rules=tuple(map(judged, result.rules)))


def build_docs(home: Path) -> Path:
    """Renders the Data Docs of the last validation of every table; returns their index page."""
    from twinlake.engine import gx_project

    return gx_project.build_docs(home)


def _name_if_broken(check: Check) -> Column:
    from pyspark.sql import functions as F

    return F.when(~check.value(), F.lit(check.rule.name))
