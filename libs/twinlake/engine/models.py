"""Trains the catalogue's models on the pinned tables and keeps what came of it in ops.model_run."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from twinlake.declare.model import Model, digest
from twinlake.engine.champions import champion_of, standing
from twinlake.engine.publication import publication_id
from twinlake.engine.run import Run
from twinlake.engine.tracking import ModelStore

if TYPE_CHECKING:
    from twinlake.engine.model_run import ModelRun


def store_of(run: Run) -> ModelStore:
    """Where this lake's models are tracked."""
    return ModelStore(run.home.tracking_uri, run.home.model_artifacts)


def has_champion(run: Run, model: Model, store: ModelStore) -> bool:
    """Whether a champion scores that ops.model_run tells of.

    A run that was killed between the promotion and its row left one that it does not: what is told of that is made up
    for, from what was kept at the promotion.
    """
    version = champion_of(model, store.tracking_uri).version
    if version is None or _is_told(run, model, version):
        return version is not None
    from twinlake.engine.tracking import told_of_champion

    told = told_of_champion(store, model.name)
    if told:
        run.ops.append("model_run", [{"run_id": run.run_id, **json.loads(told)}])
    done = "it is told of now" if told else "nothing else tells of it either, so it counts as none here"
    run.progress(f"{'train.' + model.name:<34} champion {version} is not in ops.model_run: {done}")
    return told is not None


def _is_told(run: Run, model: Model, version: str) -> bool:
    champion = standing(_trainings(run, model), model.question_digest)
    return champion is not None and champion["model_version"] == version


def train_on_publication(run: Run, model: Model, store: ModelStore, *, always: bool = True) -> bool:
    """Train on the feature table as it is pinned; whether a model was trained.

    Not so where the last training was of this declaration on this publication. With `always` false
    nothing is trained either where the evidence is as little as it was when that was refused.
    """
    pinned = publication_id(run)
    last = _last_training(run, model)
    if (last.get("publication_id"), last.get("declaration_digest")) == (pinned, digest(model)):
        run.progress(f"{'train.' + model.name:<34} was trained on publication {pinned}")
        return False
    from twinlake.engine.training import refusal, train

    started = time.monotonic()
    table = model.feature_table
    state = run.ops.state(table.full_name)
    assert state is not None
    features = run.spark.read.format("delta").load(run.ops.path(table.full_name))
    refused = None if always else refusal(model, features, run.as_of)
    if refused and refused == last.get("reason"):
        run.progress(f"{'train.' + model.name:<34} not trained again: {refused}")
        return False
    done = train(model, features, publication_id=pinned, data_digest=state.digest, store=store, as_of=run.as_of)
    _keep(run, done, time.monotonic() - started)
    return True


def _last_training(run: Run, model: Model) -> Mapping[str, Any]:
    trainings = _trainings(run, model)
    return trainings[-1] if trainings else {}


def _trainings(run: Run, model: Model) -> list[dict[str, Any]]:
    return [row for row in run.ops.rows("model_run") if row["model_name"] == model.name]


def _keep(run: Run, done: ModelRun, seconds: float) -> None:
    run.ops.append("model_run", [{"run_id": run.run_id, "seconds": round(seconds, 3), **asdict(done)}])
    run.progress(f"{'train.' + done.model_name:<34} {done.reason} · {seconds:.1f} s")
