"""Daily: whatever the hospitals delivered, as far as published twins; trains only where there is no champion."""

from __future__ import annotations

from datetime import UTC, datetime

from airflow.sdk import DAG

from dags._lake import DEFAULTS, PARAMS, lay_out

with DAG(
    "lakehouse_daily",
    description="Ingest, link, conform, curate, pin, train where there is no champion, score, materialise, publish.",
    schedule="@daily",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    params=PARAMS,
    tags=["twinlake"],
    doc_md=__doc__,
):
    lay_out()
