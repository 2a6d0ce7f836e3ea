"""Back-fill: the dated deliveries of a window, as far as published twins.

One run takes the whole window, because the lake does not depend on the order in which deliveries come.
"""

from __future__ import annotations

from airflow.sdk import DAG

from dags._lake import DEFAULTS, PARAMS, WINDOW, lay_out

with DAG(
    "backfill",
    description="As lakehouse_daily, but ingests only the deliveries dated from_date to to_date.",
    schedule=None,
    max_active_runs=1,
    default_args=DEFAULTS,
    params={**PARAMS, **WINDOW},
    tags=["twinlake"],
    doc_md=__doc__,
):
    lay_out()
