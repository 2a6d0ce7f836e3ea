"""ingest: land the new files of a hospital (or of all) in bronze."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence

from jobs._run import Opened, main
from twinlake.declare.errors import ConfigurationError, DataError
from twinlake.engine.file_schemas import refuse_stopped, to_be_reconsidered
from twinlake.engine.ingest import NewFile, ingest, new_files, refused_rows
from twinlake.engine.ledger import LANDED, Ledger, read_ledger

NO_FILES = "no files. Lay them out <hospital>/<system>/[YYYY-MM-DD/]…"


def hospitals(opened: Opened) -> list[str]:
    """The hospitals there are, refused ones left out; none at all is a fault."""
    if not opened.readable:
        raise DataError("No hospital can be read: " + "; ".join(opened.refused.values()))
    return list(opened.readable)


def step(opened: Opened, given: argparse.Namespace) -> int:
    """Land what is new; the number of records that landed."""
    report_refused(opened)
    names = [n for n in hospitals(opened) if given.hospital in (None, n)]
    if given.hospital and given.hospital not in {*names, *opened.refused}:
        known = ", ".join(hospitals(opened))
        raise ConfigurationError(f"No hospital is called {given.hospital!r}. In the feeds: {known}.")
    landed = sum(land(opened, name) for name in names)
    # The last good settings of a hospital that cannot be read today hold: its "stop" as well.
    asked = [given.hospital] if given.hospital else opened.run.hospitals
    refuse_stopped(opened.run.ops, read_ledger(opened.run.ops), opened.run.home.feeds, asked)
    return landed


def report_refused(opened: Opened) -> None:
    """Hospitals whose hospital.toml cannot be used go to the ledger with the reason; the rest goes on."""
    run = opened.run
    run.ops.append("landing_ledger", refused_rows(run, opened.refused, read_ledger(run.ops)))
    for why in opened.refused.values():
        run.progress(f"refused: {why}")


def land(opened: Opened, hospital: str) -> int:
    """Land one hospital's new files."""
    run = opened.run
    ledger = read_ledger(run.ops)
    again = to_be_reconsidered(run.ops, ledger, run.systems, run.hospitals)
    files = new_files(run.home.feeds, hospital, run.systems, ledger, opened.deliveries, again)
    if not files:
        is_known = opened.deliveries or any(row["hospital"] == hospital and row["system"] for row in ledger.rows)
        run.progress(f"{hospital:<34} {'nothing new' if is_known else NO_FILES}")
        return 0
    landed = ingest(run, hospital, files, ledger)
    run.progress(
        f"{hospital:<34} {len(files)} new files, {landed:,} records landed{_others(read_ledger(run.ops), files)}"
    )
    return landed


def _others(ledger: Ledger, files: Sequence[NewFile]) -> str:
    """How many of the files were not landed, by what became of them."""
    states = Counter(ledger.current[file.found.path]["status"] for file in files)
    return "".join(f", {count} {state}" for state, count in sorted(states.items()) if state != LANDED)


if __name__ == "__main__":
    main("ingest", step)
