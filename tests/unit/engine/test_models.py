"""When a model is trained again."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from twinlake.catalog.models.diabetes_probability import diabetes_probability
from twinlake.declare.model import digest
from twinlake.engine import models, training

TRAINED = {
    "model_name": "diabetes_probability", "publication_id": "p1", "declaration_digest": digest(diabetes_probability),
    "reason": "20 needed",
}  # fmt: skip
EAGER = replace(diabetes_probability, promotion=replace(diabetes_probability.promotion, minimum_events=1))


@pytest.fixture
def is_trained(monkeypatch):
    """Whether `model` is trained on publication p1 after the trainings `before`, where `refused` is the evidence."""
    monkeypatch.setattr(models, "publication_id", lambda run: "p1")
    monkeypatch.setattr(training, "train", lambda model, *_, **__: model)
    monkeypatch.setattr(models, "_keep", lambda *_: None)

    def ask(model: Any, *before: dict[str, Any], refused: str | None = None, always: bool = True) -> bool:
        monkeypatch.setattr(training, "refusal", lambda *_: refused)
        ops = SimpleNamespace(
            rows=lambda name: list(before), path=str, state=lambda name: SimpleNamespace(digest="d")
        )  # fmt: skip
        lake = SimpleNamespace(format=lambda name: SimpleNamespace(load=lambda path: path))
        run = SimpleNamespace(ops=ops, progress=lambda line: None, spark=SimpleNamespace(read=lake))
        return models.train_on_publication(run, model, None, always=always)

    return ask


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
