"""When a model is trained again."""

from __future__ import annotations

import inspect
import sys
from argparse import Namespace
from dataclasses import asdict, replace
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from jobs.train import step
from twinlake.catalog.gold.diabetes_feature import diabetes_feature
from twinlake.catalog.models.diabetes_probability import diabetes_probability
from twinlake.catalog.models.missing_vitals import missing_vitals
from twinlake.declare.model import digest
from twinlake.engine import models, recording, tracking, training
from twinlake.engine.champions import champion_state, standing
from twinlake.engine.home import Home, open_home
from twinlake.engine.model_run import ModelRun
from twinlake.engine.ops import Ops
from twinlake.vocabulary.fields import DICTIONARY

TRAINED = {
    "model_name": "diabetes_probability", "publication_id": "p1", "declaration_digest": digest(diabetes_probability),
    "reason": "20 needed",
}  # fmt: skip
EAGER = replace(diabetes_probability, promotion=replace(diabetes_probability.promotion, minimum_events=1))


@pytest.fixture
def is_trained(monkeypatch):
    """Whether `model` is trained on publication p1 after the trainings `before`, where `refused` is the evidence."""
    monkeypatch.setattr(models, "publication_id", lambda run: "p1")
    monkeypatch.setattr(training, "train", lambda model, *_, as_of, **__: model)
    monkeypatch.setattr(models, "_keep", lambda *_: None)

    def ask(model: Any, *before: dict[str, Any], refused: str | None = None, always: bool = True) -> bool:
        monkeypatch.setattr(training, "refusal", lambda model, features, as_of: refused)
        ops = SimpleNamespace(
            rows=lambda name: list(before), path=str, state=lambda name: SimpleNamespace(digest="d")
        )  # fmt: skip
        lake = SimpleNamespace(format=lambda name: SimpleNamespace(load=lambda path: path))
        run = SimpleNamespace(ops=ops, progress=lambda line: None, spark=SimpleNamespace(read=lake), as_of=None)
        return models.train_on_publication(run, model, None, always=always)

    return ask


@pytest.fixture
def written(monkeypatch, tmp_path):
    """The table of a model's features as if `old` were written as `new` in its module."""

    def write(table: Any, old: str, new: str) -> Any:
        text = inspect.getsource(sys.modules[table.build.__module__])
        assert old in text
        file = tmp_path / str(len(list(tmp_path.iterdir()))) / f"{table.name}.py"
        file.parent.mkdir()
        file.write_text(text.replace(old, new), encoding="utf-8")
        spec = spec_from_file_location(f"written{file.parent.name}.{table.layer}.{table.name}", file)
        module = module_from_spec(spec)
        monkeypatch.setitem(sys.modules, spec.name, module)
        spec.loader.exec_module(module)
        return getattr(module, table.name)

    return write


@pytest.mark.parametrize(("model", "old", "new"), [
    (diabetes_probability, "(death <= LAST_DAY_AT_RISK)", "death.isNotNull()"),
    (missing_vitals, "is_female()", "~is_female()"),
])  # fmt: skip
def test_a_table_of_features_that_is_written_otherwise_is_another_question(written, model, old, new):
    def question(old: str, new: str) -> str:
        return replace(model, feature_table=written(model.feature_table, old, new)).question_digest

    assert question(old, new) != model.question_digest
    assert question(old, old) == model.question_digest, "wherever the module lies"


def test_a_column_of_another_type_or_unit_is_another_question_and_one_told_better_is_not(monkeypatch):
    before, told = diabetes_probability.question_digest, DICTIONARY["bmi_kg_per_m2"]
    for other in (replace(told, type="float"), replace(told, unit="g/cm2")):
        monkeypatch.setitem(DICTIONARY, told.name, other)
        assert diabetes_probability.question_digest != before
    monkeypatch.setitem(DICTIONARY, told.name, replace(told, meaning="Told better"))
    assert diabetes_probability.question_digest == before


def test_another_label_is_trained_on_the_same_publication(is_trained, written):
    table = written(diabetes_feature, "(death <= LAST_DAY_AT_RISK)", "death.isNotNull()")
    assert is_trained(replace(diabetes_probability, feature_table=table), TRAINED)


def test_the_same_declaration_is_trained_once_on_a_publication(is_trained):
    assert is_trained(diabetes_probability)
    assert not is_trained(diabetes_probability, TRAINED)
    assert is_trained(diabetes_probability, {**TRAINED, "publication_id": "p0"})


def test_another_declaration_is_trained_on_the_same_publication(is_trained):
    assert is_trained(EAGER, TRAINED)
    assert is_trained(EAGER, TRAINED, refused="1 needed", always=False)
    assert is_trained(diabetes_probability, TRAINED, {**TRAINED, "declaration_digest": digest(EAGER)}), "and back again"


