"""link: bring the EMPI up to date: source persons, their links, retired ids."""

from __future__ import annotations

import argparse
from functools import partial

from jobs._run import Opened, main
from twinlake.catalog.identity import identity
from twinlake.declare.table import Table
from twinlake.engine.decisions import fingerprint, statements_of
from twinlake.engine.known_pairs import known_links, known_pairs
from twinlake.engine.linkage import compare_persons, link_persons
from twinlake.engine.replace import Outcome
from twinlake.engine.run import Run
from twinlake.engine.shared_values import record_shared
from twinlake.engine.steps import make


def step(opened: Opened, given: argparse.Namespace) -> Outcome:
    """Make the node's table; pairs and links by the declared model, but for what hospitals and stewards say."""
    node = opened.plan.node(given.node)
    table = opened.plan.tables[node.target.split(".")[1]]
    return make(opened.run, table, "link", *_model(opened.run, table))


def _model(run: Run, table: Table) -> tuple[dict[str, object], str]:
    """What a build is given that is no table, and what stands for it in the fingerprint."""
    if table.name == "person_pair":
        known = known_pairs(run, table)
        tell = partial(record_shared, run, everyone=known is None)
        return {"compare": partial(compare_persons, identity=identity(), known=known, tell=tell)}, ""
    if table.name == "person_link":
        decided = statements_of(run.ops)
        said = fingerprint(decided)
        known_already = known_links(run, table, said)
        return {"link": partial(link_persons, decided=decided, known=known_already)}, said
    return {}, ""


if __name__ == "__main__":
    main("link", step)
