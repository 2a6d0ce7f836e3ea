"""Builds damaged tables anew in their place, from the tables before them, and brings the lake up to its feeds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from jobs._daily import walk
from jobs._report import finish
from jobs._run import Opened, moment, open_run, run_id_now
from jobs._verify import what_to_do
from twinlake.declare.errors import DataError
from twinlake.engine.airflow_turn import hold
from twinlake.engine.damage import damage
from twinlake.engine.failure import without_values
from twinlake.engine.home import home_of
from twinlake.engine.publication import require_publication
from twinlake.engine.reconcile import misaccounted, reconcile

Say = Callable[[str], None]


def mend(feeds: Path | None, say: Say) -> None:
    """Mend what `verify` finds, if it can be made of other tables; a lake that is whole is told so."""
    today = moment(datetime.now(UTC).date().isoformat())
    opened = open_run(home_of(feeds).feeds, today, run_id_now("mend"), say)
    with hold(opened.run.home, opened.run.run_id):
        mended = without_damage(opened, say)
        if mended.run.anew:
            walk(mended)
            finish(mended)
        elif _is_accounted_for(opened, say):
            say("Nothing is damaged.")


def _is_accounted_for(opened: Opened, say: Say) -> bool:
    """Whether what was said of the landed records is what counting them again comes to; if not, that is said now."""
    run = opened.run
    with without_values(run.home, "mend"):
        wrong = misaccounted(run)
        for each in wrong:
            say(f"WRONG ops.conform_ledger: {each}; counted anew")
        if wrong:
            reconcile(run, anew=True)
    return not wrong


def without_damage(opened: Opened, say: Say) -> Opened:
    """The run that builds each damaged table anew; refused where no other table holds what is lost."""
    damaged = list(damage(opened.run.ops, require_publication(opened.run.ops)))
    for each in damaged:
        say(f"WRONG {each}")
    if not all(each.is_mendable for each in damaged):
        raise DataError("Not mended. " + " ".join(what_to_do(damaged)))
    return replace(opened, run=replace(opened.run, anew=frozenset(each.table for each in damaged)))
