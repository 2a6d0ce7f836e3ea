"""Sentences about measured values that several tables share."""

from __future__ import annotations

from twinlake.declare.rule import Rule, row


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
        "conversion_rule <> 'unit_unknown'",
        "the unit is one that UCUM or the hospital's [units] knows",
        kahn="conformance",
        severity="warn",
    )
