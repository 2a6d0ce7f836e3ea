"""curate: bring one gold table up to date."""

from __future__ import annotations

import argparse

from jobs._run import Opened, main
from twinlake.engine.replace import Outcome
from twinlake.engine.steps import make


def step(opened: Opened, given: argparse.Namespace) -> Outcome:
    """Make the node's table."""
    node = opened.plan.node(given.node)
    return make(opened.run, opened.plan.tables[node.target.split(".")[1]], "curate")


if __name__ == "__main__":
    main("curate", step)
