"""A check of the machine, and of what a new hospital would bring, before anything is written."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from jobs import _daily
from jobs._run import Opened, moment, open_run, run_id_now
from twinlake.declare.errors import TwinlakeError
from twinlake.engine.ledger import read_ledger
from twinlake.engine.summary import tabulated

Say = Callable[[str], None]
ASKED = ("silver.measurement", "silver.condition_occurrence", "silver.drug_exposure")
MOST = 25


def examine(say: Say) -> bool:
    """Java, jars, Python, disk: each with what to do where it is not right; whether all are."""
    from twinlake.engine.environment import load_environment
    from twinlake.engine.jars import spark_jars
    from twinlake.engine.java import find_java_home

    checks: tuple[tuple[str, Callable[[], object]], ...] = (
        ("python", lambda: sys.version.split()[0]),
        ("environment", lambda: load_environment().name),
        ("java", find_java_home),
        ("spark jars", lambda: f"{len(list(spark_jars()))} found"),
        ("free disk", lambda: f"{shutil.disk_usage('.').free / 2**30:.0f} GiB"),
    )
    is_right = True
    for name, check in checks:
        try:
            say(f"{name:<14} {check()}")
        except TwinlakeError as error:
            say(f"{name:<14} NOT RIGHT: {error}")
            is_right = False
    return is_right


def examine_feeds(feeds: Path, say: Say) -> None:
    """Land and conform the feeds in a home that is thrown away, and say what was not understood."""
    import os

    with tempfile.TemporaryDirectory(prefix="twinlake-doctor-") as scratch:
        os.environ["TWINLAKE_HOME"] = scratch
        opened = open_run(feeds, moment("2100-01-01"), run_id_now("doctor"), say)
        _daily.take_all(opened, [opened.plan.node("ingest")])
        landed = sum(int(row["landed"] or 0) for row in read_ledger(opened.run.ops).current.values())
        if not landed:
            _say_files(opened, say)
            say("\nNo record could be read, so units and codes were not looked at.")
            return
        _daily.take_all(opened, opened.plan.upto(*ASKED))
        _say_files(opened, say)
        for title, query in QUERIES.items():
            _say_rows(opened, title, query, say)


def _say_files(opened: Opened, say: Say) -> None:
    say("\nfiles that are not read, or not whole")
    told = list(opened.refused.values())
    for path, row in sorted(read_ledger(opened.run.ops).current.items()):
        if row["status"] not in ("landed", "ignored"):
            told.append(f"{row['status']:<12} {path}: {row['reason']}")
        elif row["quarantined"]:
            told.append(f"{'in part':<12} {path}: {row['quarantined']} of {row['records_in']} records cannot be read")
    for line in told or ["none"]:
        say(f"  {line}")


def _uncoded(table: str, stem: str) -> str:
    return (
        f"select hospital, coalesce({stem}_source_value, {stem}_name) code, any_value({stem}_name) name, count(*) rows "
        f"from {{{table}}} where {stem}_code is null or {stem}_vocabulary = 'local' "
        "group by hospital, code order by rows desc, hospital, code"
    )


QUERIES = {
    "units that are not known (or missing where one is needed), by frequency": (
        "select hospital, coalesce(measurement_code, measurement_source_value) code, any_value(measurement_name) name, "
        "unit_source_value unit, conversion_rule, count(*) rows from {measurement} where conversion_rule in "
        "('unit_unknown', 'unit_impossible', 'unit_missing') group by hospital, code, unit, conversion_rule "
        "order by rows desc, hospital, code, unit"
    ),
    "measurements without a code of a vocabulary, by frequency": _uncoded("measurement", "measurement"),
    "conditions without a code of a vocabulary, by frequency": _uncoded("condition_occurrence", "condition"),
    "drugs without a code of a vocabulary, by frequency": _uncoded("drug_exposure", "drug"),
}


def _say_rows(opened: Opened, title: str, query: str, say: Say) -> None:
    ops = opened.run.ops
    tables = {n.split(".")[1]: f"delta.`{ops.path(n)}`" for n in ASKED}
    found = opened.run.spark.sql(query.format(**tables)).limit(MOST + 1).toArrow().to_pylist()
    say(f"\n{title}" + (f" (the first {MOST})" if len(found) > MOST else ""))
    rows = [tuple("–" if value is None else str(value) for value in row.values()) for row in found[:MOST]]
    say(tabulated(tuple(found[0]), rows) if rows else "  none")
