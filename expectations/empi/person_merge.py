"""A merge is of two, and was told at a time that the hospital's clock knows."""

from __future__ import annotations

from expectations.times import SLACK, clock_is_certain
from twinlake.declare.rule import row

RULES = (
    row("two_persons", "retired_source_person_id <> surviving_source_person_id", "who is retired is not who survives"),
    row(
        "merged_not_in_future",
        f"merged_at < delivered_at + {SLACK}",
        "a merge is not later than the delivery that tells of it (two days of slack)",
        calendar="true",
    ),
    clock_is_certain(),
)
