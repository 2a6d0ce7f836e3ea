"""pin: prove that every record is accounted for and every table valid, and fix the publication id."""

from __future__ import annotations

import argparse

from jobs._run import Opened, main
from twinlake.engine.drift_alarms import refuse_drifted
from twinlake.engine.file_schemas import refuse_stopped
from twinlake.engine.ledger import read_ledger
from twinlake.engine.publication import pin
from twinlake.engine.reconcile import reconcile


def step(opened: Opened, given: argparse.Namespace) -> str:
    """The publication id of silver and gold as they stand."""
    opened.run.progress(f"{'pin':<34} accounts for every landed record")
    reconcile(opened.run)
    if not opened.erasing:
        refuse_stopped(opened.run.ops, read_ledger(opened.run.ops), opened.run.home.feeds, opened.run.hospitals)
        refuse_drifted(opened.run)
    identity = pin(opened.run)
    opened.run.progress(f"{'pin':<34} {identity}")
    return identity


if __name__ == "__main__":
    main("pin", step)
