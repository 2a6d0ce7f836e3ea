"""train: fit a model on the pinned publication; a champion is only replaced by a better one."""

from __future__ import annotations

import argparse

from jobs._run import Opened, main
from twinlake.engine.models import has_champion, store_of, train_on_publication


def step(opened: Opened, given: argparse.Namespace, *, always: bool = True) -> bool:
    """Train the node's model; with `always` false only where there is no champion for it. Whether it was trained."""
    name = given.node.removeprefix("train.")
    store = store_of(opened.run)
    model = opened.plan.models[name]
    if has_champion(opened.run, model, store) and not always:
        opened.run.progress(f"{'train.' + name:<34} has a champion")
        return False
    return train_on_publication(opened.run, model, store, always=always)


if __name__ == "__main__":
    main("train", step)
