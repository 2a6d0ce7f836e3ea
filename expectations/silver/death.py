"""A person dies once, not before birth."""

from __future__ import annotations

from expectations.references import person_exists
from expectations.times import not_before_birth

RULES = (person_exists(), not_before_birth("death_date"))