def test_evidence_as_little_as_before_is_not_trained_again(is_trained):
    before = {**TRAINED, "publication_id": "p0"}
    assert not is_trained(diabetes_probability, before, refused="20 needed", always=False)
    assert is_trained(diabetes_probability, before, refused="20 needed")


METRICS = '[{"learner": "logistic", "part": "heldout", "name": "brier", "value": 0.04, "low": null, "high": null}]'
MADE = ModelRun(
    "diabetes_probability", "v-1", "p1", "d", digest(diabetes_probability), diabetes_probability.question_digest,
    160, 500, 70, 210, 25, METRICS, True, "champion: held-out brier 0.04 (baseline 0.06)", None, None,
)  # fmt: skip


class Lake:
    """A lake in which every training makes the champion MADE, in MLflow's registry, without Spark."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.home = Home(folder / "home", folder / "feeds")
        open_home(self.home)
        self.ops, self.told, self.trainings = Ops(self.home.lake), [], 0
        monkeypatch.setattr(models, "publication_id", lambda run: "p1")
        monkeypatch.setattr(Ops, "state", lambda *_: SimpleNamespace(digest="d"))
        monkeypatch.setattr(training, "refusal", lambda *_: None)
        monkeypatch.setattr(training, "train", self._train)
        monkeypatch.setattr(recording, "_write_files", lambda *_: None)
        monkeypatch.setattr(tracking, "register", _register)

    def _train(self, model: Any, *_: Any, store: Any, **__: Any) -> ModelRun:
        self.trainings += 1
        return recording.recorded(model, MADE, recording.Outcome((), (SimpleNamespace(fitted=None),), (), ()), store)

    def step(self, run_id: str, *, always: bool = False) -> bool:
        frames = SimpleNamespace(format=lambda name: SimpleNamespace(load=lambda path: path))
        run = SimpleNamespace(home=self.home, ops=self.ops, run_id=run_id, progress=self.told.append,
                              spark=SimpleNamespace(read=frames), as_of=None)  # fmt: skip
        opened = SimpleNamespace(
            run=run, plan=SimpleNamespace(models={diabetes_probability.name: diabetes_probability})
        )
        return step(opened, Namespace(node=f"train.{diabetes_probability.name}"), always=always)

    @property
    def rows(self) -> list[dict[str, Any]]:
        return self.ops.rows("model_run")


def _register(client: Any, store: Any, model: Any, run_id: str, pipeline: Any, tags: dict[str, str]) -> str:
    return str(client.create_model_version(model.name, f"runs:/{run_id}/model", run_id, tags=tags).version)


@pytest.fixture
def killed(tmp_path, monkeypatch):
    """A lake whose run-1 was killed after the promotion in the registry and before its row in ops.model_run."""
    lake = Lake(tmp_path, monkeypatch)
    with monkeypatch.context() as full:
        full.setattr(Ops, "append", _no_space)
        with pytest.raises(OSError, match="No space left"):
            lake.step("run-1")
    assert champion_state("diabetes_probability", lake.home.tracking_uri).version == "v-1"
    assert lake.rows == [] and lake.trainings == 1
    return lake


def _no_space(*_: Any) -> None:
    raise OSError("No space left on device")


@pytest.mark.parametrize("always", [False, True])
def test_a_champion_that_a_killed_run_did_not_tell_of_is_told_of_by_the_next(killed, always):
    assert not killed.step("run-2", always=always)
    [row] = killed.rows
    assert {**row, "mlflow_run_id": None, "plots": None} == {**asdict(MADE), "run_id": "run-2", "seconds": None}
    assert (Path(killed.home.model_artifacts) / row["plots"]).is_dir() and row["mlflow_run_id"] in row["plots"]
    assert standing(killed.rows, diabetes_probability.question_digest) == row
    assert "champion v-1 is not in ops.model_run: it is told of now" in killed.told[0]
    assert not killed.step("run-3", always=always)
    assert len(killed.rows) == 1 and killed.trainings == 1


def test_a_champion_of_which_nothing_is_kept_counts_as_none_and_is_trained_anew(killed):
    [kept] = Path(killed.home.model_artifacts).rglob("model_run.json")
    kept.unlink()
    assert killed.step("run-2") and killed.trainings == 2
    assert "nothing else tells of it either, so it counts as none here" in killed.told[0]
    assert [(row["run_id"], row["model_version"]) for row in killed.rows] == [("run-2", "v-1")]
    assert not killed.step("run-3")


def test_a_champion_is_told_of_once_where_nothing_was_killed(tmp_path, monkeypatch):
    lake = Lake(tmp_path, monkeypatch)
    assert lake.step("run-1") and not lake.step("run-2")
    assert [row["run_id"] for row in lake.rows] == ["run-1"]
    assert lake.told[-1].endswith("has a champion")
