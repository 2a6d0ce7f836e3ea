"""link: bring the EMPI up to date: source persons, their links, retired ids."""

from __future__ import annotations

import argparse
from functools import partial

from jobs._run import Opened, main
from twinlake.catalog.identity import identity
from twinlake.engine.linkage import link_persons
from twinlake.engine.replace import Outcome
from twinlake.engine.steps import make


def step(opened: Opened, given: argparse.Namespace) -> Outcome:
    """Make the node's table; person_link by the declared model, with the weights it is versioned with."""
    node = opened.plan.node(given.node)
    table = opened.plan.tables[node.target.split(".")[1]]
    model = {"link": partial(link_persons, identity=identity())} if table.name == "person_link" else {}
    return make(opened.run, table, "link", model)


if __name__ == "__main__":
    main("link", step)
