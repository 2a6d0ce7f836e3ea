"""Sentences about time that several tables share."""

from __future__ import annotations

from expectations.shares import good_share
from twinlake.declare.expressions import SLACK
from twinlake.declare.rule import Rule, among, referring, row


def not_in_future(column: str, *, severity: str = "fatal") -> Rule:
    """Not later than the delivery that first said so, where the hospital's calendar is true."""
    return row(
        f"{column}_not_in_future",
        f"{column} < known_from + {SLACK}",
        f"{column} is not later than the delivery that first said it (two days of slack)",
        severity=severity,
        calendar="true",
        mostly=good_share("plausibleValueHigh", severity=severity),
    )


def is_day(moment: str) -> str:
    """SQL: whether only the day is known, which stands as its midnight."""
    return f"{moment} = CAST({moment} AS DATE)"


def day_after(day: str) -> str:
    """SQL: the day after a written one; after its month or year where it is the first, as a part of a date is."""
    months = f"CASE {day} WHEN trunc({day}, 'YEAR') THEN 12 WHEN trunc({day}, 'MONTH') THEN 1 END"
    return f"coalesce(add_months({day}, {months}), date_add({day}, 1))"


def ends_after_start(start: str, end: str, *, severity: str = "fatal", of: str = "") -> Rule:
    """An end is not before its start; a day beside a moment is judged as the day of any zone (UTC+14 to UTC-12)."""
    return row(
        f"{end}_after_start",
        f"CASE WHEN {is_day(end)} AND NOT {is_day(start)} THEN {start} < {end} + INTERVAL 36 HOURS "
        f"WHEN {is_day(start)} AND NOT {is_day(end)} THEN {end} >= {start} - INTERVAL 14 HOURS "
        f"ELSE {end} >= {start} END",
        f"{end} is not before {start}",
        severity=severity,
        mostly=good_share("plausibleStartBeforeEnd", of, severity=severity),
    )


def not_before_birth(column: str) -> Rule:
    """Not before the person's first possible day; one day of slack for the hospital's time zone."""
    born = "coalesce(person.birth_date, make_date(person.year_of_birth, 1, 1))"
    return referring(
        f"{column}_not_before_birth",
        f"{day_after(f'CAST({column} AS DATE)')} > date_sub({born}, 1)",
        f"{column} is not before the person was born",
        to="person",
        on="person_id",
        kahn="plausibility",
        mostly=good_share("plausibleAfterBirth"),
    )


DAYS_AFTER_DEATH = 60
"""What is written down after a death, a claim, a report, is dated within two months, as OHDSI's dashboard has it."""


def not_after_death(column: str) -> Rule:
    """Not long after the person died."""
    return referring(
        f"{column}_not_after_death",
        f"CAST({column} AS DATE) < date_add({day_after('death.death_date')}, {DAYS_AFTER_DEATH})",
        f"{column} is not more than {DAYS_AFTER_DEATH} days after the person died",
        to="death",
        on="person_id",
        kahn="plausibility",
        mostly=good_share("plausibleBeforeDeath"),
    )


EARLIEST_DAY = "1950-01-01"


def not_before(column: str) -> Rule:
    """Not before there were records of the kind that are exported, which OHDSI's dashboard sets at 1950."""
    return row(
        f"{column}_since_1950",
        f"{column} >= DATE'{EARLIEST_DAY}'",
        f"{column} is not before {EARLIEST_DAY}",
        severity="characterise",
        calendar="true",
        mostly=good_share("plausibleValueLow"),
    )


def within_visit(column: str) -> Rule:
    """Within a week of the visit that the row names."""
    return referring(
        f"{column}_within_visit",
        f"CAST({column} AS DATE) BETWEEN date_sub(visit_occurrence.visit_start_datetime, 7) AND "
        "date_add(COALESCE(visit_occurrence.visit_end_datetime, visit_occurrence.visit_start_datetime), 7)",
        f"{column} lies within a week of the visit",
        to="visit_occurrence",
        on="visit_occurrence_id",
        kahn="plausibility",
        severity="characterise",
        mostly=good_share("withinVisitDates"),
    )


def never_at_once(name: str, meaning: str, *, by: str, start: str, end: str, key: str, where: str) -> Rule:
    """Of the rows of one `by` for which `where` holds none begins before those before it ended; no end lasts on.

    The later row is the one that breaks it. Rows without `by` are not judged.
    """
    so_far = (
        f"MAX(CASE WHEN {where} THEN COALESCE({end}, TIMESTAMP '9999-12-31') END) OVER "
        f"(PARTITION BY COALESCE({by}, {key}) ORDER BY {start}, {key} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"
    )
    return among(name, f"CASE WHEN {by} IS NOT NULL AND {where} THEN {start} >= {so_far} END", meaning)


def clock_is_certain() -> Rule:
    """No time of the row is one that the clock skipped or showed twice; a hospital may want such rows refused."""
    return row(
        "clock_is_certain",
        "time_quality IS NULL",
        "no time of the row is one that the hospital's clock skipped or showed twice",
        severity="characterise",
    )
