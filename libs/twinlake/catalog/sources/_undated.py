"""Records without a calendar: what was told by the hours since an admission stands that far after a day zero.

Day zero is 1 January 2100, so far off that nobody takes it for a true day. Ages and distances of time are as told,
dates are not; the hospital says `calendar = "shifted"`, or its rows are refused as told of the future.
"""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

YEAR_ZERO = 2100
MIDNIGHT = 4_102_444_800
"""2100-01-01T00:00:00Z in seconds of the Unix epoch."""


def minutes_after(minutes: Column) -> Column:
    """The moment so many minutes after day zero began; null where it is not told."""
    return F.timestamp_seconds(F.lit(MIDNIGHT) + minutes.try_cast("double") * 60)


def days_after(days: Column) -> Column:
    """The moment so many days after day zero began; null where it is not told, or negative (-1: missing)."""
    told = days.try_cast("double")
    return F.when(told >= 0, minutes_after(told * 24 * 60))


def born(age: Column) -> Column:
    """The year of birth of somebody of this age in completed years on day zero."""
    told = F.floor(age.try_cast("double")).cast("int")
    return F.when(told >= 0, F.lit(YEAR_ZERO) - told)
