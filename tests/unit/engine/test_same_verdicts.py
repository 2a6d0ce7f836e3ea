"""One query over boolean columns gives the verdicts that Great Expectations gives by itself, for every type of rule."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.support.plain_gx import plain_verdicts
from twinlake.catalog.silver.visit_occurrence import visit_occurrence
from twinlake.declare.rule import ONE_AT_ALL, among, row, whole
from twinlake.engine.quality import validate

SCHEMA = "id int, part int, code string, value double, start date, end date, hospital string"
START, END = datetime(2020, 1, 1).date(), datetime(2020, 1, 2).date()
GOOD = [(n, n % 2, "ab"[n % 2], float(n), START, END, "north") for n in range(6)]
WINDOW = "(PARTITION BY part ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"
BAD = [
    (0, 0, "a", 1.0, START, END, "north"),
    (0, 0, "z", -1.0, START, END, "north"),
    (None, 1, None, None, END, START, "north"),
    (None, 1, "b", float("nan"), START, None, None),
    (4, 0, "a", 101.0, None, END, "south"),
    (5, 1, "zz", 0.0, END, START, "south"),
]
NULLS: list[tuple[Any, ...]] = [(None,) * 7] * 3
C = {"kahn": "conformance", "severity": "warn"}
NOT_NULL, IN_SET = "expect_column_values_to_not_be_null", "expect_column_values_to_be_in_set"
BETWEEN, ROWS = "expect_column_values_to_be_between", "expect_table_row_count_to_be_between"
RULES = (
    whole("t.unique", "expect_column_values_to_be_unique", "x", column="id", **C),
    whole("t.compound", "expect_compound_columns_to_be_unique", "x", column_list=["id", "part"], **C),
    whole("t.null_seldom", NOT_NULL, "x", column="end", mostly=0.5, **C),
    whole("t.not_all_null", NOT_NULL, "x", column="value", mostly=ONE_AT_ALL, **C),
    whole("t.few", ROWS, "x", max_value=5, **C),
    whole("t.some", ROWS, "x", min_value=1, **C),
    row("t.present", "id IS NOT NULL", "x", expectation=NOT_NULL, arguments={"column": "id"}, **C),
    row("t.listed", "code IN ('a', 'b')", "x", expectation=IN_SET,
        arguments={"column": "code", "value_set": ["a", "b"]}, **C),
    row("t.listed_mostly", "code IN ('a', 'b')", "x", expectation=IN_SET, mostly=0.5,
        arguments={"column": "code", "value_set": ["a", "b"]}, **C),
    row("t.bounded", "value >= 0 AND value <= 100", "x", expectation=BETWEEN,
        arguments={"column": "value", "min_value": 0, "max_value": 100}, **C),
    row("t.in_order", "end >= start", "x", **C),
    among("t.rising", f"value >= MAX(value) OVER {WINDOW}", "x"),
)  # fmt: skip


@pytest.mark.parametrize("rows", [GOOD, BAD, NULLS], ids=["good", "bad", "all_null"])
def test_every_type_of_rule_has_the_verdict_and_count_of_plain_great_expectations(spark, tmp_path: Path, rows):
    frame = spark.createDataFrame(rows, SCHEMA).selectExpr("*", "cast(id as bigint) as visit_occurrence_id")
    ours = validate(visit_occurrence, RULES, frame, tmp_path, as_of=datetime(2020, 3, 1, tzinfo=UTC))
    # A window may not stand in WHERE, where plain Great Expectations would put it.
    plain = plain_verdicts(frame, [rule for rule in RULES if rule.name != "t.rising"])
    assert {r.name: (r.success, r.unexpected_count) for r in ours.rules if r.name in plain} == plain
    rising = next(r for r in ours.rules if r.name == "t.rising")
    assert rising.unexpected_count == (0 if rows is not BAD else 2)
