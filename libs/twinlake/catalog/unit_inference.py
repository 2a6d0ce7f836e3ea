"""Values that came without a unit, or with one that is none: which they are, and the groups they are judged in."""

from __future__ import annotations

WITHOUT_UNIT = (
    "(measurement_vocabulary = 'LOINC' AND value_as_number IS NULL AND conversion_rule IN "
    "('unit_missing', 'unit_unknown'))"
)
"""SQL over a measurement: a number whose unit nobody knows."""

UNIT_EVIDENCE_KEY = (
    f"CASE WHEN {WITHOUT_UNIT} THEN xxhash64(hospital, measurement_code, ifnull(unit_source_value, '')) END"
)
"""SQL over a measurement: the group whose values tell together what unit they are in; null where the unit is known."""
