"""What decides what became of a feed's records: its files, the tables made of them, and how all is declared."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from twinlake.declare.source import Feed, System
from twinlake.engine import erased
from twinlake.engine.counting import contents
from twinlake.engine.ledger import Ledger
from twinlake.engine.ops import Ops
from twinlake.engine.run import Run

LEDGER = "conform_ledger"
ALWAYS = "true"
# A system and one of its feeds that has files of its own.
LandedFeed = tuple[str, str]
Reason = tuple[str, str, str]


@dataclass(frozen=True)
class Stand:
    """A table and its quarantine: how the table is declared, and the versions of both."""

    declared: str | None
    version: int | None
    quarantine: int | None


@dataclass(frozen=True)
class Position:
    """Of one feed; `ledger` is the version in which the files were looked up, and decides nothing itself."""

    files: str
    reasons: str
    erased: int | None
    tables: dict[str, Stand]
    ledger: int

    def is_as(self, other: Position | None) -> bool:
        return other is not None and replace(self, ledger=other.ledger) == other

    def write(self) -> str:
        return json.dumps(asdict(self), sort_keys=True)

    @staticmethod
    def read(text: str) -> Position | None:
        """None where nothing is known: a record was lost, or an older version of twinlake said it its own way."""
        try:
            said = json.loads(text)
            return Position(**{**said, "tables": {name: Stand(**stand) for name, stand in said["tables"].items()}})
        except (ValueError, TypeError, KeyError):
            return None


def position(run: Run, ledger: Ledger, system: str, feed: str) -> Position:
    """Where a feed stands now."""
    files = sorted((c for found in contents(ledger, run.systems, system, feed).values() for c in found), key=repr)
    declared = run.systems[system]
    parts = (declared.feed(feed), *declared.parts(feed))
    told = [(reasons(declared, part), part.delivery, part.key, part.person, part.only) for part in parts]
    tables = {name: _stand(run, name) for name in tables_of(run, system, feed)}
    return Position(_digest(files), _digest(told), run.ops.version(erased.TABLE), tables, ledger.version)


def tables_of(run: Run, system: str, feed: str) -> list[str]:
    """The tables that are made of what lands in a feed."""
    declared = run.systems[system]
    implemented = {i.table for i in declared.implementations if declared.landed_in(i.feeds[0]) == feed}
    return sorted(run.table(name).full_name for name in implemented)


def reasons(system: System, feed: Feed) -> list[Reason]:
    """Why a record may be in no table: outcome, SQL over the parsed record, reason in words."""
    withdrawn = [("withdrawn", feed.withdrawn, "")] if feed.withdrawn else []
    unmapped = [("unmapped", sql, why) for why, sql in feed.unmapped.items()]
    looked_up = sorted({i.table for i in system.implementations if feed.name in i.feeds[1:]})
    if looked_up and feed.name not in {i.feeds[0] for i in system.implementations}:
        unmapped.append(("unmapped", ALWAYS, f"looked up by {', '.join(looked_up)}"))
    return withdrawn + unmapped


def quarantine_of(table: str) -> str:
    """The table that holds what broke a rule of `table`."""
    return f"quarantine.{table.rpartition('.')[2]}"


def last_said(ops: Ops) -> dict[LandedFeed, list[Mapping[str, Any]]]:
    """What was said of each feed when it was last accounted for, in rows of ops.conform_ledger."""
    found: dict[LandedFeed, dict[tuple[str, ...], Mapping[str, Any]]] = {}
    when: dict[LandedFeed, tuple[str, str]] = {}
    for row in ops.rows(LEDGER):
        feed, said_at = (row["system"], row["feed"]), (row["run_id"], row["state"])
        if when.get(feed) != said_at:
            found[feed], when[feed] = {}, said_at
        # A step that is taken again in one run says the same of a feed that is not done with.
        found[feed][row["hospital"], row["outcome"], row["reason"]] = row
    return {feed: list(rows.values()) for feed, rows in found.items()}


def last_positions(ops: Ops) -> list[Position]:
    """Where each feed stood when it was last accounted for, if the next account can go on from there."""
    found, erasures = [Position.read(rows[0]["state"]) for rows in last_said(ops).values()], ops.version(erased.TABLE)
    return [at for at in found if at is not None and at.erased == erasures]


def _stand(run: Run, table: str) -> Stand:
    return Stand(run.fingerprints.get(table), run.ops.version(table), run.ops.version(quarantine_of(table)))


def _digest(said: Any) -> str:
    return hashlib.sha256(repr(said).encode()).hexdigest()[:16]
