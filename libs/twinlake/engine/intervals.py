"""How sure a figure is: Wilson's interval of a share, and bootstrap intervals over persons."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

Z_95 = 1.959963984540054
REPEATS = 400


@dataclass(frozen=True)
class Interval:
    """The ends of a 95 % interval."""

    low: float
    high: float


def of_all(interval: Interval, sampled: float, value: float, share: float) -> Interval:
    """The interval of `value`, measured on all, from that of `sampled`, measured on a random `share` of them.

    Errors shrink with the root of how many are measured, as subsampling has it (Politis & Romano 1994,
    doi:10.1214/aos/1176325770).
    """
    scale = math.sqrt(share)
    return Interval(value + (interval.low - sampled) * scale, value + (interval.high - sampled) * scale)


def wilson(events: float, total: float, z: float = Z_95) -> Interval:
    """Wilson's score interval of events/total (Wilson 1927, doi:10.1080/01621459.1927.10502953); [0, 1] for total 0."""
    if total == 0:
        return Interval(0.0, 1.0)
    share, spread = events / total, z * z / total
    centre = (share + spread / 2) / (1 + spread)
    half = z * math.sqrt(share * (1 - share) / total + spread / (4 * total)) / (1 + spread)
    return Interval(max(0.0, centre - half), min(1.0, centre + half))


def bootstrap(
    statistic: Callable[[np.ndarray], float], persons: int, seed: int, repeats: int = REPEATS
) -> Interval | None:
    """Percentile interval (Efron 1979, doi:10.1214/aos/1176344552) of `statistic`, a function of weights a person.

    Persons are drawn with replacement, all their rows together. None where no draw has a value.
    """
    import numpy as np

    draw = np.random.default_rng(seed)
    weights = (np.bincount(draw.integers(0, persons, persons), minlength=persons) for _ in range(repeats))
    values = [value for value in map(statistic, weights) if math.isfinite(value)] if persons else []
    return Interval(*(float(end) for end in np.percentile(values, [2.5, 97.5]))) if values else None
