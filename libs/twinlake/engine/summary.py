"""The last lines of a run: what was published, of whom, how sure, how long it took, and where to read on."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from twinlake.engine.champions import last_word, standing
from twinlake.engine.home import Home
from twinlake.engine.report.facts import Held, Row, read_facts
from twinlake.engine.report.markup import duration

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

# Wider than any table.
UNBOUND = 1_000


@dataclass(frozen=True)
class ModelScore:
    """The registered learner beside the baseline by one metric: of the champion's training, or of the last one.

    `reason` is what the last training came to, or why its champion does not score.
    """

    model: str
    metric: str
    value: float | None
    baseline: float | None
    is_champion: bool
    reason: str
    stands: bool = False

    @property
    def verdict(self) -> str:
        """What scores: the model of the last training, the champion before it, or nobody."""
        return "champion stands" if self.stands else "champion" if self.is_champion else "no champion"


@dataclass(frozen=True)
class Summary:
    """What `make demo` tells at its end; `report` is None as long as no page of this publication is written."""

    publication_id: str
    as_of: str
    persons: int
    rows: Mapping[str, int]
    quarantined: tuple[Held, ...]
    scores: tuple[ModelScore, ...]
    seconds: Mapping[str, float]
    report: Path | None
    shared: tuple[Row, ...] = ()


def summarise(home: Home, questions: Mapping[str, str]) -> Summary:
    """The summary of the last publication and the last run; NotPublished before the first.

    `questions`: each declared model's question_digest of today, which tells whose champion scores.
    """
    facts = read_facts(home)
    page = home.reports / f"{facts.publication.publication_id}.html"
    return Summary(
        facts.publication.publication_id, f"{facts.publication.as_of:%Y-%m-%d %H:%M} UTC", facts.persons,
        dict(sorted(facts.publication.rows.items())), facts.held,
        tuple(_score(name, runs, questions.get(name)) for name, runs in facts.trainings.items()),
        facts.seconds_by_stage,
        page if page.is_file() else None, tuple(row for row in facts.shared if row["values"]),
    )  # fmt: skip


def _score(name: str, runs: Sequence[Row], question: str | None) -> ModelScore:
    """By the metric the training measured first; the learner declared last is the model that is registered."""
    last, champion = runs[-1], standing(runs, question)
    measured = [m for m in json.loads((champion or last)["metrics"] or "[]") if m["part"] == "heldout"]
    metric = measured[0]["name"] if measured else ""
    of = {m["learner"]: m["value"] for m in measured if m["name"] == metric}
    baseline = of.pop("baseline", None)
    value = list(of.values())[-1] if of else None
    stands = champion is not None and champion is not last
    return ModelScore(name, metric, value, baseline, champion is not None, last_word(runs, question), stands)


def console() -> Console:
    """Where tables are printed: a pipe or a file has no width that their lines would have to fit."""
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else UNBOUND)


def print_summary(summary: Summary, console: Console | None = None) -> None:
    """Print it, at most as wide as the terminal."""
    from rich.console import Console, Group
    from rich.panel import Panel

    out = console or Console()
    title = f"[bold]publication {summary.publication_id}[/bold] · {summary.persons:,} persons · as of {summary.as_of}"
    out.print(Panel(Group(*_parts(summary)), title=title, border_style="cyan", padding=(1, 2)))
    if summary.report:
        out.print(f"Report: {summary.report}", soft_wrap=True, highlight=False, markup=False)


def _parts(summary: Summary) -> Iterator[RenderableType]:
    from rich.text import Text

    yield _table(("Table", "Rows"), [(name, f"{rows:,}") for name, rows in summary.rows.items()])
    if summary.quarantined:
        rows = [(h.table.removeprefix("quarantine."), h.rule, h.hospital, f"{h.rows:,}") for h in summary.quarantined]
        yield _table(("Quarantined", "Rule", "Hospital", "Rows"), rows)
    else:
        yield "Nothing is in quarantine.\n"
    if summary.shared:
        rows = [(row["rule"], f"{row['bearers']:,}", f"{row['values']:,}") for row in summary.shared]
        yield _table(("Nobody's, for too many share it", "Borne", "Values"), rows)
    if summary.scores:
        heads = ("Model", "Metric", "Value", "Baseline", "")
        yield _table(heads, [_score_row(score) for score in summary.scores], last_is_number=False)
        # Text, not markup: a reason may hold brackets.
        yield from (Text(f"{score.model}: {score.reason}\n") for score in summary.scores)
    else:
        yield "No model has been trained.\n"
    yield _table(("Stage", "Time"), [(stage, duration(seconds)) for stage, seconds in summary.seconds.items()])


def _score_row(score: ModelScore) -> tuple[str, ...]:
    return score.model, score.metric, _figure(score.value), _figure(score.baseline), score.verdict


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"


def tabulated(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Plain columns under their heads, as wide as what stands in them, for lists that are piped and searched."""
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in (heads, *rows))
    return "\n".join(line.rstrip() for line in lines)


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], last_is_number: bool = True) -> RenderableType:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="bold cyan")
    for place, head in enumerate(heads):
        is_number = last_is_number and place == len(heads) - 1
        table.add_column(head, justify="right" if is_number else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    return table
