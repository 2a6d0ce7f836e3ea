"""Sentences about codes that several tables share."""

from __future__ import annotations

from twinlake.declare.rule import Rule, row, whole

# 45 CFR 162.1002(b) and (c): the code sets of claims in the United States until 2015-09-30, and from 2015-10-01 on.
ICD_10_DAY = "DATE'2015-10-01'"
# The day begins in UTC+14 first and in UTC-12 last.
ICD_10_EVE = "TIMESTAMP'2015-09-30 10:00:00Z' AND TIMESTAMP'2015-10-01 12:00:00Z'"
UNTIL_THEN = ("ICD9CM", "ICD9Proc")
FROM_THEN = ("ICD10CM", "ICD10PCS")


def system_in_force(stem: str, start: str, end: str) -> Rule:
    """ICD-9-CM before the day, ICD-10-CM and -PCS from it on; a stay over the day is coded by its end.

    It marks as well what was coded later than it began: a problem list, an onset long ago. A moment
    near the day, UTC, is left open: only the hospital's clock could tell.
    """
    system = f"{stem}_vocabulary"
    end = _day(f"COALESCE({end}, {start})")
    return row(
        f"{system}_in_force",
        f"CASE WHEN {system} IN {UNTIL_THEN} THEN {_day(start)} < {ICD_10_DAY} "
        f"WHEN {system} IN {FROM_THEN} THEN {end} >= {ICD_10_DAY} END",
        "the coding system was the one in force at the date of service (45 CFR 162.1002)",
        kahn="conformance",
        severity="warn",
        calendar="true",
    )


def _day(moment: str) -> str:
    """SQL: a day as it is, a moment's wherever on earth it is not yet or no longer `ICD_10_DAY`, else null."""
    at = f"CAST({moment} AS TIMESTAMP)"
    return f"CASE WHEN {at} = CAST({moment} AS DATE) OR NOT {at} BETWEEN {ICD_10_EVE} THEN CAST({moment} AS DATE) END"


def billable_at_service() -> Rule:
    """What a list of the year of service does not hold as a leaf could not be billed then."""
    return row(
        "code_billable_at_service",
        "is_billable_at_service",
        "the code stands in the list in force at service, and has no finer ones below it",
        kahn="conformance",
        severity="warn",
        calendar="true",
    )


def may_be_empty(what: str) -> Rule:
    """In the place of the schema's warning, where nothing at all is a good answer."""
    return whole(
        "not_empty",
        "expect_table_row_count_to_be_between",
        what,
        kahn="completeness",
        severity="characterise",
        min_value=0,
    )
