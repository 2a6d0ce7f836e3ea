"""What the last run compared and linked, so that a day's new source persons are compared with the rest, not all."""

from __future__ import annotations

from functools import reduce

from twinlake.declare.table import Table
from twinlake.engine.changes import changed_rows, was_rewritten
from twinlake.engine.consumed import consumed
from twinlake.engine.linkage import PERSON, Known, KnownLinks
from twinlake.engine.ops import State
from twinlake.engine.run import Run

SOURCE, PAIR, MERGE = "empi.source_person", "empi.person_pair", "empi.person_merge"


def known_pairs(run: Run, table: Table) -> Known | None:
    """The pairs as stored and who moved since; None where all are to be compared: another model, a rewritten input."""
    from pyspark.sql import functions as F

    before = consumed(run, table.full_name)
    if before is None or before.fingerprint != run.fingerprints[table.full_name]:
        return None
    if not _moved_by_rows(run, before, SOURCE):
        return None
    changed = changed_rows(run, SOURCE, before.inputs[SOURCE], _now(run, SOURCE))
    is_now = F.col("_change_type").isin("insert", "update_postimage")
    return Known(run.read(table.name), changed.withColumn("is_now", is_now))


def known_links(run: Run, table: Table, fingerprint: str) -> KnownLinks | None:
    """The links as stored and whom a moved pair touches; None where all are to be linked, anything being said anew."""
    before, inputs = consumed(run, table.full_name), (SOURCE, PAIR)
    declared = run.fingerprints[table.full_name] + fingerprint
    if before is None or before.fingerprint != declared:
        return None
    if before.inputs.get(MERGE) != run.ops.version(MERGE):
        return None
    moved = [name for name in inputs if before.inputs.get(name) != _now(run, name)]
    if not moved or not all(_moved_by_rows(run, before, name) for name in moved):
        return None
    found = [changed_rows(run, name, before.inputs[name], _now(run, name)) for name in moved]
    sides = [rows.select(*names) for name, rows in zip(moved, found, strict=True) for names in SIDES[name]]
    return KnownLinks(run.read(table.name), reduce(lambda one, other: one.union(other), sides).distinct())


SIDES = {SOURCE: (PERSON,), PAIR: tuple(tuple(f"{side}_{name}" for name in PERSON) for side in ("left", "right"))}


def _now(run: Run, name: str) -> int:
    version = run.ops.version(name)
    return -1 if version is None else version


def _moved_by_rows(run: Run, before: State, name: str) -> bool:
    """Whether the change feed says what moved: the input was read before, is newer now, and was not rewritten."""
    since = before.inputs.get(name)
    return since is not None and since < _now(run, name) and not was_rewritten(run, name, since)
