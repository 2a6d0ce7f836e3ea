"""Makes the network, the lake that nobody disturbs, and each round of the plan beside it; the table tells all."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random

from twinlake.declare.errors import DataError
from twinlake.engine.backup import backup, restore
from twinlake.engine.home import Home
from twinlake.faults.command import Command
from twinlake.faults.plan import Network, Plan, Round
from twinlake.faults.rounds import Line, Outcome, disturb
from twinlake.faults.stored import amiss, digests
from twinlake.synthetic.network import grow_network, make_network
from twinlake.synthetic.plan import REFERENCE

Say = Callable[[str], None]


@dataclass(frozen=True)
class Told:
    """Every line of every round, and what was wrong, by round."""

    lines: list[Line]
    wrong: dict[str, list[str]]
    reads: int


def run_plan(plan: Plan, seed: int, work: Path, say: Say, only: tuple[str, ...] = ()) -> Told:
    """Take the rounds (only those named, if any); what an interrupted harness made of the calm lake is used again."""
    # One moment for all runs: files outside a dated folder count as of it.
    as_of = (date.fromordinal(REFERENCE) + timedelta(days=plan.network.days)).isoformat()
    _base(work, plan.network, as_of, say)
    calm = _calm(work, as_of, say)
    told = Told([], {}, 0)
    for kind in plan.rounds:
        if not only or kind.name in only:
            outcome = disturb(work, kind, as_of, Random(f"{seed}/{kind.name}"), calm, say)
            told = _with(told, kind, outcome, say)
    return told


def _with(told: Told, kind: Round, outcome: Outcome, say: Say) -> Told:
    wrong = sorted(set(outcome.wrong))
    say(f"{kind.name}: " + ("equal" if not wrong else f"{len(wrong)} differences"))
    for each in wrong:
        say(f"WRONG {kind.name}: {each}")
    return Told([*told.lines, *outcome.lines], {**told.wrong, kind.name: wrong}, told.reads + outcome.reads)


def _base(work: Path, network: Network, as_of: str, say: Say) -> None:
    """The network's first delivery, published and backed up; then its later days, which the rounds deliver."""
    feeds, base = work / "network" / "feeds", work / "base"
    if (work / "backup").exists():
        return
    if not (base / "feeds").exists():
        make_network(
            network.patients, network.hospitals, network.seed, work / "network", say, network.events_per_person
        )
        shutil.copytree(feeds, base / "feeds")
    code, seconds, said = Command(base, as_of).run()
    if code:
        raise DataError(f"The lake that nobody disturbs could not be made (exit {code}): {said}")
    say(f"base: published after {seconds:.0f} s")
    for day in range(1, network.days + 1):
        grow_network(work / "network", REFERENCE + day, say)
    backup(Home((base / "home").resolve(), (base / "feeds").resolve()), work / "backup")


def _calm(work: Path, as_of: str, say: Say) -> dict[str, str]:
    """The digests of the lake that got everything, in order and in peace."""
    calm = work / "calm"
    if not (calm / "done").exists():
        shutil.rmtree(calm, ignore_errors=True)
        shutil.copytree(work / "network" / "feeds", calm / "feeds")
        restore(work / "backup", calm / "home", calm / "feeds")
        code, seconds, said = Command(calm, as_of).run()
        if code or amiss(calm / "home" / "lake"):
            raise DataError(f"The lake that nobody disturbs is not right (exit {code}): {said}")
        say(f"undisturbed: published after {seconds:.0f} s")
        (calm / "done").touch()
    return digests(calm / "home" / "lake")
