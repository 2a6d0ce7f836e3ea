"""Who is known of in which table: a person of whom a whole kind of record is missing is told, not refused."""

from __future__ import annotations

from expectations.shares import good_share
from twinlake.declare.rule import Rule, referring

EVENTS = (
    "visit_occurrence", "condition_occurrence", "drug_exposure", "procedure_occurrence", "measurement", "observation",
    "note", "death", "payer_plan_period",
)  # fmt: skip


def _has(table: str) -> Rule:
    return referring(
        f"has_{table}", f"{table}.person_id IS NOT NULL", f"the person has a row in {table}", to=table,
        on="person_id", key="person_id", kahn="completeness", severity="characterise",
        mostly=good_share("measurePersonCompleteness", table),
    )  # fmt: skip


RULES = tuple(map(_has, EVENTS))
