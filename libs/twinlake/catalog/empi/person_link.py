"""A row for each source person: which person of the network they are, and why."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from twinlake.declare.expressions import source_person_key
from twinlake.declare.table import table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@table(
    grain="a person as one system knows them",
    key=("hospital", "system", "source_person_id"),
    unit="source_person_key",
    whole=True,
    required=("person_id",),
    columns=(
        "source_person_key", "hospital", "system", "source_person_id", "person_id", "match_weight", "reason",
    ),
)  # fmt: skip
def person_link(
    source_person: DataFrame,
    person_pair: DataFrame,
    person_merge: DataFrame,
    link: Callable[[DataFrame, DataFrame, DataFrame], DataFrame],
) -> DataFrame:
    """Who is who: what the sure pairs connect is one person, but for what hospitals merge and stewards decide.

    Clusters depend on all pairs, so it is made as a whole.
    """
    return link(source_person, person_pair, person_merge).withColumn("source_person_key", source_person_key())
