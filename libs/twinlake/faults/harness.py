"""Makes the network, the lake that nobody disturbs, and each round of the plan beside it; the table tells all."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random

from twinlake.declare.errors import ConfigurationError, DataError
from twinlake.engine.backup import backup, restore
from twinlake.engine.environment import REPOSITORY
from twinlake.engine.home import Home, run_lock
from twinlake.faults.command import Command
from twinlake.faults.moments import Calls
from twinlake.faults.plan import Network, Plan, Round
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
    """Take the rounds (only those named, if any); what this code made for an earlier plan serves again."""
    work = work / plan.network.name
    work.mkdir(parents=True, exist_ok=True)
    with run_lock(Home(work, work), f"faults {seed}"):
        return _rounds_of(plan, seed, work / _code(), say, only)


def _code() -> str:
    """What the undisturbed lakes depend on beside their network: another version of the product makes its own."""
    places = [REPOSITORY / place for place in ("libs", "jobs", "expectations", "infra/environments")]
    files = sorted(file for place in places for kind in ("py", "json", "toml") for file in place.rglob(f"*.{kind}"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]


def _rounds_of(plan: Plan, seed: int, work: Path, say: Say, only: tuple[str, ...]) -> Told:
    for older in [each for each in work.parent.iterdir() if each.is_dir() and each != work]:
        shutil.rmtree(older)
    # One moment for all runs: files outside a dated folder count as of it.
    as_of = (date.fromordinal(REFERENCE) + timedelta(days=plan.network.days)).isoformat()
    calls = {"nothing": _base(work, plan.network, as_of, say)}
    calls["first"], calls["all"] = _calm(work, as_of, say)
    calm, base = work / "calm", work / "base"
    known = Calm(digests(calm / "home" / "lake"), calls, _size(calm / "backup") - _size(base / "backup"))
    rounds = [kind for kind in plan.rounds if not only or kind.name in only]
    _refuse_unreached(rounds, calls)
    told = Told([], {}, 0)
    for place, kind in enumerate(rounds, 1):
        outcome = disturb(work, kind, as_of, Random(f"{seed}/{kind.name}"), known, say)
        wrong = sorted(set(outcome.wrong))
        say(f"{place} of {len(rounds)}, {kind.name}: " + ("equal" if not wrong else f"{len(wrong)} differences"))
        for each in wrong:
            say(f"WRONG {kind.name}: {each}")
        told = Told([*told.lines, *outcome.lines], {**told.wrong, kind.name: wrong}, told.reads + outcome.reads)
    return told


def _refuse_unreached(rounds: list[Round], calls: Mapping[str, Calls]) -> None:
    """Before the first round, for it would be a pity about the others."""
    missed = sorted({m for kind in rounds for m in kind.kills if not calls[kind.begins].get(m)})
    if missed:
        raise ConfigurationError(f"What nobody disturbs does not come to {', '.join(missed)}. Kill at another moment.")


def _base(work: Path, network: Network, as_of: str, say: Say) -> Calls:
    """The network's first delivery, published and backed up; then its later days, which the rounds deliver."""
    feeds, base = work / "network" / "feeds", work / "base"
    if not (base / "backup").exists():
        if not (base / "feeds").exists():
            make_network(
                network.patients, network.hospitals, network.seed, work / "network", say, network.events_per_person
            )
            shutil.copytree(feeds, base / "feeds")
        _in_peace(Command(base, as_of), "run", base / "calls.json", say)
        for day in range(1, network.days + 1):
            grow_network(work / "network", REFERENCE + day, say)
        _keep(base)
    return json.loads((base / "calls.json").read_text())


def _calm(work: Path, as_of: str, say: Say) -> tuple[Calls, Calls]:
    """The lake that got everything, in order and in peace, and then some upkeep; the moments of both."""
    calm, upkeep = work / "calm", work / "upkeep"
    if not (calm / "backup").exists():
        shutil.rmtree(calm, ignore_errors=True)
        shutil.copytree(work / "network" / "feeds", calm / "feeds")
        restore(work / "base" / "backup", calm / "home", calm / "feeds")
        _in_peace(Command(calm, as_of), "run", calm / "calls.json", say)
        _keep(calm)
    if not (upkeep / "calls.json").exists():
        shutil.rmtree(upkeep, ignore_errors=True)
        shutil.copytree(calm / "feeds", upkeep / "feeds")
        restore(calm / "backup", upkeep / "home", upkeep / "feeds")
        _in_peace(Command(upkeep, as_of), "maintain", upkeep / "calls.json", say)
    run, maintain = (json.loads((of / "calls.json").read_text()) for of in (calm, upkeep))
    return {**run, **maintain}, maintain


def _in_peace(command: Command, what: str, calls: Path, say: Say) -> None:
    """What nobody disturbs; which moments it came to is kept when it is done."""
    ended, found = command.watched(what)
    wrong = amiss(command.folder / "home" / "lake") if not ended.code else []
    if ended.code or wrong:
        raise DataError(f"What nobody disturbed is not right ({what}: {ended}): {ended.said} {'; '.join(wrong)}")
    calls.write_text(json.dumps(found))
    say(f"undisturbed {what}: {ended}")


def _keep(of: Path) -> None:
    backup(Home((of / "home").resolve(), (of / "feeds").resolve()), of / "backup")


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
