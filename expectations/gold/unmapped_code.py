"""A worklist may be empty: then every code is one of a vocabulary."""

from __future__ import annotations

from expectations.codes import may_be_empty
from twinlake.declare.rule import row

RULES = (
    may_be_empty("the worklist can be read; no row in it is the best it can say"),
    row(
        "persons_at_most_rows",
        "person_count <= row_count AND first_seen_date <= last_seen_date",
        "a code has no more persons than rows, and was not last seen before it was first seen",
    ),
)
