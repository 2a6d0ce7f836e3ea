"""Fits a learner and says in plain numbers what it learnt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from twinlake.engine.preparation import indicator_columns, pipeline, seen_columns

if TYPE_CHECKING:
    from pyspark.ml import PipelineModel
    from pyspark.sql import DataFrame

    from twinlake.declare.model import Learner, Model


@dataclass(frozen=True)
class Fit:
    """A fitted learner: what fills a missing value, and the coefficient of each input, in the feature's own unit."""

    learner: Learner
    fitted: PipelineModel
    inputs: tuple[str, ...]
    fills: tuple[float, ...]
    coefficients: tuple[float, ...]
    intercept: float

    @property
    def numbers(self) -> tuple[float, ...]:
        """Everything that makes its predictions what they are."""
        return (*self.fills, *self.coefficients, self.intercept)

    def as_json(self) -> dict[str, Any]:
        """What a person without Spark needs to compute the prediction by hand."""
        return {
            "stage": self.learner.stage,
            "intercept": self.intercept,
            "coefficients": dict(zip(self.inputs, self.coefficients, strict=True)),
            "filled_where_missing": dict(zip(self.inputs, self.fills, strict=False)),
        }


def fit_all(model: Model, train: DataFrame) -> tuple[Fit, ...]:
    """Every learner on the training rows; none where one of them has no feature that was ever seen there."""
    seen = seen_columns(model, train)
    usable = {learner.name: tuple(column for column in learner.columns if column in seen) for learner in model.learners}
    return tuple(_fit(each, usable[each.name], train) for each in model.learners) if all(usable.values()) else ()


def _fit(learner: Learner, columns: tuple[str, ...], train: DataFrame) -> Fit:
    fitted = pipeline(learner, columns).fit(train)
    imputer: Any = fitted.stages[1]
    last: Any = fitted.stages[-1]
    fills = imputer.surrogateDF.first()
    return Fit(
        learner=learner,
        fitted=fitted,
        inputs=(*columns, *indicator_columns(learner, columns)),
        fills=tuple(float(fills[column]) for column in columns),
        coefficients=tuple(float(value) for value in last.coefficients.toArray()),
        intercept=float(last.intercept),
    )
