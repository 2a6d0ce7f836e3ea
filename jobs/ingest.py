"""ingest: land the new files of a hospital (or of all) in bronze."""

from __future__ import annotations

import argparse

from jobs._run import Opened, main
from twinlake.declare.errors import ConfigurationError
from twinlake.engine.ingest import ingest, new_files, refused_rows
from twinlake.engine.ledger import read_ledger


def hospitals(opened: Opened) -> list[str]:
    """The hospitals there are, refused ones left out."""
    return list(opened.readable)


def step(opened: Opened, given: argparse.Namespace) -> int:
    """Land what is new; the number of records that landed."""
    names = [n for n in hospitals(opened) if given.hospital in (None, n)]
    if given.hospital and given.hospital not in {*names, *opened.refused}:
        known = ", ".join(hospitals(opened))
        raise ConfigurationError(f"No hospital is called {given.hospital!r}. In the feeds: {known}.")
    return report_refused(opened) + sum(land(opened, name) for name in names)


def report_refused(opened: Opened) -> int:
    """Hospitals whose hospital.toml cannot be used go to the ledger with the reason; the rest goes on."""
    run = opened.run
    run.ops.append("landing_ledger", refused_rows(run, opened.refused, read_ledger(run.ops)))
    for why in opened.refused.values():
        run.progress(f"refused: {why}")
    return 0


def land(opened: Opened, hospital: str) -> int:
    """Land one hospital's new files."""
    run = opened.run
    ledger = read_ledger(run.ops)
    files = new_files(run.home.feeds, hospital, run.systems, ledger, opened.deliveries)
    if not files:
        run.progress(f"{hospital:<34} nothing new")
        return 0
    landed = ingest(run, hospital, files, ledger)
    run.progress(f"{hospital:<34} {len(files)} new files, {landed:,} records landed")
    return landed


if __name__ == "__main__":
    main("ingest", step)
