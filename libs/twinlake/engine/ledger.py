"""The landing ledger: what became of every file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from twinlake.engine.ops import Ops

LANDED = "landed"
NONE_READABLE = "no record of it can be read; what was known before stands"
FeedKey = tuple[str, str, str]


@dataclass(frozen=True)
class Ledger:
    """The ledger at one of its versions; `current` holds the last word on each path."""

    version: int
    rows: tuple[Mapping[str, object], ...]

    @property
    def current(self) -> dict[str, Mapping[str, object]]:
        return {str(row["path"]): row for row in self.rows}

    def landed(self, system: str, feed: str) -> list[Mapping[str, object]]:
        """Every content that ever landed for a feed."""
        return [row for row in self.told(system, feed) if row["status"] == LANDED]

    def told(self, system: str, feed: str) -> list[Mapping[str, object]]:
        """Every word on the files of a feed."""
        return [row for row in self.rows if (row["system"], row["feed"]) == (system, feed)]


def read_ledger(ops: Ops, version: int | None = None) -> Ledger:
    """The ledger now, or as it was at `version`; version -1 is before its first row."""
    newest = ops.version("ops.landing_ledger")
    at = newest if version is None else version
    if newest is None or at is None or at < 0:
        return Ledger(-1, ())
    rows = sorted(ops.rows("landing_ledger", at), key=lambda row: (row["sequence"], row["path"]))
    return Ledger(at, tuple(rows))
