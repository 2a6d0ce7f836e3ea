"""When each landed content counted: from its delivery until another took its place; never by arrival."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from twinlake.declare.source import System
from twinlake.engine.ledger import LANDED, FeedKey, Ledger

Delivery = tuple[object, object]


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
    """The contents of a feed that ever landed, by hospital.

    Of a path the last content counts. A delivery of a snapshot takes the place of those before it when all of it has
    landed: until then what they said stands beside it, for what a file held that was refused is not known.
    """
    rows: dict[FeedKey, dict[tuple, Mapping[str, Any]]] = {}
    for row in ledger.landed(system, _landed_in(systems, system, feed)):
        # A mended content is the same content: its last row speaks for it.
        rows.setdefault((str(row["hospital"]), system, feed), {})[row["path"], row["sha256"], row["delivered_at"]] = row
    whole = system in systems and systems[system].feed(feed).delivery == "snapshot"
    partial = partial_deliveries(ledger, systems, system, feed) if whole else set()
    return {
        key: [_content(row, found.values(), whole, partial) for row in found.values()] for key, found in rows.items()
    }


def counting_now(ledger: Ledger, systems: Mapping[str, System]) -> dict[FeedKey, frozenset[Content]]:
    """The contents whose records count now, by hospital, system and feed in which they landed."""
    feeds = {(str(row["system"]), str(row["feed"])) for row in ledger.rows if row["status"] == LANDED}
    return {
        key: frozenset(content for content in found if content.ended_at is None)
        for system, feed in sorted(feeds)
        for key, found in contents(ledger, systems, system, feed).items()
    }


def partial_deliveries(ledger: Ledger, systems: Mapping[str, System], system: str, feed: str) -> set[Delivery]:
    """The deliveries of a feed some file of which was refused and has not landed since."""
    files: dict[tuple[Delivery, object], list[object]] = {}
    for row in ledger.told(system, _landed_in(systems, system, feed)):
        files.setdefault(((row["hospital"], row["delivery"]), row["path"]), []).append(row["status"])
    return {delivery for (delivery, _), told in files.items() if told[-1] == "quarantined" and LANDED not in told}


def _landed_in(systems: Mapping[str, System], system: str, feed: str) -> str:
    return systems[system].landed_in(feed) if system in systems else feed


def _content(
    row: Mapping[str, Any], landed: Iterable[Mapping[str, Any]], whole: bool, partial: set[Delivery]
) -> Content:
    after = [r["delivered_at"] for r in landed if _replaces(r, row) or (whole and _follows(r, row, partial))]
    known = (row[name] for name in ("path", "sha256", "delivered_at", "mended"))
    return Content(*known, min(after, default=None))


def _follows(later: Mapping[str, Any], row: Mapping[str, Any], partial: set[Delivery]) -> bool:
    """Whether a later delivery of a snapshot landed whole."""
    return later["delivery"] > row["delivery"] and (later["hospital"], later["delivery"]) not in partial


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
