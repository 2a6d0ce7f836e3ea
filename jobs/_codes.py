"""Local codes for people: what is not mapped yet, and the fragment of hospital.toml that maps it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from twinlake.declare.errors import ConfigurationError
from twinlake.engine.home import check_home, check_hospital, home_of
from twinlake.engine.ops import Ops
from twinlake.engine.publication import require_publication
from twinlake.engine.report.lake import PublishedLake
from twinlake.engine.summary import console
from twinlake.engine.worklist import TABLE, Row, fragments, read_worklist

Say = Callable[[str], None]
HEADS = ("code, and the system's words", "hospital, system and table", "rows", "persons", "seen")


def unmapped(feeds: Path | None, hospital: str | None, toml: bool, limit: int, say: Say) -> None:
    """Print the worklist of the last publication, or the fragment."""
    home = home_of(feeds)
    check_home(home)
    ops = Ops(home.lake)
    publication = require_publication(ops)
    check_hospital(home, hospital)
    if TABLE not in publication.versions:
        raise ConfigurationError("The last publication is older than the worklist. `twinlake run` makes it.")
    rows = read_worklist(PublishedLake(ops, publication), hospital)
    if toml:
        for line in fragments(rows[:limit] if limit else rows):
            say(line)
    elif rows:
        _print(rows[:limit] if limit else rows, len(rows), say)
    else:
        say("Every code is one of a vocabulary.")


def _print(rows: list[Row], total: int, say: Say) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    shown = Table(*HEADS, box=box.SIMPLE_HEAD)
    for counted in ("rows", "persons"):
        shown.columns[HEADS.index(counted)].justify = "right"
    for row in rows:
        words = row["source_code_description"] or ""
        code = "(rows without a code)" if row["source_code"] is None else row["source_code"]
        where = f"{row['hospital']}\n{row['system']}, {row['silver_table']}"
        years = sorted({str(row[day])[:4] for day in ("first_seen_date", "last_seen_date") if row[day]})
        cells = (f"{code}\n{words}", where, f"{row['row_count']:,}", f"{row['person_count']:,}", "–".join(years))
        shown.add_row(*map(Text, cells))
    console().print(shown)
    if len(rows) < total:
        say(f"{len(rows)} of {total}; --limit 0 shows all.")
