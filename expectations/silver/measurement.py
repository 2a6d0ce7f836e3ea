"""A measured value can be true of a person, was true at a time that has been, and has a unit somebody knows."""

from __future__ import annotations

from expectations.references import person_exists, visit_exists
from expectations.times import clock_is_certain, not_before_birth, not_in_future
from expectations.values import unit_known, value_is_finite
from twinlake.declare.rule import row
from twinlake.vocabulary.measurements import MEASUREMENTS


def _within_limits() -> str:
    """SQL over code, unit and value; NULL for a code or unit without limits."""
    groups: dict[tuple[str, float | None, float | None], list[str]] = {}
    for code, m in sorted(MEASUREMENTS.items()):
        groups.setdefault((m.unit, m.plausible_low, m.plausible_high), []).append(f"'{code}'")
    cases = [
        f"WHEN unit_code = '{unit}' AND measurement_code IN ({', '.join(codes)}) THEN {_between(low, high)}"
        for (unit, low, high), codes in groups.items()
        if low is not None or high is not None
    ]
    return f"CASE WHEN measurement_vocabulary <> 'LOINC' THEN NULL {' '.join(cases)} END"


def _between(low: float | None, high: float | None) -> str:
    limits = [
        f"value_as_number {sign} {value:.15g}" for sign, value in ((">=", low), ("<=", high)) if value is not None
    ]
    return " AND ".join(limits)


RULES = (
    row(
        "value_in_range",
        _within_limits(),
        "the value can be true of a person: limits by code and unit in vocabulary/measured/plausible.py",
    ),
    value_is_finite(),
    unit_known(),
    not_in_future("measurement_datetime"),
    clock_is_certain(),
    person_exists(),
    visit_exists(),
    not_before_birth("measurement_datetime"),
)
