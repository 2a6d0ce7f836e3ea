"""Questions to the last publication."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from jobs._run import moment
from twinlake.catalog.twins.patient_state_history import state_known_on
from twinlake.declare.errors import ConfigurationError
from twinlake.engine.home import check_home, home_of
from twinlake.engine.ops import Ops
from twinlake.engine.publication import require_publication
from twinlake.engine.questions import answered, asked, refuse_writing
from twinlake.engine.reading import open_views
from twinlake.engine.summary import console
from twinlake.plan import read_plan

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

FORMATS = ("table", "csv", "json")
# What a person reads; a pipe wants all.
SHOWN = {"table": 100}


def ask(query: str, feeds: Path | None, form: str, limit: int | None = None, publication: str | None = None) -> None:
    """Print the answer to a SQL query over the views of a publication; rows left out are told on stderr."""
    check_form(form)
    refuse_writing(query)
    spark, _ = open_published(feeds, publication, query)
    rows = asked(spark, query, {table.full_name for table in read_plan().tables.values()})
    most = SHOWN.get(form, 0) if limit is None else limit
    found = answered(rows.limit(most + 1) if most else rows)
    print_answer(found.slice(0, most) if most else found, form)
    if limit is None and most and found.num_rows > most:
        print(f"The first {most} rows; there are more (--limit 0 for all).", file=sys.stderr)


def twin_on(person: int, on: str, known: str | None, feeds: Path | None, form: str) -> None:
    """Print a twin's state by valid time and known time."""
    check_form(form)
    day, known_on = moment(on).date(), moment(known).date() if known else None
    spark, as_of = open_published(feeds, query="patient_state_history")
    history = spark.table("twins.patient_state_history").where(f"person_id = {int(person)}")
    told = state_known_on(history, day, known_on or as_of.date()).toArrow()
    if not told.num_rows:
        raise ConfigurationError(
            f"Nothing was known of person {person} on {on}. "
            '`twinlake sql "select person_id from gold.person_summary"` lists persons.'
        )
    # A person's state is a page, not a line.
    print_answer(_upright(told) if form == "table" else told, form)


def _upright(found) -> pa.Table:
    """Each column of the rows as a row, empty ones left out."""
    pairs = [(name, str(value)) for row in found.to_pylist() for name, value in row.items() if value is not None]
    return pa.table({"": [name for name, _ in pairs], "state": [value for _, value in pairs]})


def open_published(feeds: Path | None, identity: str | None = None, query: str = "") -> tuple[SparkSession, datetime]:
    """A session with the views of the last publication, or of the one called so, and the moment that it speaks of."""
    home = home_of(feeds)
    check_home(home)
    ops = Ops(home.lake)
    publication, tables = require_publication(ops, identity), read_plan().tables
    from twinlake.engine.session import start_session

    spark = start_session()
    open_views(spark, ops, tables, publication, query)
    return spark, publication.as_of


def check_form(form: str) -> None:
    """Refuse a form of answer that there is not."""
    if form not in FORMATS:
        raise ConfigurationError(f"--format {form!r}; use one of {', '.join(FORMATS)}.")


def print_answer(found, form: str) -> None:
    """Print an Arrow table as a table, csv or json."""
    if form == "csv":
        _print_csv(found)
    elif form == "json":
        _print_json(found)
    else:
        _print_table(found)


def _print_csv(found) -> None:
    import csv

    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(found.column_names)
    out.writerows(map(_cell, row.values()) for row in found.to_pylist())


def _cell(value: object) -> object:
    """A value as it stands in a file: what has parts is JSON there as well."""
    import json

    if isinstance(value, list | dict):
        return json.dumps(value, default=str, ensure_ascii=False)
    return "" if value is None else value


def _print_json(found) -> None:
    import json

    for row in found.to_pylist():
        print(json.dumps(row, default=str, ensure_ascii=False))


def _print_table(found) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    # Text, not markup: a value may hold brackets.
    shown = Table(box=box.SIMPLE_HEAD)
    for name in found.column_names:
        shown.add_column(Text(name), overflow="fold")
    for row in found.to_pylist():
        shown.add_row(*(Text(str(_cell(value))) for value in row.values()))
    console().print(shown)
