"""A row for each two source persons that may be one person, with what speaks for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from twinlake.catalog.identity import model
from twinlake.declare.table import table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

NAMES = ("source_person_key", "hospital", "system", "source_person_id")


@table(
    grain="two source persons whose records speak rather for one person than for two",
    key=("left_source_person_key", "right_source_person_key"),
    unit="left_source_person_key",
    whole=True,
    required=("match_weight", "is_sure"),
    columns=(
        *(f"{side}_{name}" for side in ("left", "right") for name in NAMES),
        "match_weight", "is_sure", "agreements", *(f"{c.name}_level" for c in model.comparisons),
    ),
)  # fmt: skip
def person_pair(source_person: DataFrame, compare: Callable[[DataFrame], DataFrame]) -> DataFrame:
    """The pairs from `review` bits on, by the model in catalog/identity.py.

    `match_weight` is the prior, the weight of each level and what the names' frequency adds. What it cannot tell: why
    two records that no blocking rule brings together are not here.
    """
    return compare(source_person)
