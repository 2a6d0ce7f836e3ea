"""A merge is of two, and was told at a time that the hospital's clock knows."""

from __future__ import annotations

from expectations.times import SLACK, clock_is_certain
from twinlake.declare.rule import referring, row

RULES = (
    row("two_persons", "retired_source_person_id <> surviving_source_person_id", "who is retired is not who survives"),
    row(
        "merged_not_in_future",
        f"merged_at < delivered_at + {SLACK}",
        "a merge is not later than the delivery that tells of it (two days of slack)",
        calendar="true",
    ),
    clock_is_certain(),
    referring(
        "retired_is_known",
        "source_person.source_person_key IS NOT NULL",
        "whom a merge retires is a source person; a merge of an unknown number, or of another type of number, waits",
        to="source_person",
        on="source_person_key",
        kahn="conformance",
    ),
)
