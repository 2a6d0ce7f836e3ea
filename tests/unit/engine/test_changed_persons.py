"""Whose records count otherwise after a landing."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from pathlib import Path

from twinlake.declare.expressions import key_of
from twinlake.declare.source import System, csv_feed
from twinlake.engine.changes import changed_source_persons, steps_of
from twinlake.engine.home import Home
from twinlake.engine.ingest import ingest, new_files
from twinlake.engine.ledger import Ledger, read_ledger
from twinlake.engine.records import Records
from twinlake.engine.run import Run

HEADER = "id,person,says"
FEED = csv_feed("notes", r"notes[a-z_]*\.csv", HEADER, "increment", key=("id",), person="person")
TOY = System("toy", "m", (FEED,), ())


def landed(run: Run, day: int, name: str, *lines: str) -> tuple[Run, Ledger]:
    """A file without a dated folder lands: it is delivered on the day of its run."""
    file = run.home.feeds / "h" / "toy" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join((HEADER, *lines, "")))
    later = dataclasses.replace(run, as_of=datetime(2026, 11, day, tzinfo=UTC))
    before = read_ledger(later.ops)
    ingest(later, "h", new_files(later.home.feeds, "h", later.systems, before), before)
    return later, before


def test_a_record_told_again_after_another_file_told_it_otherwise_counts_again(spark, tmp_path: Path) -> None:
    """Its line is in the path of before and of now, and yet another version counts than did."""
    home = Home(tmp_path / "home", tmp_path / "feeds")
    run = Run(
        home, "r", datetime(2026, 11, 1, tzinfo=UTC), {}, {"toy": TOY}, {}, {}, lambda _: (), session=lambda: spark
    )
    landed(run, 1, "notes.csv", "1,p,in bed", "2,q,in bed")
    landed(run, 2, "notes_late.csv", "1,p,left")
    run, before = landed(run, 3, "notes.csv", "1,p,in bed", "2,q,in bed", "3,r,in bed")
    now = read_ledger(run.ops)
    said = Records(run, now).current("toy", "notes").select("id", "says").toArrow().to_pylist()
    assert {row["id"]: row["says"] for row in said} == {"1": "in bed", "2": "in bed", "3": "in bed"}
    found = changed_source_persons(run, now, "toy", "notes", steps_of(run, before, now, "toy", "notes"))
    assert {row["source_person_key"] for row in found.toArrow().to_pylist()} == {
        key_of("h", "toy", "p"), key_of("h", "toy", "r"),
    }  # fmt: skip
