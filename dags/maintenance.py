"""Weekly: makes few files of a lake's many, and removes what neither a kept publication nor the next run asks for."""

from __future__ import annotations

from airflow.sdk import DAG, task

from dags._lake import SCHEDULED, final_faults, opened_lake, wait_for_turn


@task
def maintain() -> None:
    """What `twinlake maintain` does."""
    from jobs._maintain import maintain as tend

    with opened_lake("maintain") as opened, final_faults("maintain", opened.run.home):
        tend(opened, opened.run.progress)


with DAG(
    "maintenance",
    description="Compact, forget, vacuum; rows and publications stay as they are.",
    schedule="@weekly",
    doc_md=__doc__,
    **SCHEDULED,
):
    wait_for_turn() >> maintain()
