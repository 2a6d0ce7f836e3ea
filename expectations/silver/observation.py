"""An observation was made at a time that has been, of a person, mostly at a visit."""

from __future__ import annotations

from expectations.references import person_exists, visit_exists, visit_is_theirs
from expectations.times import clock_is_certain, not_before_birth, not_in_future

RULES = (
    not_in_future("observation_datetime"),
    clock_is_certain(),
    person_exists(),
    visit_exists(),
    visit_is_theirs(),
    not_before_birth("observation_datetime"),
)
