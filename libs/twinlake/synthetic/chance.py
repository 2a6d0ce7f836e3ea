"""Chance that depends on what it is drawn for, never on the order of drawing."""

from __future__ import annotations

import random


def chance(seed: int, *purpose: object) -> random.Random:
    """A generator of its own for each purpose, the same in every process."""
    return random.Random("|".join(map(str, (seed, *purpose))))  # noqa: S311 - invented data, no secret
