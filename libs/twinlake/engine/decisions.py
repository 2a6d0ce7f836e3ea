"""The stewards' decisions of a lake: an append-only table that no run writes and every rebuild keeps.

They stand with the EMPI, for they name source persons, and outside publications: what they come to is in person_link.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable, Sequence
from datetime import UTC
from pathlib import Path

import pyarrow as pa

from twinlake.declare.decision import Decision, standing
from twinlake.declare.statement import Statement
from twinlake.engine.consumed import consumed
from twinlake.engine.ops import TEXT, TIME, Ops, append_rows
from twinlake.engine.run import Run

NAME, LINK = "empi.steward_decision", "empi.person_link"
SCHEMA = pa.schema(
    [("decision_id", TEXT), ("kind", TEXT), ("one", pa.list_(TEXT)), ("other", pa.list_(TEXT)), ("decided_by", TEXT),
     ("why", TEXT), ("decided_at", TIME), ("undone", TEXT)]
)  # fmt: skip


def record_decision(ops: Ops, decision: Decision) -> None:
    """Keep a decision; the next run links by it."""
    append_rows(ops.path(NAME), as_batch([decision]), {"delta.dataSkippingStatsColumns": "decided_at"})


def as_batch(decisions: Iterable[Decision]) -> pa.Table:
    """Decisions as the table holds them."""
    rows = [{name: getattr(each, name) for name in SCHEMA.names} for each in decisions]
    sided = [{**row, "one": [*row["one"]], "other": [*row["other"]]} for row in rows]
    return pa.Table.from_pylist(sided, schema=SCHEMA)


def decisions_of(ops: Ops, version: int | None = None) -> list[Decision]:
    """All decisions ever taken, now or as of a version of the table, in the order of their time."""
    if ops.version(NAME) is None:
        return []
    rows = ops.ask("select * from steward_decision", {NAME: version})
    found = {row.pop("decision_id"): Decision(**_as_said(row)) for row in rows}
    return [found[name] for name in sorted(found, key=lambda name: (found[name].decided_at, name))]


def _as_said(row: dict) -> dict:
    sides = {side: tuple(row[side] or ()) for side in ("one", "other")}
    return {**row, **sides, "decided_at": row["decided_at"].astimezone(UTC)}


def statements_of(ops: Ops) -> tuple[Statement, ...]:
    """What stands of all decisions, the latest first."""
    return tuple(decision.statement for decision in standing(decisions_of(ops)))


def fingerprint(statements: Sequence[Statement]) -> str:
    """What stands, in one word; nothing where nothing was ever decided, or all of it was taken back."""
    said = [(sorted(s.one), sorted(s.other), s.is_same) for s in statements]
    return hashlib.sha256(repr(said).encode()).hexdigest()[:16] if said else ""


def are_followed(run: Run) -> bool:
    """Whether persons were last linked by what stands now; yes where they were not linked, or declared otherwise."""
    made, declared = consumed(run, LINK), run.fingerprints.get(LINK, "")
    if made is None or not made.fingerprint.startswith(declared):
        return True
    return made.fingerprint == declared + fingerprint(statements_of(run.ops))


def copy_decisions(lake: Path, other: Path) -> None:
    """They are no work of a run, so that a lake that is built again takes them along."""
    place = NAME.replace(".", "/")
    if (lake / place).is_dir():
        shutil.copytree(lake / place, other / place)
