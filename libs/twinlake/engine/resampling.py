"""Bootstrap intervals of the metrics, over held-out persons."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from twinlake.engine.intervals import Interval, bootstrap, of_all

if TYPE_CHECKING:
    import numpy as np
    from pyspark.sql import DataFrame

    from twinlake.declare.model import Model

# Of more persons those with the smallest hash are drawn from, and the interval is narrowed to that of all.
PERSONS = 20_000
Statistic = Callable[["np.ndarray", "np.ndarray", "np.ndarray"], float]


def intervals(
    model: Model, predicted: DataFrame, learners: tuple[str, ...], values: Mapping[tuple[str, str], float]
) -> dict[tuple[str, str], Interval]:
    """(learner, metric) → the interval of its value; metrics that no draw could measure are left out."""
    import numpy as np

    table: Any = _sample(model, predicted, learners).toPandas()
    persons, position = np.unique(table["person_id"].to_numpy(), return_inverse=True)
    share = _share(predicted, len(persons))
    labels = table["label"].to_numpy()
    found = {}
    for learner, metric in values:
        statistic = _weighed(STATISTICS[metric], labels, table[learner].to_numpy(), position)
        drawn = bootstrap(statistic, len(persons), model.split.seed)
        if drawn and share < 1:
            drawn = of_all(drawn, statistic(np.ones(len(persons))), values[learner, metric], share)
        found[learner, metric] = drawn
    return {key: interval for key, interval in found.items() if interval is not None}


def _share(predicted: DataFrame, persons: int) -> float:
    """How much of all persons the sample is."""
    return 1.0 if persons < PERSONS else persons / predicted.select("person_id").distinct().count()


def _sample(model: Model, predicted: DataFrame, learners: tuple[str, ...]) -> DataFrame:
    chosen = predicted.select("person_id", "index_datetime", "label", *learners)
    first = predicted.select("person_id").distinct().orderBy(F.xxhash64(F.lit(model.split.seed), "person_id"))
    return (
        chosen.join(first.limit(PERSONS), "person_id", "leftsemi")
        .orderBy("person_id", "index_datetime", "label")
        .drop("index_datetime")
    )


def _weighed(
    statistic: Statistic, labels: np.ndarray, scores: np.ndarray, position: np.ndarray
) -> Callable[[np.ndarray], float]:
    """The statistic as a function of one weight a person; rows come sorted by score, so that curves need no sort."""
    import numpy as np

    order = np.argsort(-scores, kind="stable")
    labels, scores, position = labels[order], scores[order], position[order]
    return lambda weights: statistic(labels, scores, weights[position].astype(float))


def _squared_error(labels: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> float:
    import numpy as np

    return float(np.average((labels - scores) ** 2, weights=weights))


def _root(labels: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> float:
    return _squared_error(labels, scores, weights) ** 0.5


def _explained(labels: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> float:
    import numpy as np

    variance = np.average((labels - np.average(labels, weights=weights)) ** 2, weights=weights)
    return 1.0 - _squared_error(labels, scores, weights) / float(variance) if variance > 0 else float("nan")


def _curve(labels: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """True and false positives at each distinct score, from the highest down, beginning with none."""
    import numpy as np

    last = np.append(np.flatnonzero(np.diff(scores)), len(scores) - 1)
    positives, negatives = np.cumsum(weights * labels)[last], np.cumsum(weights * (1 - labels))[last]
    return np.append(0.0, positives), np.append(0.0, negatives)


def _area_under_roc(labels: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> float:
    import numpy as np

    positives, negatives = _curve(labels, scores, weights)
    total = positives[-1] * negatives[-1]
    return float(np.trapezoid(positives, negatives) / total) if total > 0 else float("nan")


def _area_under_pr(labels: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> float:
    """The trapezoid between recall and precision, beginning at the first precision, as MLlib has it."""
    import numpy as np

    positives, negatives = _curve(labels, scores, weights)
    if positives[-1] <= 0 or negatives[-1] <= 0:
        return float("nan")
    drawn = positives + negatives > 0
    precision = positives[drawn] / (positives + negatives)[drawn]
    recall = positives[drawn] / positives[-1]
    return float(np.trapezoid(np.append(precision[0], precision), np.append(0.0, recall)))


STATISTICS: dict[str, Statistic] = {
    "mse": _squared_error,
    "rmse": _root,
    "r2": _explained,
    "brier": _squared_error,
    "auroc": _area_under_roc,
    "auprc": _area_under_pr,
}
