"""The population stability index: how far the distribution of a number has moved from what it was.

PSI = Σ (p − q) ln(p / q) over the bins of two distributions, no unit, 0 where they are the same; above 0.25 the
population has changed (Siddiqi N, Credit Risk Scorecards, Wiley 2006). Of N and M independent numbers of one
distribution in B bins it is distributed as (1/N + 1/M) χ² with B − 1 degrees of freedom (Yurdakul B, Statistical
Properties of Population Stability Index, dissertation, Western Michigan University 2018; Yurdakul and Naranjo,
J Risk Model Validation 2020, 14(4)). Of few numbers its tail is longer: what χ² exceeds once in ten thousand, an index
of a hundred numbers exceeds up to ten times as often (simulated in tests/unit/clinical/test_population_stability.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import Column

CHANGED = 0.25
BINS = 10
# Numbers on either side from which a decile holds ten: below, χ² is a poor account of so few a bin.
FEWEST = 100
# What χ² with 1, 2 … 9 degrees of freedom exceeds once in ten thousand.
CHI_SQUARE = (15.137, 18.421, 21.108, 23.513, 25.745, 27.856, 29.878, 31.828, 33.72)


def stability_index(reference: Column, current: Column) -> Column:
    """PSI of two arrays of counts, bin by bin in one order; an empty bin counts as half a number, for ln 0 is none."""
    from pyspark.sql import functions as F

    def shares(counts: Column) -> Column:
        total = F.aggregate(counts, F.lit(0).cast("bigint"), lambda sum_, count: sum_ + count)
        return F.transform(counts, lambda count: F.greatest(count, F.lit(0.5)) / total)

    terms = F.zip_with(shares(reference), shares(current), lambda p, q: (p - q) * F.ln(p / q))
    return F.aggregate(terms, F.lit(0.0), lambda sum_, term: sum_ + term)


def alarm_bound(bins: Column, reference_size: Column, current_size: Column) -> Column:
    """What a PSI of 2 to 10 bins must exceed to be told: a change that matters, and one that is hardly chance.

    Null where either side has too few numbers, or there is one bin only.
    """
    from pyspark.sql import functions as F

    by_degrees = F.array(*map(F.lit, CHI_SQUARE))
    chance = (1 / reference_size + 1 / current_size) * F.try_element_at(by_degrees, (bins - 1).cast("int"))
    is_judged = (F.least(reference_size, current_size) >= FEWEST) & (bins > 1)
    return F.when(is_judged, F.greatest(F.lit(CHANGED), chance))
