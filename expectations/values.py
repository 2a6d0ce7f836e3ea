"""Sentences about measured values that several tables share."""

from __future__ import annotations

from twinlake.declare.rule import Rule, row
from twinlake.vocabulary.measurements import MEASUREMENTS


def value_is_finite() -> Rule:
    """A number that no calculation survives is no value."""
    return row(
        "value_is_finite",
        "NOT isnan(value_as_number) AND abs(value_as_number) < 1E300",
        "the value is a number one can calculate with",
        kahn="conformance",
    )


def unit_known() -> Rule:
    """The raw value and unit are kept and only value_as_number is missing, so this only warns."""
    return row(
        "unit_known",
        "conversion_rule NOT IN ('unit_unknown', 'unit_impossible')",
        "the unit is one that UCUM or the hospital's [units] knows, and one of this quantity",
        kahn="conformance",
        severity="warn",
    )


def value_in_range() -> Rule:
    """Limits are of a code in its unit; a code or unit without any is not judged."""
    return row(
        "value_in_range",
        _within_limits(),
        "the value can be true of a person: limits by code and unit in vocabulary/measured/plausible.py",
        by="measurement_code",
    )


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
