"""A plan of faults: a TOML file that names a network and, round by round, what is done to a run over it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from twinlake.declare.errors import ConfigurationError
from twinlake.faults.moments import MOMENTS
from twinlake.faults.victim import WHEN

PLANS = Path(__file__).parent / "plans"


@dataclass(frozen=True)
class Network:
    """What `twinlake synth` is asked for, and how many later days a round delivers."""

    patients: int = 6
    hospitals: int = 2
    events_per_person: int = 15
    seed: int = 7
    days: int = 2

    @property
    def name(self) -> str:
        """The folder of its lakes: another network has another."""
        return "-".join(map(str, (self.patients, self.hospitals, self.events_per_person, self.seed, self.days)))


@dataclass(frozen=True)
class Round:
    """A run that is disturbed, and begun again until it is done.

    `kills` are moments (`moments.py`) at which it is killed with -9, one after another; `when` is before, inside or
    after, of the seed's choice if it is not said. `disk_full` is how often the disk is full.
    What the network's days hold comes in so many `runs`. A batch is what a system delivers on a day: `resent`,
    `reordered` and `late` are shares of them that come again under other names, up to three days out of order, and up
    to thirty days late. `damaged` files come cut or with a byte lost first, and whole with the next run.
    A round goes on from the network's first publication, or begins `from_nothing`.
    """

    name: str
    kills: tuple[str, ...] = ()
    when: str = ""
    disk_full: int = 0
    runs: int = 1
    resent: float = 0.0
    reordered: float = 0.0
    late: float = 0.0
    damaged: int = 0
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
        rounds = tuple(each for told in said.pop("round", []) for each in _rounds(**told))
        plan = Plan(Network(**said.pop("network", {})), rounds)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, TypeError) as error:
        has = ", ".join(["times", *(f.name for f in fields(Round))])
        raise ConfigurationError(f"{file}: {error}. A round has {has}.") from error
    if problems := [*_problems(plan), *(f"unknown table {name}" for name in said)]:
        raise ConfigurationError(f"{file}: {'; '.join(problems)}.")
    return plan


def _rounds(name: str, times: int = 1, kills: Sequence[str] = (), **told: Any) -> Iterator[Round]:
    """What is to be done several `times` is as many rounds, each with chances of its own."""
    for n in range(times):
        yield Round(name if times == 1 else f"{name} {n + 1}", tuple(kills), **told)


def _problems(plan: Plan) -> list[str]:
    names = [each.name for each in plan.rounds]
    unknown = sorted({moment for each in plan.rounds for moment in each.kills} - {*MOMENTS})
    shares: list[Any] = [share for r in plan.rounds for share in (r.resent, r.reordered, r.late)]
    return [
        *([] if names else ["no [[round]]"]),
        *(["two rounds of one name"] if len({*names}) < len(names) else []),
        *([f"no moment is called {', '.join(unknown)}; known: {', '.join(MOMENTS)}"] if unknown else []),
        *([] if {r.when for r in plan.rounds} <= {"", *WHEN} else [f"when is none of {', '.join(WHEN)}"]),
        *([] if all(0 <= share <= 1 for share in shares) else ["a share is not between 0 and 1"]),
        *(["damaged files come whole with the next run: runs is 2 or more"]
          if any(r.damaged and r.runs < 2 for r in plan.rounds) else []),
    ]  # fmt: skip
