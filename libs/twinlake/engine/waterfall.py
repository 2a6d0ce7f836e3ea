"""Why two source persons weigh what they weigh: the prior, and what each comparison adds to it, in bits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import log2
from pathlib import Path
from typing import Any

import pyarrow as pa

from twinlake.declare.comparable import TAKEN, prepare_sql
from twinlake.declare.identity import DIFFERS, MISSING, Comparison, Identity
from twinlake.engine.linkage_backend import speak_spark

COMPARED = re.compile(r"\b(\w+)_l\b")


@dataclass(frozen=True)
class Step:
    """A comparison of two records: both values as they are compared, the level they stand at, and what it weighs.

    `rarity` is what a rare value adds to the weight of the level, and a common one takes from it.
    """

    words: str
    left: str
    right: str
    level: str
    level_words: str
    weight: float
    rarity: float = 0.0


@dataclass(frozen=True)
class Waterfall:
    """From the prior to the weight of a pair; `evidence` are the declared sets of agreements that it meets."""

    prior: float
    steps: tuple[Step, ...]
    evidence: tuple[str, ...]

    @property
    def total(self) -> float:
        return self.prior + sum(step.weight + step.rarity for step in self.steps)


def waterfall(persons: pa.Table, identity: Identity) -> Waterfall:
    """Of two rows of `empi.source_person`; the pair need not be one that a blocking rule brings together."""
    import duckdb

    with duckdb.connect() as connection:
        text = pa.schema([(column, pa.string()) for column in TAKEN])
        speak_spark(connection).register("source_person", persons.select(TAKEN).cast(text))
        found = connection.sql(_pair_sql(identity)).to_arrow_table().to_pylist()[0]
    steps = tuple(_step(identity, comparison, found) for comparison in identity.comparisons)
    levels = {c.name: step.level for c, step in zip(identity.comparisons, steps, strict=True)}
    one_hospital = len(set(persons["hospital"].to_pylist())) == 1
    asked = (e for e in identity.evidence if not (e.across_hospitals and one_hospital))
    met = [e.words for e in asked if all(levels[name] in said for name, said in e.agreements.items())]
    return Waterfall(-log2(identity.one_in - 1), steps, tuple(met))


def _pair_sql(identity: Identity) -> str:
    """Both records side by side, and the level of each comparison."""
    nodes = prepare_sql(identity, "source_person")
    levels = ", ".join(f"{_level_sql(c)} AS {c.name}" for c in identity.comparisons)
    columns = sorted({column for c in identity.comparisons for column in _columns(c, with_levels=True)})
    sides = ", ".join(f"{side}.{column} AS {column}_{side}" for column in columns for side in ("l", "r"))
    pair = f"SELECT {sides} FROM nodes AS l JOIN nodes AS r ON l.unique_id < r.unique_id"
    return f"WITH nodes AS ({nodes}) SELECT pair.*, {levels} FROM ({pair}) AS pair"


def _level_sql(comparison: Comparison) -> str:
    cases = " ".join(f"WHEN {level.condition} THEN '{level.name}'" for level in comparison.levels)
    return f"CASE WHEN {comparison.missing} THEN '{MISSING}' {cases} ELSE '{DIFFERS}' END"


def _columns(comparison: Comparison, *, with_levels: bool) -> list[str]:
    """The columns that a comparison looks at, or those that its first level does."""
    said = [comparison.missing, *(level.condition for level in comparison.levels)] if with_levels else []
    return list(dict.fromkeys(COMPARED.findall(" ".join(said or [comparison.levels[0].condition]))))


def _step(identity: Identity, comparison: Comparison, found: Mapping[str, Any]) -> Step:
    assert identity.weights is not None
    level = found[comparison.name]
    words = {each.name: each.words for each in comparison.levels}
    weight = 0.0 if level == MISSING else identity.weights.levels[comparison.name][level].weight
    left, right = (_value(comparison, found, side) for side in ("l", "r"))
    rarity = _rarity(identity, comparison, found) if level == comparison.level_names[0] else 0.0
    return Step(comparison.words, left, right, level, words.get(level, level), weight, rarity)


def _value(comparison: Comparison, found: Mapping[str, Any], side: str) -> str:
    said = [found[f"{column}_{side}"] for column in _columns(comparison, with_levels=False)]
    return ", ".join(value for value in said if value)


def _rarity(identity: Identity, comparison: Comparison, found: Mapping[str, Any]) -> float:
    """As Splink does: the chance of the level among strangers gives way to that of the value."""
    assert identity.weights is not None
    known = identity.weights.frequencies.get(comparison.frequency or "", {})
    share = known.get(found[f"{comparison.frequency}_l"]) if comparison.frequency else None
    return log2(identity.weights.levels[comparison.name][comparison.level_names[0]].u / share) if share else 0.0


def draw_waterfall(told: Waterfall, path: Path) -> None:
    """The picture of it: bars from the prior to the weight, no value of a patient in it."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    names = ["prior", *(f"{step.words} {step.level_words}" for step in told.steps)]
    added = [told.prior, *(step.weight + step.rarity for step in told.steps)]
    before = [sum(added[:place]) for place in range(len(added))]
    figure = Figure(figsize=(9, 0.45 * len(added) + 1.5), layout="constrained")
    axes = figure.add_subplot()
    colours = ["tab:grey", *("tab:green" if bits >= 0 else "tab:red" for bits in added[1:]), "tab:blue"]
    axes.barh([*names, "weight"], [*added, told.total], left=[*before, 0.0], color=colours)
    axes.axvline(0, color="black", linewidth=0.8)
    axes.invert_yaxis()
    axes.set(xlabel="bits: one more doubles the odds that both are one person")
    with rc_context({"svg.fonttype": "none"}):
        figure.savefig(path)
