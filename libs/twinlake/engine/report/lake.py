"""Aggregates of the published tables, read without Spark; a cell of few persons is never shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from twinlake.engine.ops import Ops
from twinlake.engine.publication import Publication

# Smallest count that may be shown: cells of 1 to 10 persons are suppressed (CMS cell size policy).
SMALLEST_CELL = 11


@dataclass(frozen=True)
class Bin:
    """A class of a distribution; `count` is None where it is too small to show."""

    label: str
    count: int | None


@dataclass(frozen=True)
class PublishedLake:
    """The tables of one publication, for questions whose answers are counts."""

    ops: Ops
    publication: Publication

    def counts(self, table: str, sql: str) -> list[dict[str, Any]]:
        """The answer of an aggregate query in which the table is called `t`; nothing where it is not published."""
        from deltalake import DeltaTable, QueryBuilder
        from pyarrow import table as arrow

        version = self.publication.versions.get(table)
        if version is None or not DeltaTable.is_deltatable(self.ops.path(table)):
            return []
        opened = DeltaTable(self.ops.path(table), version=version)
        return arrow(QueryBuilder().register("t", opened).execute(sql)).to_pylist()


def shown(count: int | None) -> int | None:
    """The count, or None where it is a small cell."""
    return None if count is None or 0 < count < SMALLEST_CELL else count


def conceal(counts: Sequence[int]) -> list[int | None]:
    """The counts without small cells; a lone hidden one could be had by subtraction, so the next larger hides too."""
    kept = [shown(count) for count in counts]
    if kept.count(None) == 1:
        rest = [count for count in kept if count]
        if rest:
            kept[kept.index(min(rest))] = None
    return kept


def in_words(count: int) -> str:
    """A count of persons as it may be told."""
    return f"{count:,}" if shown(count) is not None else f"fewer than {SMALLEST_CELL}"


def suppressed(bins: Sequence[Bin]) -> int:
    """How many cells are hidden."""
    return sum(1 for one in bins if one.count is None)


def readable(counts: dict[float, int], widths: Sequence[int]) -> tuple[list[Bin], int]:
    """The distribution in the narrowest classes of which most are large enough to show, and their width."""
    bins: list[Bin] = []
    for width in widths:
        grouped: dict[float, int] = {}
        for at, count in counts.items():
            grouped[at // width * width] = grouped.get(at // width * width, 0) + count
        bins = histogram(grouped, width)
        if 4 * suppressed(bins) <= len(bins):
            break
    return bins, width


def histogram(counts: dict[float, int], width: float) -> list[Bin]:
    """Classes of equal width; thin tails are merged into open classes, thin classes within are suppressed."""
    if not counts:
        return []
    low, high = _edges(counts)
    steps = round((high - low) / width)
    below = sum(n for at, n in counts.items() if at < low)
    above = sum(n for at, n in counts.items() if at > high)
    places = [low + step * width for step in range(steps + 1)]
    sums = [counts.get(at, 0) for at in places]
    sums[0] += below
    sums[-1] += above
    labels = [_label(at, width, at == low and below > 0, at == high and above > 0) for at in places]
    return [Bin(label, count) for label, count in zip(labels, conceal(sums), strict=True)]


def _edges(counts: dict[float, int]) -> tuple[float, float]:
    """The outermost classes that, with all beyond them, are large enough to show."""
    ordered = sorted(counts)
    low, high = ordered[0], ordered[-1]
    for at in ordered:
        low = at
        if sum(n for other, n in counts.items() if other <= at) >= SMALLEST_CELL:
            break
    for at in reversed(ordered):
        high = at
        if sum(n for other, n in counts.items() if other >= at) >= SMALLEST_CELL:
            break
    return (low, high) if low <= high else (ordered[0], ordered[0])


def _label(at: float, width: float, is_open_below: bool, is_open_above: bool) -> str:
    if is_open_below and is_open_above:
        return "all"
    if is_open_below:
        return f"< {at + width:g}"
    return f"≥ {at:g}" if is_open_above else f"{at:g}"
