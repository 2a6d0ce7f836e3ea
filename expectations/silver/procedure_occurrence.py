"""A procedure has a course in time, a person and mostly a visit."""

from __future__ import annotations

from expectations.codes import billable_at_service, system_in_force
from expectations.references import person_exists, visit_exists, visit_is_theirs
from expectations.times import clock_is_certain, ends_after_start, not_before_birth, not_in_future

RULES = (
    ends_after_start("procedure_datetime", "procedure_end_datetime", severity="warn"),
    # Planned procedures stand in the future.
    not_in_future("procedure_datetime", severity="warn"),
    system_in_force("procedure", "procedure_datetime", "procedure_end_datetime"),
    billable_at_service(),
    clock_is_certain(),
    person_exists(),
    visit_exists(),
    visit_is_theirs(),
    not_before_birth("procedure_datetime"),
)
