"""A measured value can be true of a person, was true at a time that has been, and has a unit somebody knows."""

from __future__ import annotations

from expectations.references import person_exists, visit_exists, visit_is_theirs
from expectations.times import clock_is_certain, not_before_birth, not_in_future
from expectations.values import unit_known, value_in_range, value_is_finite

RULES = (
    value_in_range(),
    value_is_finite(),
    unit_known(),
    not_in_future("measurement_datetime"),
    clock_is_certain(),
    person_exists(),
    visit_exists(),
    visit_is_theirs(),
    not_before_birth("measurement_datetime"),
)
