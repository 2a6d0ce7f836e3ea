"""A worklist may be empty: then every code is one of a vocabulary."""

from __future__ import annotations

from twinlake.declare.rule import row, whole

RULES = (
    whole(
        "not_empty",
        "expect_table_row_count_to_be_between",
        "the worklist can be read; no row in it is the best it can say",
        kahn="completeness",
        severity="characterise",
        min_value=0,
    ),
    row(
        "persons_at_most_rows",
        "person_count <= row_count AND first_seen_date <= last_seen_date",
        "a code has no more persons than rows, and was not last seen before it was first seen",
    ),
)
