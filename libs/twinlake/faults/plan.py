"""A plan of faults: a TOML file that names a network and, round by round, what is done to a run over it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from twinlake.declare.errors import ConfigurationError
from twinlake.faults.moments import MOMENTS

PLANS = Path(__file__).parent / "plans"


@dataclass(frozen=True)
class Network:
    """What `twinlake synth` is asked for, and how many later days each round delivers at once."""

    patients: int = 6
    hospitals: int = 2
    events_per_person: int = 15
    seed: int = 7
    days: int = 2


@dataclass(frozen=True)
class Round:
    """A run that is disturbed, and begun again until it is done.

    `kills` are moments (`moments.py`) at which it is killed with -9, one after another. `resent`, `reordered` and
    `late` are shares of the files: under a second name, in the wrong order, only with the last run. `damaged` files
    come cut or with a byte lost first, and whole with the next run. `disk_full` is how often the disk is full.
    A round goes on from the network's first publication, or begins `from_nothing`.
    """

    name: str
    kills: tuple[str, ...] = ()
    resent: float = 0.0
    reordered: float = 0.0
    late: float = 0.0
    damaged: int = 0
    disk_full: int = 0
    from_nothing: bool = False

    @property
    def keeps_bronze(self) -> bool:
        """Whether bronze holds the same rows too: what came twice, or damaged, stays there."""
        return not (self.resent or self.damaged)


@dataclass(frozen=True)
class Plan:
    """The network, and the rounds over copies of its lake."""

    network: Network = field(default_factory=Network)
    rounds: tuple[Round, ...] = ()


def read_plan(name: str) -> Plan:
    """A plan of ours by its name, or the user's own file."""
    file = Path(name) if name.endswith(".toml") else PLANS / f"{name}.toml"
    if not file.is_file():
        known = ", ".join(sorted(p.stem for p in PLANS.glob("*.toml")))
        raise ConfigurationError(f"--plan {name}: no such plan. Ours are {known}; or give a file that ends in .toml.")
    try:
        said = tomllib.loads(file.read_text(encoding="utf-8"))
        rounds = tuple(Round(**{**each, "kills": tuple(each.get("kills", ()))}) for each in said.pop("round", []))
        plan = Plan(Network(**said.pop("network", {})), rounds)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, TypeError) as error:
        raise ConfigurationError(f"{file}: {error}. A round has {', '.join(f.name for f in fields(Round))}.") from error
    if problems := [*_problems(plan), *(f"unknown table {name}" for name in said)]:
        raise ConfigurationError(f"{file}: {'; '.join(problems)}.")
    return plan


def _problems(plan: Plan) -> list[str]:
    names = [each.name for each in plan.rounds]
    unknown = sorted({moment for each in plan.rounds for moment in each.kills} - {*MOMENTS})
    shares: list[Any] = [share for r in plan.rounds for share in (r.resent, r.reordered, r.late)]
    return [
        *([] if names else ["no [[round]]"]),
        *(["two rounds of one name"] if len({*names}) < len(names) else []),
        *([f"no moment is called {', '.join(unknown)}; known: {', '.join(MOMENTS)}"] if unknown else []),
        *([] if all(0 <= share <= 1 for share in shares) else ["a share is not between 0 and 1"]),
    ]
