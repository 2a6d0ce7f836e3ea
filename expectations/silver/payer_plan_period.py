"""A coverage has a course in time and a person; it may be known before it begins and end in the future."""

from __future__ import annotations

from expectations.references import person_exists
from expectations.times import ends_after_start
from twinlake.declare.rule import row

RULES = (
    ends_after_start("payer_plan_period_start_date", "payer_plan_period_end_date", severity="warn"),
    row(
        "start_known",
        "payer_plan_period_start_date IS NOT NULL",
        "it is known since when the coverage holds (OMOP CDM requires it)",
        kahn="completeness",
        severity="characterise",
    ),
    person_exists(),
)
