"""What one training came to, as ops.model_run keeps it."""

from __future__ import annotations

import json
from dataclasses import dataclass

from twinlake.engine.evaluation import HELDOUT


@dataclass(frozen=True)
class ModelRun:
    """A row of ops.model_run; no value is a person's.

    `metrics` is a JSON list of learner, part, name, value, low, high; `plots` a folder below MLflow's artifacts.
    """

    model_name: str
    model_version: str | None
    publication_id: str
    data_digest: str
    declaration_digest: str
    question_digest: str
    trained_persons: int
    trained_rows: int
    heldout_persons: int
    heldout_rows: int
    heldout_events: int | None
    metrics: str
    is_champion: bool
    reason: str
    mlflow_run_id: str | None
    plots: str | None

    def metric(self, name: str, learner: str, part: str = HELDOUT) -> float | None:
        """One figure of `metrics`; None where it was not measured."""
        found = [m for m in json.loads(self.metrics) if (m["learner"], m["part"], m["name"]) == (learner, part, name)]
        return found[0]["value"] if found else None
