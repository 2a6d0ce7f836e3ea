"""Scores persons with the champion of a model: what gold.risk_score is built from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from twinlake.engine.champions import champion_of
from twinlake.engine.evaluation import prediction
from twinlake.engine.imputing import FittedImputation
from twinlake.engine.tracking import ModelStore, load_champion_pipeline

if TYPE_CHECKING:
    from pyspark.ml import PipelineModel
    from pyspark.sql import Column, DataFrame

    from twinlake.declare.imputation import Learnt
    from twinlake.declare.model import Model

# Beyond this, digits would only say which machine added them up.
DECIMALS = 9
NOTHING_KNOWN = "none of the model's measured features is known at the latest moment"


@dataclass(frozen=True)
class FittedChampion:
    """The champion of `model`, ready to score; without a pipeline every score is null, with `reason`."""

    model: Model
    version: str | None
    reason: str | None
    pipeline: PipelineModel | None

    @property
    def model_name(self) -> str:
        return self.model.name

    @property
    def risk_name(self) -> str:
        return self.model.outcome

    def score(self, features: DataFrame) -> DataFrame:
        """`score` with this champion."""
        return score(self.model, features, self)


def load_champion(model: Learnt, store: ModelStore) -> FittedChampion | FittedImputation:
    """The champion as the registry has it now; without one for today's question, the reason why there is none."""
    state = champion_of(model, store.tracking_uri)
    pipeline = load_champion_pipeline(store, model.name) if state.version else None
    kind = FittedImputation if model.kind == "imputation" else FittedChampion
    return kind(model, state.version, state.reason, pipeline)


def score(model: Model, features: DataFrame, champion: FittedChampion) -> DataFrame:
    """A row a person with a current row of features: prediction, or null and why.

    Columns: person_id, model_version, risk_prob, risk_value, risk_unit, risk_reason, observed_at.
    """
    current = features.where("is_current").withColumn("risk_reason", _reason(model, champion))
    numbers = [F.col(column).cast("double").alias(column) for column in model.columns]
    rows = current.select("person_id", F.col("index_datetime").alias("observed_at"), "risk_reason", *numbers)
    if champion.pipeline is None:
        said = rows.withColumn("said", F.lit(None).cast("double"))
    else:
        said = champion.pipeline.transform(rows).withColumn("said", F.round(prediction(model), DECIMALS))
    kept = F.when(F.col("risk_reason").isNull(), F.col("said"))
    nothing = F.lit(None).cast("double")
    is_value = model.kind == "value"
    return said.select(
        "person_id",
        F.lit(champion.version).cast("string").alias("model_version"),
        (nothing if is_value else kept).alias("risk_prob"),
        (kept if is_value else nothing).alias("risk_value"),
        F.lit(model.unit).cast("string").alias("risk_unit"),
        "risk_reason",
        "observed_at",
    )


def _reason(model: Model, champion: FittedChampion) -> Column:
    """No champion, then outside the target, then nothing to go by."""
    measured = [feature.column for feature in model.learner.features if feature.is_measured]
    unknown = F.when(F.coalesce(*measured).isNull(), F.lit(NOTHING_KNOWN))
    return F.coalesce(F.lit(champion.reason).cast("string"), F.col("exclusion_reason"), unknown)
