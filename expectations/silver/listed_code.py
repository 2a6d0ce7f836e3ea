"""A lake needs no list of codes; one that was delivered was read to its end."""

from __future__ import annotations

from expectations.codes import may_be_empty

RULES = (may_be_empty("the lists can be read; without a delivery of lists there are none"),)
