"""Lays a training down in MLflow: once for a model and a publication, however often it is trained again."""

from __future__ import annotations

import json
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from twinlake.engine import tracking
from twinlake.engine.calibration import Bin
from twinlake.engine.champions import QUESTION, VERSION
from twinlake.engine.evaluation import Metric
from twinlake.engine.fitting import Fit
from twinlake.engine.model_places import place_of
from twinlake.engine.model_run import ModelRun
from twinlake.engine.tracking import ModelStore, Record

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from twinlake.declare.model import Model

CELL = 10.0
Cell = tuple[float, float, int]


@dataclass(frozen=True)
class Outcome:
    """What a training made: figures, fitted learners, and what the pictures show."""

    metrics: tuple[Metric, ...]
    fits: tuple[Fit, ...]
    bins: tuple[Bin, ...]
    cells: tuple[Cell, ...]


def recorded(model: Model, run: ModelRun, outcome: Outcome, store: ModelStore) -> ModelRun:
    """Into MLflow: once for a model and a publication, however often it is trained again."""
    version = str(run.model_version)
    with tracking.connected(store) as client:
        known = tracking.find_run(client, model, run.publication_id, version)
        if known is None:
            with tempfile.TemporaryDirectory() as folder:
                _write_files(Path(folder), model, outcome)
                record = Record(_parameters(model, run), _flat(outcome.metrics), _tags(run, version), Path(folder))
                known = tracking.log_run(client, store, model, record)
        tracking.note_reason(client, model, run.reason)
        number = tracking.find_version(client, model, version)
        if number is None:
            number = tracking.register(client, store, model, known, outcome.fits[-1].fitted, _tags(run, version))
        plots = client.get_run(known).info.artifact_uri.removeprefix(f"{place_of(store.artifacts)}/")
        run = replace(run, mlflow_run_id=known, plots=plots)
        if run.is_champion:
            tracking.promote(client, model, number, json.dumps(asdict(run)))
    return run


def _write_files(folder: Path, model: Model, outcome: Outcome) -> None:
    from twinlake.engine import plots

    numbers = {each.learner.name: each.as_json() for each in outcome.fits}
    (folder / "coefficients.json").write_text(json.dumps(numbers, indent=2), encoding="utf-8")
    (folder / "declaration.json").write_text(json.dumps(model.declaration, indent=2), encoding="utf-8")
    plots.draw_metrics(model, outcome.metrics, folder / "metrics.png")
    if outcome.bins:
        plots.draw_calibration(model, outcome.bins, folder / "calibration.png")
    if outcome.cells:
        plots.draw_fit(model, outcome.cells, folder / "fit.png")


def count_cells(predicted: DataFrame, name: str) -> tuple[Cell, ...]:
    """Held-out rows counted in cells of ten by ten units, for the picture."""
    measured, said = (F.floor(F.col(column) / CELL) * CELL + CELL / 2 for column in ("label", name))
    counted = predicted.groupBy(measured.alias("measured"), said.alias("said")).agg(F.count("label").alias("rows"))
    return tuple(
        (float(r["measured"]), float(r["said"]), r["rows"]) for r in counted.orderBy("measured", "said").collect()
    )


def _flat(metrics: tuple[Metric, ...]) -> dict[str, float]:
    ends = {
        f"{m.part}.{m.learner}.{m.name}.{end}": getattr(m, end)
        for m in metrics
        for end in ("low", "high")
        if getattr(m, end) is not None
    }
    return {**{f"{m.part}.{m.learner}.{m.name}": m.value for m in metrics}, **ends}


def _parameters(model: Model, run: ModelRun) -> dict[str, object]:
    counts = {name: getattr(run, name) for name in ("trained_persons", "trained_rows", "heldout_persons")}
    return {**model.parameters, **counts, **asdict(model.split), "label": model.label}


def _tags(run: ModelRun, version: str) -> dict[str, str]:
    return {
        VERSION: version,
        QUESTION: run.question_digest,
        tracking.PUBLICATION: run.publication_id,
        "twinlake.data_digest": run.data_digest,
        "twinlake.is_champion": str(run.is_champion).lower(),
        "twinlake.reason": run.reason,
    }
