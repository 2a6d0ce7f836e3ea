"""publish: give readers the tables as they stand, as one publication."""

from __future__ import annotations

import argparse

from jobs._run import Opened, main
from twinlake.engine.publication import publish


def step(opened: Opened, given: argparse.Namespace) -> tuple[str, bool]:
    """The publication id, and whether it is new."""
    identity, is_new = publish(opened.run)
    opened.run.progress(f"{'publish':<34} {identity}{'' if is_new else ' (nothing new)'}")
    return identity, is_new


if __name__ == "__main__":
    main("publish", step)
