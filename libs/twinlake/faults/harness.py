"""Makes the network, the lake that nobody disturbs, and each round of the plan beside it; the table tells all."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random

from twinlake.declare.errors import DataError
from twinlake.engine.backup import backup, restore
from twinlake.engine.home import Home
from twinlake.faults.command import Command
from twinlake.faults.moments import Calls
from twinlake.faults.plan import Network, Plan
from twinlake.faults.rounds import Calm, Line, Say, disturb
from twinlake.faults.stored import amiss, digests
from twinlake.synthetic.network import grow_network, make_network
from twinlake.synthetic.plan import REFERENCE


@dataclass(frozen=True)
class Told:
    """Every line of every round, and what was wrong, by round."""

    lines: list[Line]
    wrong: dict[str, list[str]]
    reads: int


def run_plan(plan: Plan, seed: int, work: Path, say: Say, only: tuple[str, ...] = ()) -> Told:
    """Take the rounds (only those named, if any); what was made of the network for an earlier plan is used again."""
    # One moment for all runs: files outside a dated folder count as of it.
    as_of = (date.fromordinal(REFERENCE) + timedelta(days=plan.network.days)).isoformat()
    work = work / plan.network.name
    first_calls = _base(work, plan.network, as_of, say)
    calm = _calm(work, as_of, first_calls, say)
    rounds = [kind for kind in plan.rounds if not only or kind.name in only]
    told = Told([], {}, 0)
    for place, kind in enumerate(rounds, 1):
        outcome = disturb(work, kind, as_of, Random(f"{seed}/{kind.name}"), calm, say)
        wrong = sorted(set(outcome.wrong))
        say(f"{place} of {len(rounds)}, {kind.name}: " + ("equal" if not wrong else f"{len(wrong)} differences"))
        for each in wrong:
            say(f"WRONG {kind.name}: {each}")
        told = Told([*told.lines, *outcome.lines], {**told.wrong, kind.name: wrong}, told.reads + outcome.reads)
    return told


def _base(work: Path, network: Network, as_of: str, say: Say) -> Calls:
    """The network's first delivery, published and backed up; then its later days, which the rounds deliver."""
    feeds, base = work / "network" / "feeds", work / "base"
    if not (work / "backup").exists():
        if not (base / "feeds").exists():
            make_network(
                network.patients, network.hospitals, network.seed, work / "network", say, network.events_per_person
            )
            shutil.copytree(feeds, base / "feeds")
        ended, calls = Command(base, as_of).watched()
        if ended.code:
            raise DataError(f"The lake that nobody disturbs could not be made ({ended}): {ended.said}")
        (base / "calls.json").write_text(json.dumps(calls))
        say(f"first publication: {ended}")
        for day in range(1, network.days + 1):
            grow_network(work / "network", REFERENCE + day, say)
        backup(Home((base / "home").resolve(), (base / "feeds").resolve()), work / "backup")
    return json.loads((base / "calls.json").read_text())


def _calm(work: Path, as_of: str, first_calls: Calls, say: Say) -> Calm:
    """The lake that got everything, in order and in peace."""
    calm = work / "calm"
    if not (calm / "calls.json").exists():
        shutil.rmtree(calm, ignore_errors=True)
        shutil.copytree(work / "network" / "feeds", calm / "feeds")
        restore(work / "backup", calm / "home", calm / "feeds")
        ended, calls = Command(calm, as_of).watched()
        if ended.code or amiss(calm / "home" / "lake"):
            raise DataError(f"The lake that nobody disturbs is not right ({ended}): {ended.said}")
        say(f"undisturbed: {ended}")
        (calm / "calls.json").write_text(json.dumps(calls))
    calls = json.loads((calm / "calls.json").read_text())
    grew = _size(calm / "home") - _size(work / "backup")
    return Calm(digests(calm / "home" / "lake"), calls, first_calls, grew)


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
