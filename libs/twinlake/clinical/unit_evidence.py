"""Which unit a group of values without one is in, judged by where the values lie; no judgement on weak evidence.

A group is what one hospital sent for one code under one raw spelling of the unit. Its mean is compared, under each
candidate unit, with where hospitals' means lie. Values that only scale (`mg/dL` for `mmol/L`) are judged by their
logarithms, those on a scale with an offset (degrees, HbA1c) as they are.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from twinlake.clinical.conversion import convert
from twinlake.vocabulary.measured.typical import TYPICAL, Typical
from twinlake.vocabulary.measurements import MEASUREMENTS

MINIMUM_COUNT = 5
"""Of values, each another person's: fewer hold one slip, or one sick person, that moves the mean."""
MINIMUM_LOG10_RATIO = 2.0
"""A hundred to one: with equal priors a unit named at this limit is right 99 times in 100, and more often above it."""
HOSPITAL_SPREAD, PATIENT_SPREAD = 2.0, 3.0
"""Standard deviations of hospitals' means and of patients' values, in those of the healthy: the sick lie further."""
LEAST_SPREAD = 0.05
"""Of hospitals' means, relative: assays differ by that even where nature does not (sodium, chloride)."""
FARTHEST = 3.5
"""Standard deviations from the typical mean beyond which not even the best unit explains the values."""
SAME_UNIT = math.log(1.2)
"""Units closer than this are one (meq/L and mmol/L of sodium); no group of values tells them apart."""
MIXED_SHARE = 0.1
"""A share of values in another unit that would show in the spread; such a group has no one unit."""


@dataclass(frozen=True)
class Summary:
    """What is added up over the numbers of a group; the logarithms are those of the numbers above zero."""

    count: int
    total: float
    total_of_squares: float
    log_count: int
    log_total: float
    log_total_of_squares: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Summary:
        """The summary of a few values; over a lake it is one aggregation."""
        numbers = list(values)
        logs = [math.log(x) for x in numbers if x > 0]
        return cls(*_sums(numbers), *_sums(logs))


@dataclass(frozen=True)
class Evidence:
    """The most likely unit, and how many powers of ten more likely than the next one, `other`."""

    unit: str
    log10_ratio: float
    other: str


@dataclass(frozen=True)
class _Candidate:
    """A unit as a straight line of the statistic: from its mean under this unit to its mean in the canonical one."""

    unit: str
    slope: float
    shift: float

    def centre(self, mean: float) -> float:
        return self.slope * mean + self.shift

    def is_same(self, other: _Candidate) -> bool:
        return self.slope == other.slope and abs(self.shift - other.shift) < SAME_UNIT


@dataclass(frozen=True)
class _Question:
    """What a code's values can be asked: its candidate units, and where the healthy lie, as logarithms or numbers."""

    in_logs: bool
    candidates: tuple[_Candidate, ...]
    mean: float
    deviation: float
    least: float

    def log_likelihood(self, candidate: _Candidate, moments: _Moments) -> float:
        return math.log(candidate.slope) - self.distance(candidate, moments) ** 2 / 2

    def distance(self, candidate: _Candidate, moments: _Moments) -> float:
        """How many standard deviations of a hospital's mean the group's mean lies from the typical one."""
        of_hospitals = max(HOSPITAL_SPREAD * self.deviation, self.least)
        of_a_mean = math.hypot(of_hospitals, PATIENT_SPREAD * self.deviation / math.sqrt(moments.count))
        return abs(candidate.centre(moments.mean) - self.mean) / of_a_mean

    def is_mixed(self, best: _Candidate, other: _Candidate, moments: _Moments) -> bool:
        """Whether the values spread as they would if a share of them were in the other unit."""
        apart = best.centre(moments.mean) - other.centre(moments.mean)
        by_mixing = MIXED_SHARE * (1 - MIXED_SHARE) * apart**2
        return (best.slope * moments.deviation) ** 2 > (PATIENT_SPREAD * self.deviation) ** 2 + by_mixing


@dataclass(frozen=True)
class _Moments:
    count: int
    mean: float
    deviation: float


def most_likely_unit(loinc: str, values: Summary) -> Evidence | None:
    """The unit that the values of a code are in; None where they cannot tell, are mixed, or fit none of its units."""
    question = _question(loinc)
    moments = _moments(values, in_logs=question.in_logs) if question else None
    if question is None or moments is None:
        return None
    ranked = sorted(question.candidates, key=lambda candidate: -question.log_likelihood(candidate, moments))
    best, other = ranked[:2]
    if question.distance(best, moments) > FARTHEST or question.is_mixed(best, other, moments):
        return None
    ahead = question.log_likelihood(best, moments) - question.log_likelihood(other, moments)
    evidence = Evidence(best.unit, ahead / math.log(10), other.unit)
    return evidence if evidence.log10_ratio >= MINIMUM_LOG10_RATIO else None


@lru_cache(maxsize=1024)
def _question(loinc: str) -> _Question | None:
    measurement = MEASUREMENTS.get(loinc)
    typical = TYPICAL.get(measurement.name) if measurement else None
    if typical is None:
        return None
    lines = _lines(loinc, typical)
    in_logs = not any(offset for _, _, offset in lines)
    candidates = _told_apart(
        _Candidate(unit, 1.0, math.log(factor)) if in_logs else _Candidate(unit, factor, offset)
        for unit, factor, offset in lines
    )
    low, high = (math.log(typical.low), math.log(typical.high)) if in_logs else (typical.low, typical.high)
    mean, deviation = (low + high) / 2, (high - low) / (2 * 1.96)
    least = LEAST_SPREAD if in_logs else 0.0
    return _Question(in_logs, candidates, mean, deviation, least) if len(candidates) > 1 else None


def _lines(loinc: str, typical: Typical) -> list[tuple[str, float, float]]:
    found = [(unit, convert("LOINC", loinc, unit, {})) for unit in typical.units]
    return [(unit, c.factor, c.offset) for unit, c in found if c.factor is not None and c.offset is not None]


def _told_apart(candidates: Iterable[_Candidate]) -> tuple[_Candidate, ...]:
    kept: list[_Candidate] = []
    for candidate in candidates:
        if not any(candidate.is_same(other) for other in kept):
            kept.append(candidate)
    return tuple(kept)


def _moments(values: Summary, *, in_logs: bool) -> _Moments | None:
    count, total, squares = (
        (values.log_count, values.log_total, values.log_total_of_squares)
        if in_logs
        else (values.count, values.total, values.total_of_squares)
    )
    if count < MINIMUM_COUNT:
        return None
    mean = total / count
    return _Moments(count, mean, math.sqrt(max(squares / count - mean * mean, 0.0)))


def _sums(numbers: list[float]) -> tuple[int, float, float]:
    return len(numbers), math.fsum(numbers), math.fsum(x * x for x in numbers)
