"""Weekly: trains every model anew on the lake as it stands, scores everybody, and publishes the twins with it."""

from __future__ import annotations

from datetime import UTC, datetime

from airflow.sdk import DAG

from dags._lake import DEFAULTS, PARAMS, lay_out

with DAG(
    "models_weekly",
    description="Pin, train, score, materialise, publish; a champion is only replaced by a better one.",
    schedule="@weekly",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    params=PARAMS,
    tags=["twinlake"],
    doc_md=__doc__,
):
    lay_out(("pin", "train", "score", "materialise", "publish"), retrain=True)
