"""A lake needs no vocabulary; a concept that was delivered is valid from one day to a later one."""

from __future__ import annotations

from expectations.codes import may_be_empty
from expectations.times import ends_after_start

RULES = (
    may_be_empty("the concepts can be read; without a delivery of vocabularies there are none"),
    ends_after_start("valid_start_date", "valid_end_date", severity="warn", of="concept"),
)
