"""The landing ledger: what became of every file, and which files count now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from twinlake.declare.source import System
from twinlake.engine.ops import Ops

LANDED = "landed"
NONE_READABLE = "no record of it can be read; what was known before stands"
FeedKey = tuple[str, str, str]


@dataclass(frozen=True)
class LandedFile:
    """One content of one path that landed."""

    path: str
    sha256: str
    delivery: str
    delivered_at: datetime
    rekeyed: int
    mended: int


@dataclass(frozen=True)
class Ledger:
    """The ledger at one of its versions; `current` holds the last word on each path."""

    version: int
    rows: tuple[Mapping[str, object], ...]

    @property
    def current(self) -> dict[str, Mapping[str, object]]:
        return {str(row["path"]): row for row in self.rows}

    def active(self, systems: Mapping[str, System]) -> dict[FeedKey, frozenset[LandedFile]]:
        """The files whose records count now, by hospital, system and feed.

        Of a path the last content that landed counts; of a snapshot feed only its latest delivery does.
        """
        files: dict[FeedKey, dict[str, LandedFile]] = {}
        for row in self.rows:
            if row["status"] == LANDED:
                key = (str(row["hospital"]), str(row["system"]), str(row["feed"]))
                files.setdefault(key, {})[str(row["path"])] = _landed(row)
        return {key: _latest(found.values(), key, systems) for key, found in files.items()}

    def landed(self, system: str, feed: str) -> list[Mapping[str, object]]:
        """Every content that ever landed for a feed."""
        return [r for r in self.rows if r["status"] == LANDED and (r["system"], r["feed"]) == (system, feed)]


def read_ledger(ops: Ops, version: int | None = None) -> Ledger:
    """The ledger now, or as it was at `version`; version -1 is before its first row."""
    newest = ops.version("ops.landing_ledger")
    at = newest if version is None else version
    if newest is None or at is None or at < 0:
        return Ledger(-1, ())
    rows = sorted(ops.rows("landing_ledger", at), key=lambda row: (row["sequence"], row["path"]))
    return Ledger(at, tuple(rows))


def _landed(row: Mapping[str, object]) -> LandedFile:
    return LandedFile(*(row[name] for name in ("path", "sha256", "delivery", "delivered_at", "rekeyed", "mended")))  # type: ignore[arg-type]


def _latest(files: Iterable[LandedFile], key: FeedKey, systems: Mapping[str, System]) -> frozenset[LandedFile]:
    files = list(files)
    system = systems.get(key[1])
    if system is None or system.feed(key[2]).delivery == "increment":
        return frozenset(files)
    last = max(file.delivery for file in files)
    return frozenset(file for file in files if file.delivery == last)
