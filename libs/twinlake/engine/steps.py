"""One step of the plan done to one table: build or rebuild it, then prove what is stored."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from twinlake.declare.table import Table
from twinlake.engine.conform import conform
from twinlake.engine.consumed import consumed, looked
from twinlake.engine.curate import curate
from twinlake.engine.ops import State
from twinlake.engine.pending import MANY_VERDICTS
from twinlake.engine.proofs import is_proved, subject
from twinlake.engine.replace import Outcome
from twinlake.engine.run import Run


def make(run: Run, table: Table, verb: str, given: Mapping[str, Any] | None = None, fingerprint: str = "") -> Outcome:
    """Bring a table up to date, validate it if its version is not validated yet, and log both."""
    started = time.monotonic()
    build: Callable[[], Outcome] = (
        (lambda: conform(run, table))
        if table.is_implemented_by_sources
        else (lambda: curate(run, table, given, fingerprint))
    )
    before = consumed(run, table.full_name)
    outcome = build()
    # Equal under another declaration, its version was proved by what its rules said before they changed.
    prove(run, table, again=outcome.mode == "equal" and _is_declared_otherwise(before, outcome))
    if outcome.mode != "unchanged":
        _log(run, table, verb, outcome, time.monotonic() - started)
    run.progress(_line(outcome, time.monotonic() - started))
    return outcome


def _is_declared_otherwise(before: State | None, outcome: Outcome) -> bool:
    return before is None or outcome.state is None or before.fingerprint != outcome.state.fingerprint


def _line(outcome: Outcome, seconds: float) -> str:
    what = {
        "unchanged": "unchanged",
        "equal": f"equal ({outcome.units if outcome.units is not None else 'all'} units looked at)",
        "units": f"{outcome.units_changed} units, {outcome.rows_deleted} rows out, {outcome.rows_written} in",
    }.get(outcome.mode, f"{outcome.rows_written:,} rows")
    held = f", {outcome.quarantined} quarantined" if outcome.quarantined else ""
    return f"{outcome.table:<34} {what}{held} · {seconds:.1f} s"


def _log(run: Run, table: Table, verb: str, outcome: Outcome, seconds: float) -> None:
    files = _files(run, table, outcome) if outcome.is_written else {}
    look = looked(outcome.state.inputs, outcome.state.fingerprint) if outcome.state else None
    run.log(
        table.full_name, verb, mode=outcome.mode, units=outcome.units, rows_built=outcome.built,
        kept=outcome.built - outcome.quarantined, quarantined=outcome.quarantined,
        units_changed=outcome.units_changed, rows_deleted=outcome.rows_deleted, rows_written=outcome.rows_written,
        version=run.ops.version(table.full_name), seconds=round(seconds, 3), state=look, **files,
    )  # fmt: skip


def _files(run: Run, table: Table, outcome: Outcome) -> dict[str, int]:
    """What the commit of this step did to the table's files; behind a first build's comes its mark."""
    newest = run.ops.newest(table.full_name)
    assert newest is not None
    actions = run.ops.log(table.full_name).actions(newest - (outcome.mode == "first"))
    return {f"files_{did}": sum(kind in action for action in actions)
            for did, kind in (("added", "add"), ("removed", "remove"))}  # fmt: skip


def _refuse_miscounted(run: Run, table: Table, stored: int) -> None:
    """The state says how many rows were counted as they were written."""
    state = run.ops.state(table.full_name)
    if state is None or stored != state.rows:
        raise AssertionError(
            f"{table.full_name}: {state.rows if state else 'no'} rows were built and kept, {stored} are stored. "
            "The input moved while it was read, or build is not a pure function; nothing is published."
        )


def prove(run: Run, table: Table, *, again: bool = False) -> None:
    """Validate the stored version with Great Expectations unless that was done; a fatal failure stops the run.

    So does another number of rows than were counted when they were written.
    """
    if not again and is_proved(run, table):
        return
    from twinlake.engine.checks import columns_referred_to
    from twinlake.engine.quality import validate

    started, judged = time.monotonic(), subject(run, table)
    rules, state = run.rules(table), run.ops.state(table.full_name)
    reader = run.compiled if state and state.rows * len(rules) > MANY_VERDICTS else run
    referred = {name: reader.read(name.split(".")[-1], columns) for name, columns in columns_referred_to(rules).items()}
    # Not as the state says it is, which is to be proved.
    stored = reader.stored(table.full_name)
    result = validate(
        table, rules, stored, run.home.path, as_of=run.as_of, version=judged["version"], hospitals=run.hospitals,
        others=referred,
    )  # fmt: skip
    _refuse_miscounted(run, table, stored.count() if result.rows is None else result.rows)
    row = {"run_id": run.run_id, **judged, "success": result.success,
           "result": json.dumps(result.as_dict()), "seconds": round(time.monotonic() - started, 3)}  # fmt: skip
    run.ops.append("validation", [row])
    at = {"run_id": run.run_id, "table": table.full_name, "version": judged["version"]}
    run.ops.append("broken_rule", [{**at, **each} for each in result.broken])
    result.stop_if_fatal()
