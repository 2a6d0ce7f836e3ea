"""Runs the daily DAG through Airflow in this process, so that one Spark session serves all its tasks."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twinlake.declare.errors import ConfigurationError, LockedError, PlatformError, TwinlakeError
from twinlake.engine.airflow_settings import DAGS, prepare, settings
from twinlake.engine.home import Home, home_of, run_lock
from twinlake.engine.run import silent

if TYPE_CHECKING:
    from airflow.models.dagrun import DagRun

DAILY = "lakehouse_daily"
OURS = (DAILY, "models_weekly", "backfill", "maintenance")
# A run that was cleared, or has not begun, is queued: others wait for it as for one that runs.
UNDER_WAY = ("queued", "running")


@dataclass(frozen=True)
class TaskResult:
    """What became of one task; `hospital` where a task is one of several mapped ones."""

    name: str
    hospital: str | None
    state: str
    seconds: float


@dataclass(frozen=True)
class DagResult:
    """What became of a run of the DAG, in the order the tasks ran."""

    run_id: str
    state: str
    tasks: tuple[TaskResult, ...]
    log: Path


def run_daily(feeds: Path, as_of: datetime, progress: Callable[[str], None] = silent) -> DagResult:
    """Run `lakehouse_daily` over the feeds to its end; raises the failed task's own error."""
    home = home_of(feeds)
    prepare(home)
    _use(settings(home))
    log = home.airflow / "logs" / "run.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with run_lock(home, f"{DAILY} {as_of.isoformat()}"), _told(progress) as faults, _quiet(log):
        return _run(home.feeds, as_of, log, faults)


def refuse_under_way(home: Home) -> None:
    """Fails while Airflow has a run on this lake that is not ended."""
    prepare(home)
    _use(settings(home))
    with _quiet(home.airflow / "logs" / "look.log"):
        _bury_dead_runs()


def _run(feeds: Path, as_of: datetime, log: Path, faults: list[logging.LogRecord]) -> DagResult:
    _bury_dead_runs()
    dag = _load(DAILY)
    run = dag.test(run_conf={"feeds": str(feeds), "as_of": as_of.isoformat()})
    result = DagResult(run.run_id, str(run.state), tuple(_tasks(run)), log)
    if result.state != "success":
        raise _fault(result, faults)
    return result


def _use(env: dict[str, str]) -> None:
    """Airflow reads its settings when it is first imported, so a process serves one home."""
    if "airflow" in sys.modules and os.environ.get("AIRFLOW_HOME") != env["AIRFLOW_HOME"]:
        raise ConfigurationError(
            f"This process already uses Airflow in {os.environ.get('AIRFLOW_HOME')}. "
            f"Run {env['AIRFLOW_HOME']} in another."
        )
    os.environ.update(env)


@contextmanager
def _quiet(log: Path) -> Iterator[None]:
    """Airflow talks much, on stdout: all of it goes to a file. The file stays open, for its handlers keep it."""
    file = log.open("w", encoding="utf-8", buffering=1)
    with redirect_stdout(file):
        yield


@contextmanager
def _told(progress: Callable[[str], None]) -> Iterator[list[logging.LogRecord]]:
    """What the tasks say goes to `progress`, on the stdout of before; their faults are collected."""
    logger, listener = logging.getLogger("twinlake.tasks"), _Listener(progress, sys.stdout)
    logger.addHandler(listener)
    logger.setLevel(logging.INFO)
    try:
        yield listener.faults
    finally:
        logger.removeHandler(listener)


class _Listener(logging.Handler):
    def __init__(self, progress: Callable[[str], None], out: Any) -> None:
        super().__init__()
        self.progress, self.out = progress, out
        self.faults: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.ERROR:
            self.faults.append(record)
        with redirect_stdout(self.out):
            self.progress(record.getMessage())


def _bury_dead_runs() -> None:
    """Runs of a killed process or scheduler would look alive for ever; those of a living scheduler are left alone."""
    from airflow.jobs.job import most_recent_job
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        ours = select(DagRun).where(DagRun.dag_id.in_(OURS), DagRun.state.in_(UNDER_WAY))
        open_runs = session.scalars(ours).all()
        scheduler = most_recent_job("SchedulerJob", session=session)
        if open_runs and scheduler and scheduler.is_alive():
            raise LockedError(
                f"Airflow has {open_runs[0].dag_id} ({open_runs[0].run_id}) {open_runs[0].state} on this lake. "
                "Wait for it."
            )
        for run in open_runs:
            run.state = "failed"


def _load(name: str) -> Any:
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(str(DAGS / f"{name}.py"))
    if name not in bag.dags:
        why = " ".join(str(e).strip().splitlines()[-1] for e in bag.import_errors.values())
        raise ConfigurationError(f"{DAGS / name}.py cannot be read: {why}")
    return bag.dags[name]


def _tasks(run: DagRun) -> Iterator[TaskResult]:
    ran = sorted(run.get_task_instances(), key=lambda t: (t.start_date is None, t.start_date, t.map_index))
    for task in ran:
        hospital = task.rendered_map_index if task.map_index >= 0 else None
        yield TaskResult(task.task_id, hospital, str(task.state), round(task.duration or 0.0, 3))


def _fault(result: DagResult, faults: list[logging.LogRecord]) -> BaseException:
    """The failed task's own error; of one that is none of ours, what the task told of it."""
    if not faults:
        failed = ", ".join(t.name for t in result.tasks if t.state == "failed") or "no task"
        return PlatformError(f"Airflow ended {result.run_id} as {result.state}: {failed} failed. See {result.log}.")
    error = faults[-1].exc_info[1] if faults[-1].exc_info else None
    if isinstance(error, TwinlakeError | KeyboardInterrupt):
        return type(error)(faults[-1].getMessage())
    return PlatformError(f"{faults[-1].getMessage()} What Airflow said stands in {result.log}.")
