"""Makes a table from other tables: silver's persons and places, gold, and the twins."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from twinlake.declare.table import Table, Through
from twinlake.engine.changes import collect_units, units_from_table, was_rewritten
from twinlake.engine.consumed import consumed, newest
from twinlake.engine.ops import State
from twinlake.engine.replace import Outcome, Units, replace
from twinlake.engine.run import Run, among

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def curate(run: Run, table: Table, given: Mapping[str, Any] | None = None, fingerprint: str = "") -> Outcome:
    """Bring one table up to its inputs; `given` are parameters of its build that are no tables."""
    names = [run.table(name).full_name for name in table.inputs]
    state = State(newest(run, names), run.fingerprints[table.full_name] + fingerprint)
    before = consumed(run, table.full_name)
    if before is not None and before.inputs == state.inputs and before.fingerprint == state.fingerprint:
        return Outcome(table.full_name, "unchanged")
    units = _changed_units(run, table, before, state)
    if units == []:
        return Outcome(table.full_name, "equal", units=0, state=state)
    rows = table.build(**_frames(run, table, units), **_settings(run, table, given or {}))
    return replace(run, table, rows, units, state)


def _settings(run: Run, table: Table, given: Mapping[str, Any]) -> dict[str, Any]:
    wants_hospitals = "hospitals" in inspect.signature(table.build).parameters
    return {**({"hospitals": run.hospitals} if wants_hospitals else {}), **given}


def _changed_units(run: Run, table: Table, before: State | None, state: State) -> Units:
    if before is None or before.fingerprint != state.fingerprint or table.whole:
        return None
    moved = [n for n in state.inputs if state.inputs[n] != before.inputs.get(n)]
    if any(n not in before.inputs or was_rewritten(run, n, before.inputs[n]) for n in moved):
        return None
    found = [units_from_table(run, table, n.split(".")[1], before.inputs[n], state.inputs[n]) for n in moved]
    return collect_units(run, found)


def _frames(run: Run, table: Table, units: Units) -> dict[str, Any]:
    """The tables that build names; those of the models' features together, by model."""
    read = {name: run.read(name) if units is None else _of_units(run, table, name, units) for name in table.inputs}
    named = {name: rows for name, rows in read.items() if name in inspect.signature(table.build).parameters}
    features = {model: read[name] for model, name in table.features.items()}
    return {**named, "features": features} if table.scored else named


def _of_units(run: Run, table: Table, name: str, units: list[int]) -> DataFrame:
    """The rows of an input that these units are made of; an input that does not know the unit is read whole."""
    rows, via = run.read(name), table.via.get(name)
    if isinstance(via, Through):
        return rows
    if via is not None:
        return among(rows, via, units)
    if table.unit in rows.columns:
        return among(rows, table.unit, units)
    if "source_person_key" in rows.columns and table.unit == "person_id":
        return among(rows, "source_person_key", _keys_of(run, units))
    return rows


def _keys_of(run: Run, persons: list[int]) -> list[int]:
    link = among(run.read("person_link"), "person_id", persons).select("source_person_key")
    return link.toArrow()["source_person_key"].to_pylist()
