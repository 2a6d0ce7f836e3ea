"""A shift ends after it starts, within a day, and nobody works in two places at once."""

from __future__ import annotations

from expectations.references import care_site_exists
from expectations.times import clock_is_certain, ends_after_start, never_at_once, not_in_future
from twinlake.declare.rule import row
from twinlake.vocabulary.fields.operations import ROLES

START, END = "shift_start_datetime", "shift_end_datetime"
LONGEST_HOURS = 25
"""A shift around the clock, in the night that the clocks are turned back."""

RULES = (
    ends_after_start(START, END),
    ends_after_start("worked_start_datetime", "worked_end_datetime"),
    not_in_future("worked_start_datetime"),
    row(
        "lasts_a_day_at_most",
        f"timestampdiff(MINUTE, {START}, {END}) <= {LONGEST_HOURS * 60}",
        f"the shift is planned for no more than {LONGEST_HOURS} hours",
        severity="warn",
    ),
    row(
        "break_within_shift",
        f"break_minutes <= timestampdiff(MINUTE, {START}, {END})",
        "the breaks are no longer than the shift",
        severity="warn",
    ),
    row(
        "role_is_known",
        f"staff_role_vocabulary <> 'local' OR staff_role_code IN ({', '.join(map(repr, ROLES))})",
        "the role is one of vocabulary/fields/operations.py, or one that hospital.toml explains",
        kahn="conformance",
        severity="warn",
    ),
    never_at_once(
        "one_shift_at_a_time", "nobody has two shifts at once, but for those missed or called off",
        by="provider_id", start=START, end=END, key="staff_shift_id", where="shift_status IN ('planned', 'worked')",
    ),
    clock_is_certain(),
    care_site_exists(),
)  # fmt: skip
