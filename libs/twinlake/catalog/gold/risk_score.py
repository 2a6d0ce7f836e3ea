"""A row for each person and model: what the champion says now, or why there is nothing to say."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from twinlake.declare.model import Champion
from twinlake.declare.table import table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

UNKNOWN = "nothing the model needs was ever measured"


@table(
    grain="a person and a model",
    key=("person_id", "model_name"),
    required=("risk_name",),
    scored=("value", "probability"),
    columns=(
        "person_id", "risk_name", "model_name", "model_version", "risk_prob", "risk_value", "risk_unit",
        "risk_reason", "observed_at",
    ),
)  # fmt: skip
def risk_score(person: DataFrame, features: Mapping[str, DataFrame], champions: Mapping[str, Champion]) -> DataFrame:
    """The champions' predictions from each person's latest moment (`observed_at`); a null says why in `risk_reason`.

    What it cannot tell: the future of a person unlike those the model was trained on.
    """
    return reduce(
        lambda above, below: above.unionByName(below),
        [_of_every_person(person, champions[name].score(features[name]), champions[name]) for name in sorted(features)],
    )


def _of_every_person(person: DataFrame, scores: DataFrame, champion: Champion) -> DataFrame:
    """A person without any row of features gets one here, with the reason."""
    unscored = F.coalesce(F.lit(champion.reason), F.lit(UNKNOWN))
    return (
        person.select("person_id")
        .join(scores.withColumn("is_scored", F.lit(True)), "person_id", "left")
        .withColumn("risk_reason", F.when(F.col("is_scored"), F.col("risk_reason")).otherwise(unscored))
        .withColumn("risk_name", F.lit(champion.risk_name))
        .withColumn("model_name", F.lit(champion.model_name))
        .drop("is_scored")
    )
