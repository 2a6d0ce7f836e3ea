"""A source person was born in a known year, not in the future, and did not die before."""

from __future__ import annotations

from expectations.times import SLACK, day_after
from twinlake.declare.rule import row

RULES = (
    row(
        "no_year_of_birth",
        "year_of_birth IS NOT NULL",
        "a year of birth is known; without one no age, and so no twin, can be told",
        kahn="completeness",
        replaces="year_of_birth_present",
    ),
    row(
        "birth_not_in_future",
        f"year_of_birth <= year(delivered_at + {SLACK}) AND coalesce(birth_date < delivered_at + {SLACK}, TRUE)",
        "nobody is born after the delivery that tells of it (two days of slack)",
        calendar="true",
    ),
    row(
        "death_after_birth",
        f"year(death_date) >= year_of_birth AND coalesce({day_after('death_date')} > birth_date, TRUE)",
        "nobody dies before birth",
    ),
    row(
        "death_not_in_future",
        f"death_date < delivered_at + {SLACK}",
        "nobody dies after the delivery that tells of it (two days of slack)",
        calendar="true",
    ),
    row(
        "birth_date_in_year_of_birth",
        "year(birth_date) = year_of_birth",
        "birth_date lies in year_of_birth",
        severity="warn",
    ),
)
