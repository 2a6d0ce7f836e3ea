"""The grade of a lake made from an invented network, for people and for pipes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from twinlake.declare.errors import ConfigurationError
from twinlake.engine.home import check_home, home_of
from twinlake.engine.ops import Ops
from twinlake.engine.publication import require_publication
from twinlake.engine.summary import console
from twinlake.synthetic.grade import Figure, grade

Say = Callable[[str], None]
HEADS = ("", "hospital", "system", "of", "so many", "share", "95 % interval")


def score_synth(feeds: Path | None, truth: Path | None, form: str, say: Say) -> None:
    """Print every figure; what falls short of what is asked for is marked."""
    if form not in ("table", "json"):
        raise ConfigurationError(f"--format {form!r}; use table or json.")
    home = home_of(feeds)
    check_home(home)
    ops = Ops(home.lake)
    figures = grade(ops, require_publication(ops), truth or home.feeds.parent / "truth")
    if form == "json":
        for figure in figures:
            say(json.dumps(figure.told(), ensure_ascii=False))
    else:
        _print(figures, say)


def _print(figures: list[Figure], say: Say) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    for part in dict.fromkeys(figure.part for figure in figures):
        shown = Table(part, *HEADS[1:], box=box.SIMPLE_HEAD)
        shown.columns[0].overflow = "fold"
        for figure in (figure for figure in figures if figure.part == part):
            shown.add_row(*map(Text, _cells(figure)))
        console().print(shown)
    short = [f"{figure.part}, {figure.what}" for figure in figures if figure.falls_short]
    say(f"Short of what is asked for: {'; '.join(short)}." if short else "Nothing is short of what is asked for.")


def _cells(figure: Figure) -> tuple[str, ...]:
    rate, between = figure.rate, figure.interval
    share = "" if rate is None else f"{rate:.2%}"
    ends = f"{between.low:.2%} to {between.high:.2%}" if between else ""
    mark = f" (asked: {figure.goal:.1%})" if figure.falls_short else ""
    counts = (f"{figure.total:,}", f"{figure.good:,}")
    return (figure.what, figure.hospital, figure.system, *counts, share + mark, ends)
