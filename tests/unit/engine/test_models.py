"""When a model is trained again."""

from __future__ import annotations

import inspect
import sys
from dataclasses import replace
from importlib.util import module_from_spec, spec_from_file_location
from types import SimpleNamespace
from typing import Any

import pytest

from twinlake.catalog.gold.diabetes_feature import diabetes_feature
from twinlake.catalog.models.diabetes_probability import diabetes_probability
from twinlake.catalog.models.missing_vitals import missing_vitals
from twinlake.declare.model import digest
from twinlake.engine import models, training
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
