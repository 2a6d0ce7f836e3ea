"""Airflow as the command line sees it: run the daily DAG here and now, or serve the UI with a scheduler."""

from __future__ import annotations

from twinlake.engine.airflow_run import DagResult, TaskResult, run_daily
from twinlake.engine.airflow_serve import serve

__all__ = ["DagResult", "TaskResult", "run_daily", "serve"]
