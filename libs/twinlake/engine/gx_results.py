"""Reads Great Expectations' results as verdicts: an exception or an empty result is a failure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from twinlake.declare.rule import ONE_AT_ALL, ROW_COUNT
from twinlake.engine.checks import Check
from twinlake.engine.verdict import (
    CANNOT_FAIL,
    ERROR,
    FAILED,
    NOT_JUDGED,
    PASSED,
    PASSED_WITH_FAILED_ROWS,
    RuleResult,
    ValidationResult,
)

if TYPE_CHECKING:
    from great_expectations.core import ExpectationSuiteValidationResult

NO_ANSWER = "Great Expectations gave no result"
WITHHELD = "withheld: it may hold a value"


def read_results(
    table: str, version: int | None, checks: Sequence[Check], found: ExpectationSuiteValidationResult
) -> ValidationResult:
    """The verdicts in the checks' order; results come in another."""
    by_check = {r.expectation_config.meta["check"]: r for r in found.results if r.expectation_config}
    rows = next(_row_counts(by_check.values()), None)
    rules = tuple(_read(check, by_check.get(check.id), rows) for check in checks)
    return ValidationResult(table, version, rows, rules)


def without_messages(found: ExpectationSuiteValidationResult) -> bool:
    """Takes the messages of exceptions out of a result, leaving their class; whether there was any."""
    raised = [information for r in found.results for information in _raised(r.exception_info)]
    for information in raised:
        information["exception_message"] = f"[{error_class(information)}]"
        information["exception_traceback"] = WITHHELD
    return bool(raised)


def error_class(information: dict[str, Any]) -> str:
    """Spark's error class or Python's exception name, never the message."""
    text = f"{information.get('exception_message', '')} {information.get('exception_traceback', '')}"
    named = re.search(r"\[([A-Z][A-Z_]+(?:\.[A-Z_]+)*)\]", text) or re.search(r"\b(\w+(?:Error|Exception))\b", text)
    return named[1] if named else "exception"


def _read(check: Check, found: Any, rows: int | None) -> RuleResult:
    failed = next(_raised(found.exception_info), None) if found else None
    if not found or failed or not found.result:
        return _verdict(check, ERROR, error=error_class(failed) if failed else NO_ANSWER)
    judged, bad = _counts(check, found, rows)
    if check.rule.cannot_fail:
        return _verdict(check, CANNOT_FAIL, bad, judged)
    if check.rule.expectation != ROW_COUNT and 0 in (rows, judged):
        return _verdict(check, NOT_JUDGED, 0, judged)
    if not found.success:
        return _verdict(check, FAILED, bad, judged)
    # Nulls are what a column may hold, as long as one row says something: they are counted, not blamed.
    is_blamed = bad and check.rule.mostly != ONE_AT_ALL
    return _verdict(check, PASSED_WITH_FAILED_ROWS if is_blamed else PASSED, bad, judged)


def _verdict(
    check: Check, state: str, bad: int | None = None, judged: int | None = None, error: str = ""
) -> RuleResult:
    rule, success = check.rule, state not in (FAILED, ERROR)
    where = check.only_at or ()
    return RuleResult(rule.name, check.severity, rule.kahn, success, state, bad, judged, where, rule.meaning, error)


def _counts(check: Check, found: Any, rows: int | None) -> tuple[int | None, int | None]:
    """(judged, bad) rows; None for what judges the table."""
    if "unexpected_count" not in found.result:
        return rows, None
    missing = found.result.get("missing_count") or 0
    # To be not null is judged of nulls too.
    if found.expectation_config.type == "expect_column_values_to_not_be_null":
        missing = 0
    return found.result["element_count"] - missing, found.result["unexpected_count"]


def _row_counts(results: Any) -> Iterator[int]:
    for found in results:
        if found.expectation_config.type == ROW_COUNT and found.result:
            yield found.result["observed_value"]
        elif found.result and "element_count" in found.result:
            yield found.result["element_count"]


def _raised(information: Any) -> Iterator[dict[str, Any]]:
    """Great Expectations keeps one exception, or one for each metric."""
    if not isinstance(information, dict):
        return
    if information.get("raised_exception"):
        yield information
    for part in information.values():
        if isinstance(part, dict) and part.get("raised_exception"):
            yield part
