"""A day beside a moment: FHIR's `end: 2026-03-01`, HL7's PV1-45 of eight digits, OMOP's visit_end_date alone."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from expectations import rules_for
from expectations.times import day_after, ends_after_start
from twinlake.catalog.empi.source_person import source_person
from twinlake.catalog.silver.visit_occurrence import visit_occurrence

AT = datetime.fromisoformat


@pytest.fixture(scope="module")
def judge(spark):
    """The verdict of one rule on rows of (start, end), with a rule's own SQL."""

    def verdicts(expression: str, types: str, rows: list[tuple[Any, ...]]) -> list[bool | None]:
        frame = spark.createDataFrame([(n, *row) for n, row in enumerate(rows)], f"n int, {types}")
        return [row["ok"] for row in frame.selectExpr("n", f"{expression} AS ok").orderBy("n").collect()]

    return verdicts


def test_an_end_of_which_only_the_day_is_known_is_not_before_a_start_on_that_day(judge) -> None:
    """Auckland (UTC+13) has 1 March from 28 February 11:00Z, Honolulu (UTC-10) until 2 March 10:00Z."""
    told = {
        ("2026-03-01 10:00", "2026-03-01"): True,
        ("2026-03-02 09:59", "2026-03-01"): True,
        ("2026-03-01", "2026-02-28 11:30"): True,
        ("2026-03-01", "2026-03-01"): True,
        ("2026-03-01 10:00", "2026-03-01 10:00"): True,
        ("2026-03-02 12:00", "2026-03-01"): False,
        ("2026-03-01", "2026-02-28 09:59"): False,
        ("2026-03-02", "2026-03-01"): False,
        ("2026-03-01 10:00", "2026-03-01 09:59"): False,
        ("2026-03-01 10:00", None): None,
    }
    rows = [(AT(start), AT(end) if end else None) for start, end in told]
    rule = ends_after_start("start", "end")
    assert judge(rule.expression, "start timestamp, end timestamp", rows) == [*told.values()]
    assert rule.severity == "fatal" and rule.expression in {
        r.expression.replace("visit_start_datetime", "start").replace("visit_end_datetime", "end")
        for r in rules_for(visit_occurrence)
    }


def test_days_are_judged_as_days(judge) -> None:
    rows = [(date(2026, 3, 1), date(2026, 3, 1)), (date(2026, 3, 2), date(2026, 3, 1))]
    assert judge(ends_after_start("start", "end").expression, "start date, end date", rows) == [True, False]


def test_a_part_of_a_date_is_over_when_all_of_it_is(judge) -> None:
    days = {(2026, 1, 1): (2027, 1, 1), (2026, 5, 1): (2026, 6, 1), (2026, 5, 3): (2026, 5, 4)}
    assert judge(day_after("day"), "day date", [(date(*day),) for day in days]) == [date(*d) for d in days.values()]


def test_who_died_in_a_year_that_alone_is_known_may_have_been_born_in_it(judge) -> None:
    """FHIR's `deceasedDateTime: 2026` is kept as its first day."""
    born = date(2026, 5, 3)
    died = {(2026, 1, 1): True, (2026, 5, 1): True, (2026, 5, 2): False, (2026, 4, 1): False, (2025, 1, 1): False}
    rule = next(r for r in rules_for(source_person) if r.name == "source_person.death_after_birth")
    rows = [(2026, born, date(*day)) for day in died]
    assert judge(rule.expression, "year_of_birth int, birth_date date, death_date date", rows) == [*died.values()]
