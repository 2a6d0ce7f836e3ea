"""Trains the catalogue's models on the pinned tables and keeps what came of it in ops.model_run."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import TYPE_CHECKING

from twinlake.declare.model import Model
from twinlake.engine.publication import publication_id
from twinlake.engine.run import Run
from twinlake.engine.tracking import ModelStore

if TYPE_CHECKING:
    from twinlake.engine.model_run import ModelRun


def store_of(run: Run) -> ModelStore:
    """Where this lake's models are tracked."""
    return ModelStore(run.home.tracking_uri, run.home.model_artifacts)


def train_on_publication(run: Run, model: Model, store: ModelStore, *, always: bool = True) -> bool:
    """Train on the feature table as it is pinned; whether a model was trained (not so on data it was trained on).

    With `always` false nothing is trained either where the evidence is as little as it was when that was refused.
    """
    pinned = publication_id(run)
    if _was_trained(run, model, pinned):
        run.progress(f"{'train.' + model.name:<34} was trained on publication {pinned}")
        return False
    from twinlake.engine.training import refusal, train

    started = time.monotonic()
    table = model.feature_table
    state = run.ops.state(table.full_name)
    assert state is not None
    features = run.spark.read.format("delta").load(run.ops.path(table.full_name))
    refused = None if always else refusal(model, features)
    if refused and refused == _last_reason(run, model):
        run.progress(f"{'train.' + model.name:<34} not trained again: {refused}")
        return False
    done = train(model, features, publication_id=pinned, data_digest=state.digest, store=store)
    _keep(run, done, time.monotonic() - started)
    return True


def _last_reason(run: Run, model: Model) -> str | None:
    reasons = [row["reason"] for row in run.ops.rows("model_run") if row["model_name"] == model.name]
    return reasons[-1] if reasons else None


def _was_trained(run: Run, model: Model, pinned: str) -> bool:
    return any((r["model_name"], r["publication_id"]) == (model.name, pinned) for r in run.ops.rows("model_run"))


def _keep(run: Run, done: ModelRun, seconds: float) -> None:
    run.ops.append("model_run", [{"run_id": run.run_id, "seconds": round(seconds, 3), **asdict(done)}])
    run.progress(f"{'train.' + done.model_name:<34} {done.reason} · {seconds:.1f} s")
