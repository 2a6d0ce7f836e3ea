"""Weekly: trains every model anew on the lake as it stands, scores everybody, and publishes the twins with it."""

from __future__ import annotations

from airflow.sdk import DAG

from dags._lake import SCHEDULED, lay_out

with DAG(
    "models_weekly",
    description="Pin, train, score, materialise, publish; a champion is only replaced by a better one.",
    schedule="@weekly",
    doc_md=__doc__,
    **SCHEDULED,
):
    lay_out(("pin", "train", "score", "materialise", "publish"), retrain=True)
