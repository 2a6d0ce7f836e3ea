"""Weekly: trains every model anew on the lake as it stands, scores everybody, and publishes the twins with it."""

from __future__ import annotations

from airflow.sdk import DAG

from dags._lake import SCHEDULED, lay_out

with DAG(
    "models_weekly",
    description="All of the daily run but ingest, training always; a champion is only replaced by a better one.",
    schedule="@weekly",
    doc_md=__doc__,
    **SCHEDULED,
):
    # What a run that was broken off landed is taken up first: there is nothing to do for them otherwise.
    lay_out(("link", "conform", "curate", "pin", "train", "score", "materialise", "publish"), retrain=True)
