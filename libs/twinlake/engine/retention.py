"""Retention: which publications and runs are kept, and what is still asked of each table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from twinlake.engine.consumed import consumed
from twinlake.engine.environment import Environment
from twinlake.engine.ops import PUBLISHED, SCHEMAS, Ops
from twinlake.engine.pending import LEDGER
from twinlake.engine.position import last_positions, quarantine_of
from twinlake.engine.run import Run

# What happened to each file, what was ever trained, and who was forgotten is never forgotten.
NEVER_TRIMMED = ("landing_ledger", "file_schema", "model_run", "erased", "erasure")
# The last run that speaks of one of these is kept, however long ago: the next run asks what it said.
LAST_WORD = {"table_run": ("table",), "conform_ledger": ("system", "feed"), "shared_value": ("rule",)}
OF_A_VERSION = ("validation", "broken_rule")
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Kept:
    """The publications (by sequence), runs, and versions of tables of which something is kept."""

    sequences: frozenset[int]
    runs: frozenset[str]
    versions: frozenset[tuple[str, int | None]]


@dataclass(frozen=True)
class Asked:
    """What is still asked of a table: these versions as they were, and what changed after `since`."""

    versions: frozenset[int]
    since: int


def kept(run: Run, environment: Environment) -> Kept:
    """What the environment wants kept, of the publications and runs there are."""
    rows = run.ops.rows("publication")
    as_of = {row["sequence"]: row["as_of"] for row in rows}
    newest = sorted(as_of, reverse=True)
    sequences = frozenset(
        s for place, s in enumerate(newest)
        if place < environment.keep_publications or as_of[s] >= as_of[newest[0]] - timedelta(environment.keep_days)
    )  # fmt: skip
    mine = [row for row in rows if row["sequence"] in sequences]
    begun = list(dict.fromkeys(row["run_id"] for row in run.ops.rows("run")))
    pinned = {(row["table"], row["version"]) for row in mine}
    current = {(table.full_name, run.ops.version(table.full_name)) for table in run.tables.values()}
    return Kept(
        sequences, frozenset([*begun[-environment.keep_runs :], *(row["run_id"] for row in mine)]),
        frozenset(pinned | current),
    )  # fmt: skip


def asked(run: Run, names: list[str]) -> dict[str, Asked]:
    """What publications, and the next run, ask of these tables."""
    pinned: dict[str, set[int]] = {}
    for row in run.ops.rows("publication"):
        pinned.setdefault(row["table"], set()).add(row["version"])
    taken: dict[str, set[int]] = {}
    for table in run.tables.values():
        for name, version in _inputs(run, table.full_name):
            taken.setdefault(name, set()).add(version)
    for at in last_positions(run.ops):
        taken.setdefault(LEDGER, set()).add(at.ledger)
        for name, stand in at.tables.items():
            taken.setdefault(name, set()).update(v for v in (stand.version,) if v is not None)
            pinned.setdefault(quarantine_of(name), set()).add(stand.quarantine)
    # The ledger is read again as it was when a table last looked, or a feed was accounted for.
    pinned.setdefault(LEDGER, set()).update(taken.get(LEDGER, ()))
    return {name: _asked(run.ops, name, pinned.get(name, set()), taken.get(name, set())) for name in names}


def _asked(ops: Ops, name: str, pinned: set[int], taken: set[int]) -> Asked:
    newest, oldest = ops.newest(name), ops.log(name).oldest()
    assert newest is not None
    # Delta may have let go of a version by itself: what cannot be read any more is not asked for.
    versions = {version for version in pinned if version is not None and version >= oldest}
    since = min(taken, default=newest)
    return Asked(frozenset({*versions, newest}), max(since, oldest))


def _inputs(run: Run, table: str) -> Iterator[tuple[str, int]]:
    state = consumed(run, table)
    yield from state.inputs.items() if state else ()


def trimmed(name: str, kept: Kept, gone: set[tuple[str, str]]) -> Callable[[list[dict[str, Any]]], list[bool]]:
    """Which rows of `ops.<name>` are kept; `gone` are the files that are no more."""
    if name in NEVER_TRIMMED:
        return lambda rows: [True] * len(rows)
    if name == "publication":
        return lambda rows: [row["sequence"] in kept.sequences for row in rows]
    if name == "stored_file":
        return lambda rows: [(row["table"], row["path"]) not in gone for row in rows]
    return lambda rows: _of_runs(name, rows, kept)


def _of_runs(name: str, rows: list[dict[str, Any]], kept: Kept) -> list[bool]:
    subject = LAST_WORD.get(name, ())
    last = {tuple(row[c] for c in subject): row["run_id"] for row in rows} if subject else {}

    def is_wanted(row: Row) -> bool:
        if name == "run":
            return (row["stage"], row["state"]) == PUBLISHED
        if name in OF_A_VERSION:
            return (row["table"], row["version"]) in kept.versions
        return last[tuple(row[c] for c in subject)] == row["run_id"]  # type: ignore[no-any-return]

    return [row["run_id"] in kept.runs or is_wanted(row) for row in rows]


TRIMMED = tuple(name for name in SCHEMAS if name not in NEVER_TRIMMED)
