"""Daily: whatever the hospitals delivered, as far as published twins; trains only where there is no champion."""

from __future__ import annotations

from airflow.sdk import DAG

from dags._lake import SCHEDULED, lay_out

with DAG(
    "lakehouse_daily",
    description="Ingest, link, conform, curate, pin, train where there is no champion, score, materialise, publish.",
    schedule="@daily",
    doc_md=__doc__,
    **SCHEDULED,
):
    lay_out()
