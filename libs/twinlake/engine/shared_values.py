"""What too many source persons share counts for nothing: a default number, a placeholder, a crowded block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from twinlake.declare.identity import Identity
from twinlake.engine.linkage_backend import Backend
from twinlake.engine.linkage_keys import (
    all_crowded_sql,
    bearers_sql,
    cleared_sql,
    crossing_sql,
    crowded_sql,
    hits_sql,
    involved_sql,
    moved_sql,
    told_sql,
    values_of_sql,
    void_sql,
)

if TYPE_CHECKING:
    from twinlake.engine.run import Run


@dataclass(frozen=True)
class Told:
    """So many values of a rule are shared by too many, and were left out of so many records; never which."""

    rule: str
    words: str
    values: int
    bearers: int


def record_shared(run: Run, told: Sequence[Told], everyone: bool) -> None:
    """Keep and say what too many share; where `everyone` was compared, what was told before and is no more, is 0."""
    last = {row["rule"]: row["values"] for row in run.ops.rows("shared_value")}
    gone = sorted({rule for rule, values in last.items() if values} - {each.words for each in told}) if everyone else []
    rows = [{"rule": each.words, "values": each.values, "bearers": each.bearers} for each in told]
    rows += [{"rule": rule, "values": 0, "bearers": 0} for rule in gone]
    run.ops.append("shared_value", ({"run_id": run.run_id, **row} for row in rows))
    for each in told:
        run.progress(f"{'linkage':<34} {each.words}: {each.values:,} values of {each.bearers:,} count for nobody's")


def silent(told: Sequence[Told]) -> None:
    """Hears what is told and does nothing."""


@dataclass(frozen=True)
class Met:
    """The names of the touched records, of all that they may be compared with, and of what many of these share."""

    identity: Identity
    stored: str
    touched: str
    records: str
    crowded: str

    def clear(self, engine: Backend, nodes: str) -> tuple[str, list[Told]]:
        """The name of the nodes without what is shared, and what that was."""
        return _cleared(engine, nodes, self.stored, self.crowded, self.identity)


def clear_shared(engine: Backend, nodes: str, identity: Identity) -> tuple[str, list[Told]]:
    """The name of all nodes without what too many of them share, and what that was."""
    return _cleared(engine, nodes, nodes, engine.keep("crowded", all_crowded_sql(identity, nodes)), identity)


def _cleared(engine: Backend, nodes: str, stored: str, crowded: str, identity: Identity) -> tuple[str, list[Told]]:
    counted = {name: (values, bearers) for name, values, bearers in engine.rows(told_sql(crowded))}
    keys = [key for key in identity.keys if key.name in counted]
    told = [Told(key.name, key.words, *counted[key.name]) for key in keys]
    if not keys:
        return nodes, told
    void = engine.keep("void", void_sql(keys, stored, crowded))
    names = [column for key in keys for column in key.columns]
    return engine.keep("cleared", cleared_sql(identity, nodes, engine.columns(nodes), void, names)), told


def involved(engine: Backend, stored: str, moved: str, identity: Identity) -> Met:
    """Who must be compared again because of what `moved`, and with whom."""
    touched = engine.keep("touched", f"SELECT DISTINCT unique_id FROM {moved}")
    hits, bearers = _borne(engine, stored, moved, identity)
    crossing = engine.keep("crossing", crossing_sql(hits, bearers))
    if engine.any(f"SELECT unique_id FROM {crossing}"):
        # What they bear counts otherwise than before: they are touched, though nothing about them changed.
        touched = engine.keep("all_touched", f"SELECT unique_id FROM {touched} UNION SELECT unique_id FROM {crossing}")
        moved = engine.keep("all_moved", _with_crossing(identity, stored, moved, crossing))
        hits, bearers = _borne(engine, stored, moved, identity)
    records = engine.keep("involved", involved_sql(hits, bearers, touched))
    own = engine.keep("own", f"SELECT * FROM {stored} WHERE unique_id IN (SELECT unique_id FROM {records})")
    shared = identity.keys[: len(identity.shared)]
    theirs = engine.keep("theirs", hits_sql(shared, stored, engine.keep("borne", values_of_sql(shared, own))))
    return Met(identity, own, touched, records, engine.keep("crowded", crowded_sql(identity, theirs, bearers)))


def _borne(engine: Backend, stored: str, moved: str, identity: Identity) -> tuple[str, str]:
    """What the moved records bear or bore, who else does, and how many."""
    values = engine.keep("values", moved_sql(identity, moved))
    hits = engine.keep("hits", hits_sql(identity.keys, stored, values))
    return hits, engine.keep("bearers", bearers_sql(identity, values, hits))


def _with_crossing(identity: Identity, stored: str, moved: str, crossing: str) -> str:
    """Those who cross a bound bear now what they bore before."""
    columns = ", ".join(column for key in identity.keys for column in key.columns)
    theirs = f"FROM {stored} WHERE unique_id IN (SELECT unique_id FROM {crossing})"
    return (
        f"SELECT unique_id, {columns}, is_now FROM {moved} UNION ALL "
        f"SELECT unique_id, {columns}, TRUE {theirs} UNION ALL SELECT unique_id, {columns}, FALSE {theirs}"
    )
