"""The trained part of identity: how often each level is seen among records of one person (m) and of strangers (u)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from math import log2
from pathlib import Path
from typing import Any

from twinlake.declare.errors import DeclarationError


@dataclass(frozen=True)
class Likelihood:
    """m: share of same-person pairs at a level; u: share of stranger pairs at it. Both lie in (0, 1)."""

    m: float
    u: float

    def __post_init__(self) -> None:
        if not (0 < self.m < 1 and 0 < self.u < 1):
            raise DeclarationError(
                f"A likelihood of m={self.m}, u={self.u}: both must lie between 0 and 1. Train again."
            )

    @property
    def weight(self) -> float:
        """What the level adds to a pair, in bits."""
        return log2(self.m / self.u)


@dataclass(frozen=True)
class Weights:
    """Likelihoods by comparison and level, frequencies of common values by column, and where they come from."""

    version: str
    provenance: Mapping[str, object]
    levels: Mapping[str, Mapping[str, Likelihood]]
    frequencies: Mapping[str, Mapping[str, float]]


def parse_weights(document: Mapping[str, Any]) -> Weights:
    """Weights from what JSON holds."""
    try:
        levels = {
            comparison: {name: Likelihood(float(pair["m"]), float(pair["u"])) for name, pair in found.items()}
            for comparison, found in document["levels"].items()
        }
        return Weights(document["version"], document["provenance"], levels, document["frequencies"])
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise DeclarationError(
            f"Identity weights lack or garble {error}. Expected version, provenance, levels, frequencies. "
            "Train them again."
        ) from error


def read_weights(path: Path) -> Weights:
    """The weights of a versioned file."""
    try:
        return parse_weights(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, json.JSONDecodeError) as error:
        raise DeclarationError(
            f"{path.name}: {error}. It is made by `twinlake empi train`; put it back or train."
        ) from error
