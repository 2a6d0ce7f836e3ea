"""What changed in the deliveries of hospitals, and in what they measure, for people and pipes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import wrap

import pyarrow as pa

from jobs._ask import check_form, print_answer
from twinlake.engine.drift_alarms import in_words, published_alarms
from twinlake.engine.drift_history import Row, schema_drift
from twinlake.engine.home import check_home, check_hospital, home_of
from twinlake.engine.ops import Ops
from twinlake.engine.publication import last_publication
from twinlake.engine.report.lake import PublishedLake

Say = Callable[[str], None]
WIDTH = 78


def show(feeds: Path | None, hospital: str | None, form: str, say: Say) -> None:
    """Print each change of a hospital's files, and each alarm of the last publication."""
    check_form(form)
    home = home_of(feeds)
    check_home(home)
    check_hospital(home, hospital)
    ops = Ops(home.lake)
    publication = last_publication(ops)
    rung = published_alarms(PublishedLake(ops, publication)) if publication else []
    files = [row for row in schema_drift(ops) if hospital in (None, row["hospital"])]
    alarms = [row for row in rung if hospital in (None, row["hospital"])]
    if form != "table":
        rows = [*files, *map(_as_event, alarms)]
        print_answer(pa.Table.from_pylist(rows) if rows else pa.table({}), form)
        return
    for line in lines(files, alarms):
        say(line)


def lines(files: list[Row], alarms: list[Row]) -> Iterator[str]:
    """Hospital by hospital, within the width of a terminal."""
    for hospital in sorted({row["hospital"] for row in (*files, *alarms)}):
        yield hospital
        place = None
        for row in (row for row in files if row["hospital"] == hospital):
            where = f"{row['system']}.{row['feed']}, {row['expected']}"
            if where != place:
                yield f"  files of {where}"
                place = where
            yield from _indented(_in_words(row))
        mine = [row for row in alarms if row["hospital"] == hospital]
        if mine:
            yield "  measurements, against the year before"
            for row in mine:
                yield from _indented(in_words(row))
    if not files and not alarms:
        yield "No file differs from what is declared or was delivered before, and no measurement has moved."


def _in_words(row: Row) -> str:
    policy = f" → {row['policy']}" if row["policy"] else ""
    return f"{row['event']} {row['column']}: {row['detail']}{policy}; {_when(row)}".replace(" :", ":")


def _when(row: Row) -> str:
    days = sorted({row["first"], row["last"]} - {""})
    number = f"{row['files']} file{'' if row['files'] == 1 else 's'}"
    return f"{number} of {' to '.join(days)}" if days else number


def _indented(text: str) -> list[str]:
    return wrap(text, WIDTH, initial_indent="    ", subsequent_indent="      ")


def _as_event(alarm: Row) -> Row:
    """An alarm under the heads that the events of files have."""
    day = str(alarm["quarter_start_date"])
    return {"hospital": alarm["hospital"], "system": None, "feed": None, "event": alarm["drift_alarm"],
            "column": alarm["measurement_code"], "detail": in_words(alarm), "policy": None,
            "expected": "as the year before", "files": None, "first": day, "last": day}  # fmt: skip
