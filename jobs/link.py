"""link: bring the EMPI up to date: source persons, their links, retired ids."""

from __future__ import annotations

import argparse
from functools import partial

from jobs._run import Opened, main
from twinlake.catalog.identity import identity
from twinlake.engine.decisions import fingerprint, statements_of
from twinlake.engine.linkage import compare_persons, link_persons
from twinlake.engine.replace import Outcome
from twinlake.engine.steps import make


def step(opened: Opened, given: argparse.Namespace) -> Outcome:
    """Make the node's table; pairs and links by the declared model, but for what hospitals and stewards say."""
    node = opened.plan.node(given.node)
    table = opened.plan.tables[node.target.split(".")[1]]
    if table.name == "person_link":
        decided = statements_of(opened.run.ops)
        return make(opened.run, table, "link", {"link": partial(link_persons, decided=decided)}, fingerprint(decided))
    compared = {"compare": partial(compare_persons, identity=identity())} if table.name == "person_pair" else {}
    return make(opened.run, table, "link", compared)


if __name__ == "__main__":
    main("link", step)
