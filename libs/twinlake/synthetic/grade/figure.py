"""A figure of the grade: so many of so many, and how sure that share is."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from twinlake.engine.intervals import Interval, wilson


@dataclass(frozen=True, slots=True)
class Figure:
    """`good` of `total`; `goal` is the least share that is asked for. Where `is_share` is not, it has no interval."""

    part: str
    what: str
    good: int
    total: int
    hospital: str = ""
    system: str = ""
    goal: float | None = None
    is_share: bool = True

    @property
    def rate(self) -> float | None:
        """None where there was nothing to grade."""
        return self.good / self.total if self.total else None

    @property
    def interval(self) -> Interval | None:
        return wilson(self.good, self.total) if self.is_share and self.total else None

    @property
    def falls_short(self) -> bool:
        return self.goal is not None and self.rate is not None and self.rate < self.goal

    def told(self) -> dict[str, object]:
        """As a row of JSON."""
        between = self.interval
        ends = (between.low, between.high) if between else (None, None)
        row = {**asdict(self), "rate": self.rate, "low": ends[0], "high": ends[1]}
        del row["is_share"]
        return row
