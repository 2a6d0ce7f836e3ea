"""A person is born once, in a year the date of birth agrees with; without any person there is nothing to publish."""

from __future__ import annotations

from expectations.shares import good_share
from twinlake.declare.rule import row, whole

RULES = (
    whole(
        "not_empty",
        "expect_table_row_count_to_be_between",
        "the network has at least one person",
        kahn="completeness",
        severity="fatal",
        min_value=1,
    ),
    row(
        "birth_date_in_year_of_birth",
        "year(birth_date) = year_of_birth",
        "birth_date lies in year_of_birth",
        severity="warn",
        mostly=good_share("plausibleValueLow"),
    ),
)
