"""link: bring the EMPI up to date: source persons, their links, retired ids."""

from __future__ import annotations

import argparse
from functools import partial

from jobs._run import Opened, main
from twinlake.catalog.identity import identity
from twinlake.engine.linkage import compare_persons, link_persons
from twinlake.engine.replace import Outcome
from twinlake.engine.steps import make


def step(opened: Opened, given: argparse.Namespace) -> Outcome:
    """Make the node's table; pairs and links by the declared model, with the weights it is versioned with."""
    node = opened.plan.node(given.node)
    table = opened.plan.tables[node.target.split(".")[1]]
    return make(opened.run, table, "link", _model(table.name))


def _model(table: str) -> dict[str, object]:
    if table == "person_pair":
        return {"compare": partial(compare_persons, identity=identity())}
    return {"link": partial(link_persons, identity=identity())} if table == "person_link" else {}


if __name__ == "__main__":
    main("link", step)
