"""MLflow: what a training leaves behind, the registry, and the champion's model."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any

from twinlake.engine.champions import CHAMPION, QUESTION, REASON, VERSION
from twinlake.engine.model_places import place_of, settle

if TYPE_CHECKING:
    from mlflow.models import ModelSignature
    from mlflow.tracking import MlflowClient
    from pyspark.ml import PipelineModel

    from twinlake.declare.model import Model

PUBLICATION = "twinlake.publication_id"
MODEL_FOLDER = "model"
# What ops.model_run is told of a champion, kept with the champion itself.
TOLD = "model_run.json"
# MLflow infers requirements by loading the model in a second process, which takes longer than the training.
REQUIREMENTS = ("pyspark==4.2.0",)
# MLflow's default store is the process's: tables that are scored side by side take turns.
TURN = RLock()


@dataclass(frozen=True)
class ModelStore:
    """Where MLflow keeps runs and registry (`tracking_uri`) and files (`artifacts`, a folder or URI)."""

    tracking_uri: str
    artifacts: str

    @property
    def scratch(self) -> str:
        """Where Spark lays a model down on its way into or out of the store; on a cluster every node sees it."""
        return f"{self.artifacts}/.scratch"


@dataclass(frozen=True)
class Record:
    """Everything one training says about itself."""

    parameters: Mapping[str, Any]
    metrics: Mapping[str, float]
    tags: Mapping[str, str]
    files: Path


@contextmanager
def connected(store: ModelStore) -> Iterator[MlflowClient]:
    """A client of this store, which is MLflow's default meanwhile: saving a Spark model asks that one."""
    # No message home, and no model that is Python code in disguise.
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    os.environ["MLFLOW_ALLOW_PICKLE_DESERIALIZATION"] = "false"
    os.environ["MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"] = "false"
    _make_folders(store)
    settle(store.tracking_uri, store.artifacts)
    logging.getLogger("mlflow").setLevel(logging.WARNING)
    # That our environment has no pip of its own.
    logging.getLogger("mlflow.utils.environment").setLevel(logging.ERROR)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    import mlflow

    with TURN:
        before = mlflow.get_tracking_uri() if mlflow.is_tracking_uri_set() else None
        mlflow.set_tracking_uri(store.tracking_uri)
        try:
            yield mlflow.MlflowClient(store.tracking_uri, store.tracking_uri)
        finally:
            mlflow.set_tracking_uri(before)  # type: ignore[arg-type]


def find_run(client: MlflowClient, model: Model, publication_id: str, version: str) -> str | None:
    """The run that trained this very model on this very publication, if there is one."""
    experiment = client.get_experiment_by_name(model.name)
    wanted = f"tags.`{VERSION}` = '{version}' and tags.`{PUBLICATION}` = '{publication_id}'"
    runs = client.search_runs([experiment.experiment_id], wanted, max_results=1) if experiment else []
    return runs[0].info.run_id if runs else None


def log_run(client: MlflowClient, store: ModelStore, model: Model, record: Record) -> str:
    """Writes parameters, metrics, tags and files of one training; returns its run id."""
    from mlflow.entities import Metric, Param, RunTag

    run_id = client.create_run(_experiment(client, store, model)).info.run_id
    metrics = [Metric(name, value, 0, 0) for name, value in sorted(record.metrics.items())]
    parameters = [Param(name, str(value)) for name, value in sorted(record.parameters.items())]
    client.log_batch(run_id, metrics=metrics, params=parameters)
    client.log_artifacts(run_id, str(record.files))
    # The tags come last: only a run that has them is whole, and found again.
    client.log_batch(run_id, tags=[RunTag(name, value) for name, value in sorted(record.tags.items())])
    client.set_terminated(run_id)
    return run_id


def register(
    client: MlflowClient, store: ModelStore, model: Model, run_id: str, pipeline: PipelineModel, tags: Mapping[str, str]
) -> str:
    """Saves the pipeline with the run and makes it the next version of the registered model; returns that number."""
    import mlflow.spark

    with mlflow.start_run(run_id=run_id):
        saved = mlflow.spark.log_model(
            pipeline,
            artifact_path=MODEL_FOLDER,
            signature=_signature(model),
            pip_requirements=list(REQUIREMENTS),
            dfs_tmpdir=store.scratch,
        )
    version = client.create_model_version(model.name, saved.model_uri, run_id, tags=dict(tags))
    return str(version.version)


def find_version(client: MlflowClient, model: Model, version: str) -> str | None:
    """The registered version that is this very model, if there is one."""
    registered = client.search_model_versions(f"name = '{model.name}'")
    return next((str(each.version) for each in registered if each.tags.get(VERSION) == version), None)


def note_reason(client: MlflowClient, model: Model, reason: str) -> None:
    """The registered model says what the last training came to, so that scoring can repeat it."""
    from mlflow.exceptions import MlflowException

    try:
        client.create_registered_model(model.name, description=model.question)
    except MlflowException:
        client.get_registered_model(model.name)
    client.set_registered_model_tag(model.name, REASON, reason)


def promote(client: MlflowClient, model: Model, version: str, told: str) -> None:
    """From now on this version scores, while the model is declared to answer the question it does today.

    `told` lies with it before: a run that is killed next has not written it down anywhere else.
    """
    client.log_text(client.get_model_version(model.name, version).run_id, told, TOLD)
    client.set_model_version_tag(model.name, version, QUESTION, model.question_digest)
    client.set_registered_model_alias(model.name, CHAMPION, version)


def told_of_champion(store: ModelStore, model_name: str) -> str | None:
    """What `promote` was told of the champion; None of one that an earlier twinlake promoted."""
    with connected(store) as client:
        import mlflow.artifacts

        run_id = client.get_model_version_by_alias(model_name, CHAMPION).run_id
        if TOLD not in {file.path for file in client.list_artifacts(run_id)}:
            return None
        return mlflow.artifacts.load_text(f"{client.get_run(run_id).info.artifact_uri}/{TOLD}")


def load_champion_pipeline(store: ModelStore, model_name: str) -> PipelineModel:
    """The champion's fitted MLlib pipeline, read from the registry's own files."""
    with connected(store):
        import mlflow.spark

        return mlflow.spark.load_model(f"models:/{model_name}@{CHAMPION}", dfs_tmpdir=store.scratch)


def _experiment(client: MlflowClient, store: ModelStore, model: Model) -> str:
    found = client.get_experiment_by_name(model.name)
    if found:
        return found.experiment_id
    return client.create_experiment(model.name, f"{place_of(store.artifacts)}/{model.name}")


def _signature(model: Model) -> ModelSignature:
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, Schema, TensorSpec

    inputs: list[ColSpec | TensorSpec] = [ColSpec("double", column, required=False) for column in model.inputs]
    return ModelSignature(inputs=Schema(inputs), outputs=Schema([ColSpec("double", "prediction")]))


def _make_folders(store: ModelStore) -> None:
    """SQLite makes its file but not the folder around it."""
    places: Iterable[str] = [store.artifacts]
    if store.tracking_uri.startswith("sqlite:///"):
        places = [*places, str(Path(store.tracking_uri.removeprefix("sqlite:///")).parent)]
    for place in places:
        if "://" not in place:
            Path(place).mkdir(parents=True, exist_ok=True)
