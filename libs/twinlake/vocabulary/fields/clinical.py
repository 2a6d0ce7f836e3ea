"""Measured values: raw value, raw unit, UCUM unit, converted value and the rule that made it."""

from __future__ import annotations

from twinlake.vocabulary.field import Field

OPERATORS = ("<", "<=", ">", ">=")

PAGE = (
    Field("value_source_value", "string", "The value as it came"),
    Field("unit_source_value", "string", "The unit as it came"),
    Field(
        "unit_source_code", "string", "UCUM unit that `unit_source_value` was read as; null without one that is known"
    ),
    Field("operator", "string", "Comparator in front of the number (`<5`); null for =", categories=OPERATORS),
    Field("value_as_number", "double", "The value in `unit_code`; null where it is no number or has no known unit"),
    Field("value_as_string", "string", "The value where it is a text or a code's words"),
    Field("value_code", "string", "The value where it is a code"),
    Field("value_vocabulary", "string", "Coding system of `value_code`"),
    Field("unit_code", "string", "UCUM unit of `value_as_number`; null where the unit is missing or unknown"),
    Field("conversion_rule", "string", "How the raw value became `value_as_number`, or why it did not"),
    Field("range_low_source_value", "string", "Lower reference limit as it came"),
    Field("range_high_source_value", "string", "Upper reference limit as it came"),
)
