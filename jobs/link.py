"""link: bring the EMPI up to date: source persons, their links, retired ids."""

from __future__ import annotations

import argparse
from functools import partial

from jobs._run import Opened, main
from twinlake.catalog.identity import identity
from twinlake.declare.table import Table
from twinlake.engine.known_pairs import known_pairs
from twinlake.engine.linkage import compare_persons, link_persons
from twinlake.engine.replace import Outcome
from twinlake.engine.run import Run
from twinlake.engine.steps import make


def step(opened: Opened, given: argparse.Namespace) -> Outcome:
    """Make the node's table; pairs and links by the declared model, with the weights it is versioned with."""
    node = opened.plan.node(given.node)
    table = opened.plan.tables[node.target.split(".")[1]]
    return make(opened.run, table, "link", _model(opened.run, table))


def _model(run: Run, table: Table) -> dict[str, object]:
    if table.name == "person_pair":
        return {"compare": partial(compare_persons, identity=identity(), known=known_pairs(run, table))}
    return {"link": partial(link_persons, identity=identity())} if table.name == "person_link" else {}


if __name__ == "__main__":
    main("link", step)
