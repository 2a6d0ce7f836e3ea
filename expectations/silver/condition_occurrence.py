"""A recorded condition has a course in time, a person and mostly a visit."""

from __future__ import annotations

from expectations.codes import billable_at_service, system_in_force
from expectations.references import person_exists, visit_exists, visit_is_theirs
from expectations.times import ends_after_start, not_before_birth, not_in_future

RULES = (
    ends_after_start("condition_start_date", "condition_end_date", severity="warn"),
    not_in_future("condition_start_date"),
    system_in_force("condition", "condition_start_date", "condition_end_date"),
    billable_at_service(),
    person_exists(),
    visit_exists(),
    visit_is_theirs(),
    not_before_birth("condition_start_date"),
)
