"""What a steward looks at: the queue of doubtful pairs, one pair side by side, one person. It is patients' data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from jobs._steward import Registry, name_of_row, open_registry, where
from twinlake.catalog.identity import identity
from twinlake.declare.decision import Decision, overruled, record_of, standing
from twinlake.declare.errors import ConfigurationError
from twinlake.declare.statement import Persons, settle
from twinlake.engine.decisions import decisions_of
from twinlake.engine.summary import console
from twinlake.engine.waterfall import Waterfall, draw_waterfall, waterfall

if TYPE_CHECKING:
    from rich.table import Table

SIDES = ("left_", "right_")
PAIR = ("bits", "one", "other", "what agrees")
UNDECIDED = """
select p.* from person_pair p
join person_link l on l.source_person_key = p.left_source_person_key
join person_link r on r.source_person_key = p.right_source_person_key
where not p.is_sure and l.person_id <> r.person_id
order by p.match_weight desc, p.left_source_person_key, p.right_source_person_key limit {most}"""
# Of each merge that stands, the sides of whom no record tells: it joins nobody until one does.
WAITING = """
select m.*, r.person_id is null as lacks_retired, s.person_id is null as lacks_surviving from person_merge m
left join person_link r on r.hospital = m.hospital and r.system = m.system
    and r.source_person_id = m.retired_source_person_id
left join person_link s on s.hospital = m.hospital and s.system = m.system
    and s.source_person_id = m.surviving_source_person_id
