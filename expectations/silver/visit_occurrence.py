"""A visit has a course in time and a person."""

from __future__ import annotations

from expectations.references import person_exists
from expectations.times import clock_is_certain, ends_after_start, not_before_birth, not_in_future

RULES = (
    ends_after_start("visit_start_datetime", "visit_end_datetime"),
    # Appointments are visits of the future.
    not_in_future("visit_start_datetime", severity="warn"),
    clock_is_certain(),
    person_exists(),
    not_before_birth("visit_start_datetime"),
)
