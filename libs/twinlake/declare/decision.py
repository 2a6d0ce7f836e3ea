"""A steward's decision on who is who: what it says, who took it, why and when."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from twinlake.declare.errors import ConfigurationError
from twinlake.declare.expressions import SEPARATOR
from twinlake.declare.statement import Persons, Statement

KINDS = ("accept", "reject", "split", "undo")
SAID = "a steward's decision"


@dataclass(frozen=True)
class Decision:
    """accept: `one` and `other` are one person; reject, split: no record of `one` is a person of `other`'s.

    Records are named `hospital/system/source_person_id`. `undo` takes back the decision `undone`, which stays to be
    seen.
    """

    kind: str
    one: tuple[str, ...]
    other: tuple[str, ...]
    decided_by: str
    why: str
    decided_at: datetime
    undone: str | None = None

    def __post_init__(self) -> None:
        problems = [
            *([] if self.kind in KINDS else [f"kind is {self.kind!r}; use one of {', '.join(KINDS)}"]),
            *(f"{record!r} is no source person; write hospital/system/id" for record in self.named if not _is(record)),
            *([] if self.decided_by.strip() and self.why.strip() else ["it says not who decided, or not why"]),
            *([] if self.decided_at.tzinfo else ["decided_at has no zone"]),
            *([] if bool(self.undone) == (self.kind == "undo") else ["an undo, and nothing else, names a decision"]),
            *([] if bool(self.one and self.other) == (self.kind != "undo") else ["it names no two sides"]),
            *(f"{record} is on both sides" for record in sorted({*self.one} & {*self.other})),
        ]
        if problems:
            raise ConfigurationError(f"{self.kind}: {'; '.join(problems)}.")

    @property
    def named(self) -> tuple[str, ...]:
        """All source persons it names."""
        return (*self.one, *self.other)

    @property
    def decision_id(self) -> str:
        """Sixteen hex digits that stand for all it says."""
        said = asdict(self) | {"decided_at": self.decided_at.astimezone(UTC).isoformat()}
        said |= {"one": sorted(self.one), "other": sorted(self.other)}
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]

    @property
    def statement(self) -> Statement:
        """What it says of records."""
        one, other = (frozenset(map(record_of, side)) for side in (self.one, self.other))
        return Statement(one, other, self.kind == "accept", SAID)


def standing(decisions: Iterable[Decision]) -> list[Decision]:
    """Those that nobody took back, the latest first; at one moment that of the smallest id counts most."""
    once = {decision.decision_id: decision for decision in decisions}
    undone = {decision.undone for decision in once.values()}
    left = [d for name, d in once.items() if name not in undone and d.kind != "undo"]
    return sorted(left, key=lambda d: (-d.decided_at.timestamp(), d.decision_id))


def record_of(source_person: str) -> str:
    """`hospital/system/id`, where an id may have slashes, as linkage names a record."""
    return SEPARATOR.join(source_person.split("/", 2))


def overruled(standing: Iterable[Decision]) -> dict[str, list[tuple[str, str]]]:
    """By decision the pairs of source persons of whom those that count more (the first) say the contrary."""
    persons = Persons()
    taken = {decision.decision_id: persons.take(decision.statement) for decision in standing}
    return {
        name: [(one.replace(SEPARATOR, "/"), other.replace(SEPARATOR, "/")) for one, other in pairs]
        for name, pairs in taken.items()
    }


def _is(source_person: str) -> bool:
    parts = source_person.split("/", 2)
    return len(parts) == 3 and all(parts) and SEPARATOR not in source_person
