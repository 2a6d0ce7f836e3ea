"""A bed is in one state at a time, in a ward that is known; whoever lies in it is somebody, and lies nowhere else."""

from __future__ import annotations

from expectations.references import care_site_exists, person_exists
from expectations.times import clock_is_certain, ends_after_start, never_at_once, not_before_birth, not_in_future
from twinlake.declare.rule import row

START, END = "bed_event_start_datetime", "bed_event_end_datetime"
OCCUPIED = "bed_status_code = 'O'"

RULES = (
    ends_after_start(START, END),
    not_in_future(START),
    row(
        "care_site_told",
        "care_site_id IS NOT NULL",
        "the ward of the bed is told",
        kahn="completeness",
        severity="warn",
    ),
    row(
        "status_told",
        "bed_status_code IS NOT NULL",
        "the state of the bed is told",
        kahn="completeness",
        severity="warn",
    ),
    row(
        "occupant_is_known",
        f"NOT ({OCCUPIED}) OR person_id IS NOT NULL",
        "whoever occupies a bed is a person the EMPI knows",
        kahn="completeness",
        severity="warn",
    ),
    never_at_once(
        "one_person_a_bed", "nobody is put into a bed before the one before has left it",
        by="bed_id", start=START, end=END, key="bed_event_id", where=OCCUPIED,
    ),
    never_at_once(
        "one_bed_a_person", "nobody lies in two beds of a hospital's system at once",
        by="CASE WHEN person_id IS NOT NULL THEN source_person_key END", start=START, end=END, key="bed_event_id",
        where=OCCUPIED,
    ),
    clock_is_certain(),
    care_site_exists(),
    person_exists(),
    not_before_birth(START),
)  # fmt: skip
