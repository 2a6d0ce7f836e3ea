"""Which share of the rows must be good, by the percent that OHDSI's Data Quality Dashboard lets violate a check."""

from __future__ import annotations

from twinlake.vocabulary.thresholds.omop_dqd import VIOLATED_PERCENT, VIOLATED_PERCENT_OF

# Where all may violate a check, it fails only if no row is good.
LEAST = 1e-9


def good_share(check: str, of: str = "", *, severity: str = "warn") -> float:
    """The share of a type of check, in a table (or field) of which it is another; a fatal rule asks it of every row."""
    if severity == "fatal":
        return 1.0
    return max((100 - VIOLATED_PERCENT_OF.get((check, of), VIOLATED_PERCENT[check])) / 100, LEAST)
