"""A steward's decisions on who is who, and the registry they are taken on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from getpass import getuser
from pathlib import Path
from typing import Any

from jobs._run import moment
from twinlake.declare.decision import Decision
from twinlake.declare.errors import ConfigurationError, NotPublished
from twinlake.engine.decisions import decisions_of, record_decision
from twinlake.engine.home import check_home, home_of
from twinlake.engine.ops import Ops, sql_text
from twinlake.engine.publication import Publication, require_publication

Say = Callable[[str], None]
PERSON = ("hospital", "system", "source_person_id")


@dataclass(frozen=True)
class Registry:
    """The EMPI of the last publication, read without Spark."""

    ops: Ops
    published: Publication

    def ask(self, sql: str, *tables: str) -> list[dict[str, Any]]:
        """The few rows of `sql` over empi's tables."""
        names = [f"empi.{table}" for table in tables]
        if missing := [name for name in names if name not in self.published.versions]:
            raise NotPublished(f"The last publication has no {', '.join(missing)} yet. Bring it up: `twinlake run`.")
        return self.ops.ask(sql, {name: self.published.versions[name] for name in names})

    def members(self, person: int) -> list[dict[str, Any]]:
        """The source persons of a person, by a person_id that may be retired."""
        alias = self.ask(f"select person_id from person_alias where old_person_id = {person}", "person_alias")
        now = alias[0]["person_id"] if alias else person
        found = self.ask(f"select * from person_link where person_id = {now}", "person_link")
        if not found:
            raise ConfigurationError(f"No person is called {person}. `twinlake sql` over silver.person lists them.")
        return sorted(found, key=name_of_row)

    def link(self, source_person: str) -> dict[str, Any]:
        """Who a source person is; who is not known is refused."""
        found = self.ask(f"select * from person_link where {where(source_person)}", "person_link")
        if not found:
            raise ConfigurationError(
                f"{source_person} is no source person of this lake. Write hospital/system/id, as "
                "`twinlake empi review` and `empi show` do."
            )
        return found[0]


def open_registry(feeds: Path | None) -> Registry:
    """The registry of a lake that was published."""
    home = home_of(feeds)
    check_home(home)
    ops = Ops(home.lake)
    return Registry(ops, require_publication(ops))


def where(source_person: str, ident: str = "source_person_id") -> str:
    """SQL that chooses the rows of a source person written `hospital/system/id`, whose id stands in `ident`."""
    parts = map(sql_text, [*source_person.split("/", 2), "", ""][:3])
    return " and ".join(f"{name} = {part}" for name, part in zip((*PERSON[:2], ident), parts, strict=True))


def name_of_row(row: dict[str, Any], side: str = "") -> str:
    """A row's source person as it is written on the command line."""
    return "/".join(row[f"{side}{name}"] for name in PERSON)


def decide(
    feeds: Path | None, kind: str, one: str, other: str, by: str | None, why: str, at: str | None, say: Say
) -> None:
    """Keep that two source persons are one person (accept), or two (reject)."""
    registry = open_registry(feeds)
    for source_person in (one, other):
        registry.link(source_person)
    _keep(registry, kind, (one,), (other,), by, why, at, say)


def split(
    feeds: Path | None, person: int, out: Sequence[str], by: str | None, why: str, at: str | None, say: Say
) -> None:
    """Keep that some source persons of a person are not the person whom the others are."""
    registry = open_registry(feeds)
    members = [name_of_row(row) for row in registry.members(person)]
    strangers, rest = sorted({*out} - {*members}), tuple(name for name in members if name not in out)
    if strangers or not rest:
        raise ConfigurationError(
            f"{', '.join(strangers) or 'Everybody'} cannot be taken out of person {person}, who is "
            f"{', '.join(members)}. Name some of these, not all."
        )
    _keep(registry, "split", tuple(out), rest, by, why, at, say)


def undo(feeds: Path | None, decision: str, by: str | None, why: str, at: str | None, say: Say) -> None:
    """Take a decision back; it stays to be seen."""
    registry = open_registry(feeds)
    known = [one.decision_id for one in decisions_of(registry.ops) if one.kind != "undo"]
    if decision not in known:
        raise ConfigurationError(f"{decision} is no decision of this lake. `twinlake empi decisions` lists them.")
    _keep(registry, "undo", (), (), by, why, at, say, undone=decision)


def _keep(
    registry: Registry, kind: str, one: Iterable[str], other: Iterable[str], by: str | None, why: str, at: str | None,
    say: Say, undone: str | None = None,
) -> None:  # fmt: skip
    when = moment(at) if at else datetime.now(UTC)
    decision = Decision(kind, tuple(one), tuple(other), by or getuser(), why, when, undone)
    record_decision(registry.ops, decision)
    say(f"{decision.decision_id}: kept. The next run links by it.")
