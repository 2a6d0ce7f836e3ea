"""Proof of a lake: ledgers balance, files are there, stored rows are what was published, a rebuild is equal."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from jobs import _daily
from jobs._run import Opened
from twinlake.engine.consumed import is_up_to_date
from twinlake.engine.damage import Damage, damage
from twinlake.engine.decisions import are_followed, copy_decisions
from twinlake.engine.digest import bronze_digests, lake_digest, stored_digests
from twinlake.engine.failure import without_values
from twinlake.engine.home import KEEP_ERASED, open_home
from twinlake.engine.integrity import missing_records, unbalanced_files
from twinlake.engine.publication import require_publication
from twinlake.engine.reconcile import misaccounted

Say = Callable[[str], None]
# What bronze cannot be read without.
LEDGERS = ("landing_ledger", "file_schema")
REBUILT = ("link", "conform", "curate", "score", "materialise")


def verify(opened: Opened, say: Say, *, digest: bool, rebuild: bool) -> bool:
    """Whether everything that was asked for holds; what does not is said, table by table."""
    run = opened.run
    published = require_publication(run.ops)
    damaged = list(damage(run.ops, published))
    problems = [*unbalanced_files(run.ops), *map(str, damaged)]
    problems += [] if problems else missing_records(run.ops)
    if not problems:
        with without_values(run.home, "verify"):
            stored = stored_digests(run, published)
        problems += [
            f"{n}: stored rows are {d}, published were {published.digests[n]}"
            for n, d in stored.items()
            if d != published.digests[n]
        ]
        if digest:
            _print_digests({**bronze_digests(run), **stored}, say)
        if rebuild:
            with without_values(run.home, "verify"):
                problems += [f"ops.conform_ledger: {each}. `twinlake mend` counts anew." for each in misaccounted(run)]
            problems += _rebuild(opened, dict(published.digests), say)
    for problem in problems:
        say(f"WRONG {problem}")
    for line in what_to_do(damaged):
        say(line)
    say(f"publication {published.publication_id}: " + ("verified" if not problems else f"{len(problems)} problems"))
    return not problems


def what_to_do(damaged: list[Damage]) -> Iterator[str]:
    """How a lake that is damaged so is made whole."""
    lost = {each.table for each in damaged if not each.is_mendable}
    mendable = {each.table for each in damaged} - lost
    if mendable and not lost:
        yield f"`twinlake mend` builds {', '.join(sorted(mendable))} anew from the tables before."
    if lost:
        yield (
            f"{', '.join(sorted(lost))}: no other table holds what is lost there. Restore a backup "
            "(`twinlake restore`), or move the home away and run again: all but the stewards' decisions is made from "
            "the feeds. They come back with lake/empi/steward_decision of the old home, copied over if it is whole, "
            f"and one more run. {KEEP_ERASED}"
        )


def _print_digests(digests: dict[str, str], say: Say) -> None:
    for name, value in sorted(digests.items()):
        say(f"{name:<44} {value}")
    say(f"{'lake':<44} {lake_digest(digests)}")


def _rebuild(opened: Opened, expected: dict[str, str], say: Say) -> Iterator[str]:
    """Build every table anew from bronze in another home, and compare."""
    if not are_followed(opened.run):
        return iter(["empi.person_link: stewards have decided since it was made. Run `twinlake run`, then verify."])
    behind = [table.full_name for table in opened.run.tables.values() if not is_up_to_date(opened.run, table)]
    if behind:
        told = f"{', '.join(behind)}: files landed or a declaration changed since they were made."
        return iter([f"{told} Run `twinlake run`, then verify."])
    with tempfile.TemporaryDirectory(prefix="rebuild-", dir=opened.run.home.path) as scratch:
        home = replace(opened.run.home, path=Path(scratch))
        open_home(home)
        home.lake.mkdir()
        (home.lake / "bronze").symlink_to(opened.run.home.lake / "bronze", target_is_directory=True)
        for ledger in (f for f in LEDGERS if (opened.run.home.lake / "ops" / f).exists()):
            shutil.copytree(opened.run.home.lake / "ops" / ledger, home.lake / "ops" / ledger)
        copy_decisions(opened.run.home.lake, home.lake)
        if opened.run.home.mlflow.exists():
            shutil.copytree(opened.run.home.mlflow, home.mlflow)
        again = Opened(replace(opened.run, home=home, progress=say), opened.plan, opened.readable, opened.refused)
        _daily.take_all(again, [node for node in opened.plan.nodes if node.verb in REBUILT])
        states = {name: again.run.ops.state(name) for name in expected}
    rebuilt = {name: state.digest if state else "nothing" for name, state in states.items()}
    return iter([f"{n}: rebuilt is {d}, published was {expected[n]}" for n, d in rebuilt.items() if d != expected[n]])
