"""A call has a place, of a sample of a person."""

from __future__ import annotations

from expectations.references import person_exists
from twinlake.declare.rule import row

RULES = (
    row(
        "end_after_start",
        "end_position >= start_position",
        "a call does not end before it begins",
        kahn="conformance",
    ),
    person_exists(),
)
