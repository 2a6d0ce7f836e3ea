"""What the predictions of held-out persons are worth: errors and discrimination, beside the baseline."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pyspark.sql import functions as F

from twinlake.engine.intervals import Interval
from twinlake.engine.resampling import intervals

if TYPE_CHECKING:
    from pyspark.ml import PipelineModel
    from pyspark.sql import Column, DataFrame

    from twinlake.declare.model import Model

BASELINE = "baseline"
HELDOUT, LATER = "heldout", "heldout_later"


@dataclass(frozen=True)
class Metric:
    """A figure of one learner on one part of the data; `low` and `high` are a 95 % interval, where one was made."""

    learner: str
    part: str
    name: str
    value: float
    low: float | None = None
    high: float | None = None


def predict(model: Model, fitted: dict[str, PipelineModel], constant: float, rows: DataFrame) -> DataFrame:
    """`rows` with a column of predictions a learner, named after it, and one for the baseline."""
    for name, pipeline in fitted.items():
        predicted = pipeline.transform(rows).withColumn(name, prediction(model))
        rows = predicted.select(*rows.columns, name)
    return rows.withColumn(BASELINE, F.lit(float(constant)))


def prediction(model: Model) -> Column:
    """What MLlib's output says in the model's terms: a value, or the probability of the outcome."""
    from pyspark.ml.functions import vector_to_array

    return F.col("prediction") if model.kind == "value" else vector_to_array(F.col("probability"))[1]


def evaluate(model: Model, predicted: DataFrame, learners: tuple[str, ...]) -> tuple[Metric, ...]:
    """Every metric of every learner on held-out persons and on their later rows; intervals on all held-out persons."""
    measure = _probability_metrics if model.kind == "probability" else _value_metrics
    whole = list(measure(predicted, learners, HELDOUT))
    later = list(measure(predicted.where("is_later"), learners, LATER))
    ends = intervals(model, predicted, learners, {(m.learner, m.name): m.value for m in whole}) if whole else {}
    return (*(_with_interval(metric, ends) for metric in whole), *later)


def _with_interval(metric: Metric, ends: dict[tuple[str, str], Interval]) -> Metric:
    found = ends.get((metric.learner, metric.name))
    return Metric(metric.learner, metric.part, metric.name, metric.value, found.low, found.high) if found else metric


def _value_metrics(rows: DataFrame, learners: tuple[str, ...], part: str) -> Iterator[Metric]:
    """MSE, RMSE and R² (against the held-out mean), by expressions in one query."""
    errors = [F.avg(F.pow(F.col("label") - F.col(name), 2)).alias(name) for name in learners]
    found = rows.agg(F.var_pop("label").alias("_variance"), *errors).collect()[0]
    if found["_variance"] is None:
        return
    for name in learners:
        yield Metric(name, part, "mse", found[name])
        yield Metric(name, part, "rmse", found[name] ** 0.5)
        if found["_variance"] > 0:
            yield Metric(name, part, "r2", 1.0 - found[name] / found["_variance"])


def _probability_metrics(rows: DataFrame, learners: tuple[str, ...], part: str) -> Iterator[Metric]:
    """Brier score by expression; areas under the curves by MLlib where both outcomes occur."""
    errors = [F.avg(F.pow(F.col("label") - F.col(name), 2)).alias(name) for name in learners]
    found = rows.agg(F.avg("label").alias("_share"), *errors).collect()[0]
    if found["_share"] is None:
        return
    for name in learners:
        yield Metric(name, part, "brier", found[name])
        if 0 < found["_share"] < 1:
            # One probability for all ranks nobody: half of the pairs, and the share itself.
            is_flat = name == BASELINE
            yield Metric(name, part, "auroc", 0.5 if is_flat else area_under(rows, name, "areaUnderROC"))
            yield Metric(name, part, "auprc", found["_share"] if is_flat else area_under(rows, name, "areaUnderPR"))


def area_under(rows: DataFrame, column: str, curve: Literal["areaUnderROC", "areaUnderPR"]) -> float:
    """MLlib's area under a curve, over every distinct score."""
    from pyspark.ml.evaluation import BinaryClassificationEvaluator

    evaluator = BinaryClassificationEvaluator(rawPredictionCol=column, labelCol="label", metricName=curve, numBins=0)
    return float(evaluator.evaluate(rows.select(column, "label")))