where m.is_in_force and (r.person_id is null or s.person_id is null)
order by m.merged_at desc, m.hospital, m.system, m.retired_source_person_id, m.surviving_source_person_id
limit {most}"""
MERGE = ("hospital", "system", "retired", "surviving", "when")
RULES = {"most_common": "what most records say", "latest": "the last delivered", "earliest": "the earliest told"}


def show_queue(feeds: Path | None, limit: int) -> None:
    """The pairs that the model leaves to a person, the likeliest first, without those that one has decided.

    Beside them the hospitals' merges that join nobody, because no record tells of one of their sides.
    """
    registry = open_registry(feeds)
    persons = settle(one.statement for one in standing(decisions_of(registry.ops)))
    pairs = [_pair(row) for row in _undecided(registry, persons, limit)]
    _print("Doubtful pairs", PAIR, pairs, none="No pair waits for a decision.")
    waiting = registry.ask(WAITING.format(most=limit), "person_merge", "person_link")
    if waiting:
        rows = [(*_merge(row), _unknown(row)) for row in waiting]
        _print("Merges that wait for a patient", (*MERGE, "no record tells of"), rows)


def _unknown(row: dict[str, Any]) -> str:
    return " or ".join(side for side in ("retired", "surviving") if row[f"lacks_{side}"])


def _merge(row: dict[str, Any]) -> tuple[str, ...]:
    ids = (row[f"{side}_source_person_id"] for side in ("retired", "surviving"))
    return (row["hospital"], row["system"], *ids, f"{row['merged_at']:%Y-%m-%d %H:%M}")


def _undecided(registry: Registry, persons: Persons, limit: int) -> list[dict[str, Any]]:
    """As many as there are up to `limit`; what decisions come to between records may take any number of pairs out."""
    for most in (limit * 4**turn for turn in count()):
        found = registry.ask(UNDECIDED.format(most=most), "person_pair", "person_link")
        left = [row for row in found if not _is_decided(persons, *(name_of_row(row, side) for side in SIDES))]
        if len(left) >= limit or len(found) < most:
            break
    return left[:limit]


def _pair(row: dict[str, Any]) -> tuple[str, ...]:
    return (f"{row['match_weight']:.1f}", *(name_of_row(row, side) for side in SIDES), row["agreements"])


def _is_decided(persons: Persons, one: str, other: str) -> bool:
    left, right = record_of(one), record_of(other)
    return persons.of(left) == persons.of(right) or persons.are_apart(left, right)


def show_pair(feeds: Path | None, one: str, other: str, picture: Path | None) -> None:
    """Two source persons side by side, with what each comparison weighs."""
    registry = open_registry(feeds)
    one, other = sorted((one, other), key=record_of)
    links = [registry.link(source_person) for source_person in (one, other)]
    if one == other:
        raise ConfigurationError(f"{one} is named twice. Name two source persons.")
    told = waterfall(pa.Table.from_pylist(_source_persons(registry, (one, other))), identity())
    _print(f"{one} and {other}", ("comparison", one, other, "level", "bits"), _lines(told), last=_total(told))
    _say(f"evidence: {'; '.join(told.evidence) or 'none, so that the model never links them by itself'}")
    if told.total >= identity().review and not _is_compared(registry, links):
        _say("No blocking rule brings them together, so that the model never compared them.")
    _say(_standing_between(registry, links, one, other))
    if picture:
        draw_waterfall(told, picture)
        _say(f"drawn: {picture}")


def _is_compared(registry: Registry, links: Sequence[dict[str, Any]]) -> bool:
    left, right = (link["source_person_key"] for link in links)
    both = f"left_source_person_key in ({left}, {right}) and right_source_person_key in ({left}, {right})"
    return bool(registry.ask(f"select match_weight from person_pair where {both}", "person_pair"))


def _source_persons(registry: Registry, names: Iterable[str]) -> list[dict[str, Any]]:
    any_of = " or ".join(f"({where(name)})" for name in names)
    return registry.ask(f"select * from source_person where {any_of}", "source_person")


def _lines(told: Waterfall) -> list[tuple[str, ...]]:
    prior = ("prior", "", "", f"one in {identity().one_in:,} pairs is one person", f"{told.prior:+.1f}")
    lines = [prior]
    for step in told.steps:
        lines.append((step.words, step.left, step.right, step.level_words, f"{step.weight:+.1f}"))
        if step.rarity:
            words = "a rare value" if step.rarity > 0 else "a common value"
            lines.append(("", "", "", words, f"{step.rarity:+.1f}"))
    return lines


def _total(told: Waterfall) -> tuple[str, ...]:
    known = identity()
    bounds = (
        f"review from {known.review:g}, automatic from {known.automatic:g}, "
        f"in one system from {known.automatic_within_source:g}"
    )
    return ("weight", "", "", bounds, f"{told.total:+.1f}")


def _standing_between(registry: Registry, links: Sequence[dict[str, Any]], one: str, other: str) -> str:
    """Whether they are one person now, and by whose word."""
    left, right = (link["person_id"] for link in links)
    now = f"now one person, {left}" if left == right else f"now two persons, {left} and {right}"
    decided = [d for d in standing(decisions_of(registry.ops)) if {one, other} <= {*d.named}]
    return now + "".join(f"\n{_told(decision)}" for decision in decided)


def _told(decision: Decision) -> str:
    sides = " | ".join(", ".join(side) for side in (decision.one, decision.other) if side) or decision.undone
    return (
        f"{decision.decision_id} {decision.decided_at:%Y-%m-%d %H:%M} {decision.decided_by}: {decision.kind} {sides}: "
        f"{decision.why}"
    )


def show_decisions(feeds: Path | None) -> None:
    """All decisions ever taken, the latest first, with those that were taken back."""
    taken = decisions_of(open_registry(feeds).ops)
    against = overruled(standing(taken))
    rows = [
        (d.decision_id, f"{d.decided_at:%Y-%m-%d %H:%M}", d.decided_by, d.kind, "\n".join(d.one) or d.undone or "",
         "\n".join(d.other), d.why, _standing_of(d, against))
        for d in reversed(taken)
    ]  # fmt: skip
    heads = ("decision", "when", "who", "what", "one", "other", "why", "")
    _print(
        "Decisions", heads, rows, none="No decision was ever taken. `twinlake empi review` shows what waits for one."
    )


def _standing_of(decision: Decision, against: Mapping[str, Sequence[tuple[str, str]]]) -> str:
    """Whether it was taken back, or for whom later decisions say the contrary; nothing where it stands whole."""
    if decision.kind == "undo":
        return ""
    if decision.decision_id not in against:
        return "taken back"
    pairs = against[decision.decision_id]
    return "\n".join(("overruled for", *(f"{one} | {other}" for one, other in pairs))) if pairs else ""


def show_person(feeds: Path | None, person: int) -> None:
    """A person: the source persons they are and why, what survives of whom, and what was decided and merged."""
    registry = open_registry(feeds)
    members = registry.members(person)
    names = [name_of_row(row) for row in members]
    weights = [f"{row['match_weight']:.1f}" if row["match_weight"] is not None else "" for row in members]
    links = [(name, weight, row["reason"]) for name, weight, row in zip(names, weights, members, strict=True)]
    _print(f"Person {members[0]['person_id']}", ("source person", "bits", "why"), links)
    _print("Sure pairs", PAIR, [_pair(row) for row in _pairs(registry, members)])
    _print("What survives", ("column", "value", "of", "rule"), _survivors(registry, members))
    _print("Merges of their hospitals", MERGE, [_merge(row) for row in _merges(registry, members)])
    for decision in decisions_of(registry.ops):
        if {*names} & {*decision.named}:
            _say(_told(decision))


def _merges(registry: Registry, members: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    sides = ("retired_source_person_id", "surviving_source_person_id")
    any_of = " or ".join(f"({where(name_of_row(row), side)})" for row in members for side in sides)
    return registry.ask(
        f"select * from person_merge where is_in_force and ({any_of}) order by merged_at", "person_merge"
    )


def _pairs(registry: Registry, members: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    keys = ", ".join(str(row["source_person_key"]) for row in members)
    within = f"left_source_person_key in ({keys}) and right_source_person_key in ({keys})"
    return registry.ask(
        f"select * from person_pair where is_sure and {within} order by match_weight desc", "person_pair"
    )


def _survivors(registry: Registry, members: Sequence[dict[str, Any]]) -> list[tuple[str, ...]]:
    from pyspark.sql import functions as F

    from twinlake.declare.survivorship import survivors_with_source
    from twinlake.engine.session import start_session

    name, keys = "empi.source_person", [row["source_person_key"] for row in members]
    stored = start_session().read.format("delta").option("versionAsOf", registry.published.versions[name])
    theirs = stored.load(registry.ops.path(name)).where(F.col("source_person_key").isin(keys))
    told = survivors_with_source(theirs.withColumn("person_id", F.lit(0)), identity()).toArrow().to_pylist()
    return [(row["column_name"], row["value"], name_of_row(row), RULES[row["rule"]]) for row in told]


def _print(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], last: Sequence[str] | None = None, none: str = ""
) -> None:
    if none and not rows:
        _say(none)
        return
    from rich import box
    from rich.table import Table
    from rich.text import Text

    shown: Table = Table(*columns, title=title, title_justify="left", box=box.SIMPLE_HEAD, show_footer=last is not None)
    for column, text in zip(shown.columns, last or (), strict=False):
        column.footer = text
    for column in shown.columns:
        # A key that is cut cannot be given to the next command.
        column.overflow = "fold"
    for row in rows:
        shown.add_row(*(Text(cell) for cell in row))
    console().print(shown)


def _say(line: str) -> None:
    print(line, flush=True)
