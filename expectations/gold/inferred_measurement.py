"""A value in an inferred unit must be as possible as one whose unit came, or the unit is wrong for it."""

from __future__ import annotations

from expectations.references import person_exists
from expectations.values import value_in_range, value_is_finite

RULES = (value_in_range(), value_is_finite(), person_exists())
