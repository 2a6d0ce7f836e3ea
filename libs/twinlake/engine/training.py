"""Trains a model on a publication, measures it on held-out persons, and promotes it if its own rule says so."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from pyspark.sql import functions as F

from twinlake.declare.model import digest, model_version
from twinlake.engine import imputing, tracking
from twinlake.engine.calibration import calibration_bins, calibration_metrics
from twinlake.engine.champions import champion_of
from twinlake.engine.evaluation import BASELINE, HELDOUT, Metric, evaluate, predict
from twinlake.engine.fitting import Fit, fit_all
from twinlake.engine.model_run import ModelRun
from twinlake.engine.preparation import Parts, labelled_rows, split_rows
from twinlake.engine.promotion import Decision, Evidence, decide, refuse
from twinlake.engine.recording import Outcome, count_cells, recorded
from twinlake.engine.tracking import ModelStore

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from twinlake.declare.imputation import Learnt

MINIMUM_TRAINING_ROWS = 10


class Course(NamedTuple):
    """What differs by kind of model: labelled rows, fits (none where nothing can be learnt), predictions, metrics."""

    rows: Callable[..., DataFrame]
    fit_all: Callable[..., tuple[Any, ...]]
    predict: Callable[..., DataFrame]
    more_metrics: Callable[..., tuple[Metric, ...]] = lambda predicted, names: ()


SUPERVISED = Course(labelled_rows, fit_all, predict)
IMPUTING = Course(imputing.rows, imputing.fit_all, imputing.predict, imputing.metrics_of_vitals)


def course_of(model: Learnt) -> Course:
    """How a model of this kind is taught."""
    return IMPUTING if model.kind == "imputation" else SUPERVISED


@dataclass(frozen=True)
class Count:
    """How much there is of one part: rows, persons, persons with the outcome, and the mean label."""

    rows: int
    persons: int
    events: int
    mean: float | None
    is_constant: bool


def train(
    model: Learnt,
    features: DataFrame,
    *,
    publication_id: str,
    data_digest: str,
    store: ModelStore,
    as_of: datetime | None = None,
) -> ModelRun:
    """Trains every learner on the training persons; the same publication gives the same model_version."""
    course = course_of(model)
    parts = split_rows(model.split, course.rows(model, features), as_of)
    try:
        trained, heldout = _count(parts.train), _evidence(model, parts)
        run = _blank(model, publication_id, data_digest, trained, heldout)
        fits = () if _cannot_learn(model, trained) else course.fit_all(model, parts.train)
        if not fits or trained.mean is None:
            return _untrained(model, run, trained, store)
        return _measured(model, run, parts, trained.mean, fits, store)
    finally:
        parts.release()


def refusal(model: Learnt, features: DataFrame, as_of: datetime | None = None) -> str | None:
    """Why no model could become champion on these rows, however good it were; None if one could."""
    parts = split_rows(model.split, course_of(model).rows(model, features), as_of)
    try:
        heldout = _evidence(model, parts)
    finally:
        parts.release()
    events = heldout.events if model.kind == "probability" else None
    return refuse(model, heldout.persons, events)


def _measured(
    model: Learnt, run: ModelRun, parts: Parts, mean: float, fits: tuple[Fit, ...], store: ModelStore
) -> ModelRun:
    version = model_version(model, run.data_digest, {each.learner.name: each.numbers for each in fits})
    fitted = {each.learner.name: each.fitted for each in fits}
    course = course_of(model)
    predicted = course.predict(model, fitted, mean, parts.heldout).persist()
    try:
        names = tuple(dict.fromkeys((BASELINE, *fitted)))
        bins = calibration_bins(predicted, names[-1]) if model.kind == "probability" else ()
        events = model.promotion.minimum_events
        metrics = (*evaluate(model, predicted, names), *calibration_metrics(predicted, names[-1], bins, events))
        metrics += course.more_metrics(predicted, names)
        run = replace(run, model_version=version, metrics=_as_json(metrics))
        run = _judged(model, names[-1], run, parts.heldout, store)
        cells = count_cells(predicted, names[-1]) if model.kind == "value" else ()
        return recorded(model, run, Outcome(metrics, fits, bins, cells), store)
    finally:
        predicted.unpersist()


def _judged(model: Learnt, name: str, run: ModelRun, heldout: DataFrame, store: ModelStore) -> ModelRun:
    """The promotion rule, against the baseline and whoever is champion now, on the same held-out rows."""
    metric = model.promotion.metric
    before = champion_of(model, store.tracking_uri).version
    if before is not None and before == run.model_version:
        return replace(run, is_champion=True, reason="champion: the very model that already scores")
    rival = _champions_metric(model, heldout, store) if before else None
    evidence = Evidence(
        run.heldout_persons, run.heldout_events, run.metric(metric, name), run.metric(metric, BASELINE), rival
    )
    verdict: Decision = decide(model, evidence)
    return replace(run, is_champion=verdict.is_champion, reason=verdict.reason)


def _champions_metric(model: Learnt, heldout: DataFrame, store: ModelStore) -> float | None:
    """The promotion metric of the champion, which answers the same question, on the same rows."""
    pipeline = tracking.load_champion_pipeline(store, model.name)
    metrics = evaluate(model, course_of(model).predict(model, {"champion": pipeline}, 0.0, heldout), ("champion",))
    wanted = [m.value for m in metrics if m.part == HELDOUT and m.name == model.promotion.metric]
    return wanted[0] if wanted else None


def _untrained(model: Learnt, run: ModelRun, trained: Count, store: ModelStore) -> ModelRun:
    reason = f"no model: {trained.rows} training rows of {trained.persons} persons"
    if model.kind == "probability":
        reason += f", {trained.events} of them with the outcome"
    with tracking.connected(store) as client:
        tracking.note_reason(client, model, reason)
    return replace(run, reason=reason)


def _cannot_learn(model: Learnt, trained: Count) -> bool:
    return trained.rows < MINIMUM_TRAINING_ROWS or (model.kind == "probability" and trained.is_constant)


def _evidence(model: Learnt, parts: Parts) -> Count:
    """Of the held-out what is predicted, which of an imputation are the hidden values alone."""
    return _count(course_of(model).predict(model, {}, 0.0, parts.heldout))


def _count(rows: DataFrame) -> Count:
    found = rows.agg(
        F.count("label").alias("rows"),
        F.count_distinct("person_id").alias("persons"),
        F.count_distinct(F.when(F.col("label") > 0, F.col("person_id"))).alias("events"),
        F.avg("label").alias("mean"),
        (F.min("label") == F.max("label")).alias("is_constant"),
    ).collect()[0]
    return Count(found["rows"], found["persons"], found["events"], found["mean"], bool(found["is_constant"]))


def _blank(model: Learnt, publication_id: str, data_digest: str, trained: Count, heldout: Count) -> ModelRun:
    events = heldout.events if model.kind == "probability" else None
    return ModelRun(
        model.name, None, publication_id, data_digest, digest(model), model.question_digest, trained.persons,
        trained.rows, heldout.persons, heldout.rows, events, "[]", False, "", None, None,
    )  # fmt: skip


def _as_json(metrics: tuple[Metric, ...]) -> str:
    return json.dumps([asdict(metric) for metric in metrics])
