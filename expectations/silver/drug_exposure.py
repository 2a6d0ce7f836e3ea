"""An exposure has a course in time, a person and mostly a visit."""

from __future__ import annotations

from expectations.references import person_exists, visit_exists, visit_is_theirs
from expectations.times import clock_is_certain, ends_after_start, not_before_birth, not_in_future

RULES = (
    # An order cancelled before its first dose ends before it starts: 4 % of MIMIC-IV's prescriptions.
    ends_after_start("drug_exposure_start_datetime", "drug_exposure_end_datetime", severity="warn"),
    # Orders may be for tomorrow.
    not_in_future("drug_exposure_start_datetime", severity="warn"),
    clock_is_certain(),
    person_exists(),
    visit_exists(),
    visit_is_theirs(),
    not_before_birth("drug_exposure_start_datetime"),
)
