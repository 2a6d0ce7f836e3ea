"""When each landed content counted: from its delivery until another took its place; never by arrival."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from twinlake.declare.source import System
from twinlake.engine.ledger import FeedKey, Ledger


@dataclass(frozen=True)
class Content:
    """One content of one path, and the half-open span in which its records counted; `ended_at` None: they still do."""

    path: str
    sha256: str
    delivered_at: datetime
    mended: int
    ended_at: datetime | None

    @property
    def file(self) -> tuple[str, str, datetime]:
        """What a bronze row says of the content it came in."""
        return self.path, self.sha256, self.delivered_at

    def counted(self, at: datetime) -> bool:
        return self.delivered_at <= at and (self.ended_at is None or at < self.ended_at)


@dataclass(frozen=True)
class Step:
    """At some moment, the contents that count now and did not in an earlier state of the ledger, and the reverse."""

    came: frozenset[Content]
    went: frozenset[Content]


def contents(ledger: Ledger, systems: Mapping[str, System], system: str, feed: str) -> dict[FeedKey, list[Content]]:
    """The contents of a feed that ever landed, by hospital."""
    rows: dict[FeedKey, dict[tuple, Mapping[str, Any]]] = {}
    for row in ledger.landed(system, systems[system].landed_in(feed) if system in systems else feed):
        # A mended content is the same content: its last row speaks for it.
        rows.setdefault((str(row["hospital"]), system, feed), {})[row["path"], row["sha256"], row["delivered_at"]] = row
    whole = system in systems and systems[system].feed(feed).delivery == "snapshot"
    return {key: [_content(row, found.values(), whole) for row in found.values()] for key, found in rows.items()}


def _content(row: Mapping[str, Any], landed: Iterable[Mapping[str, Any]], whole: bool) -> Content:
    after = [r["delivered_at"] for r in landed if _replaces(r, row) or (whole and r["delivery"] > row["delivery"])]
    known = (row[name] for name in ("path", "sha256", "delivered_at", "mended"))
    return Content(*known, min(after, default=None))


def _replaces(later: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    """Whether a path was delivered again with something else in it."""
    return later["path"] == row["path"] and later["sequence"] > row["sequence"]


def steps(before: Iterable[Content], now: Iterable[Content]) -> set[Step]:
    """How two timelines differ, each difference once, however long it lasts."""
    was, is_now = frozenset(before), frozenset(now)
    changed = was ^ is_now
    moments = {c.delivered_at for c in was | is_now} | {c.ended_at for c in was | is_now if c.ended_at}
    found = {_step({c for c in changed & is_now if c.counted(at)}, {c for c in changed & was if c.counted(at)})
             for at in moments}  # fmt: skip
    return {step for step in found if step.came or step.went}


def _step(came: set[Content], went: set[Content]) -> Step:
    """A content that merely ends later or earlier counts on both sides; one that was mended counts as come."""
    same = {(c.file, c.mended) for c in came} & {(c.file, c.mended) for c in went}
    fresh = frozenset(c for c in came if (c.file, c.mended) not in same)
    mended = {c.file for c in fresh}
    gone = frozenset(c for c in went if (c.file, c.mended) not in same and c.file not in mended)
    return Step(fresh, gone)
