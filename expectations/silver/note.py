"""A note has a text, was written at a time that has been, and is about a person."""

from __future__ import annotations

from expectations.references import person_exists, visit_exists, visit_is_theirs
from expectations.times import clock_is_certain, not_before_birth, not_in_future
from twinlake.declare.rule import row

RULES = (
    row(
        "note_is_dated",
        "note_datetime IS NOT NULL",
        "when the note was written is known; without it no mention can be put in time",
        kahn="completeness",
        severity="warn",
    ),
    row("note_says_something", "length(trim(note_text)) > 0", "the text is not blank", kahn="completeness"),
    not_in_future("note_datetime"),
    clock_is_certain(),
    person_exists(),
    visit_exists(),
    visit_is_theirs(),
    not_before_birth("note_datetime"),
)
