"""A measured value can be true of a person, was true at a time that has been, and has a unit somebody knows."""

from __future__ import annotations

from expectations.references import person_exists, visit_exists
from expectations.times import not_before_birth, not_in_future
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
    row(
        "value_is_finite",
        "NOT isnan(value_as_number) AND abs(value_as_number) < 1E300",
        "the value is a number one can calculate with",
        kahn="conformance",
    ),
    # The raw value and unit are kept; only value_as_number is missing.
    row(
        "unit_known",
        "conversion_rule <> 'unit_unknown'",
        "the unit is one that UCUM or the hospital's [units] knows",
        kahn="conformance",
        severity="warn",
    ),
    not_in_future("measurement_datetime"),
    person_exists(),
    visit_exists(),
    not_before_birth("measurement_datetime"),
)
