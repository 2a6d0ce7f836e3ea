"""score: what each model's champion says of every person now."""

from __future__ import annotations

import argparse

from jobs._run import Opened, main
from twinlake.engine.champions import champion_of
from twinlake.engine.models import store_of
from twinlake.engine.replace import Outcome
from twinlake.engine.scoring import load_champion
from twinlake.engine.steps import make


def step(opened: Opened, given: argparse.Namespace) -> Outcome:
    """Make the node's table with the champions there are; another champion scores everybody anew."""
    run, models = opened.run, opened.plan.models
    store = store_of(run)
    table = opened.plan.tables[opened.plan.node(given.node).target.split(".")[1]]
    states = {name: champion_of(models[name], store.tracking_uri).fingerprint for name in table.features}
    champions = _Champions(lambda name: load_champion(models[name], store))
    return make(run, table, "score", {"champions": champions}, fingerprint=repr(states))


class _Champions(dict):
    """Champions by model, each loaded when it is first asked for: a step with nothing to do loads none."""

    def __init__(self, load) -> None:
        super().__init__()
        self._load = load

    def __missing__(self, name: str):
        self[name] = self._load(name)
        return self[name]


if __name__ == "__main__":
    main("score", step)
