"""Drift is told, not repaired: a quarter that moved is a warning, and stops where a hospital says so in [drift]."""

from __future__ import annotations

from expectations.codes import may_be_empty
from twinlake.declare.rule import row

RULES = (
    may_be_empty("where no hospital has so many persons of one code in a year, nothing can be judged"),
    row(
        "is_stable",
        "drift_alarm IS NULL",
        "neither the values nor the number of persons with them moved from the year before",
        kahn="plausibility",
        severity="warn",
    ),
    row(
        "alarm_by_its_bound",
        "CASE WHEN drift_alarm IN ('values', 'codes') THEN population_stability_index > stability_bound END",
        "no alarm of a distribution that does not exceed its bound",
        kahn="conformance",
    ),
)
