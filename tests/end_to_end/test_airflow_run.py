"""The daily DAG runs through Airflow in one process, told apart from what its steps do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
# A process of its own, because Airflow serves one home a process. The steps only say their names.
SCRIPT = """
import json, sys
from datetime import UTC, datetime
from pathlib import Path
import jobs._daily
from twinlake.declare import errors
from twinlake.engine.airflow_run import run_daily

said, runs, failing = [], set(), sys.argv[2]

def take(opened, node, hospital=None, *, train_always=False):
    assert opened.run.as_of == datetime(2026, 11, 1, tzinfo=UTC)
    if node.name == failing:
        raise errors.DataError(f"{node.name}: 3 rows without a key. Mend the feed.")
    runs.add(opened.run.run_id)
    opened.run.progress(f"{node.name}@{hospital}" if hospital else node.name)

jobs._daily.take = take
try:
    result = run_daily(Path(sys.argv[1]), datetime(2026, 11, 1, tzinfo=UTC), said.append)
    tasks = {t.name: t.state for t in result.tasks}
    print(json.dumps({"said": said, "state": result.state, "tasks": tasks, "airflow": result.run_id, "runs": [*runs]}))
except Exception as error:
    print(json.dumps({"said": said, "error": f"{type(error).__name__} {error}"}))
"""


@pytest.fixture(scope="module")
def feeds(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("airflow") / "feeds"
    for hospital in ("east", "west"):
        (root / hospital).mkdir(parents=True)
        (root / hospital / "hospital.toml").write_text(
            f'name = "{hospital}"\ntime_zone = "UTC"\nidentifier_namespace = "urn:{hospital}:mrn"\n'
        )
    return root


def run(feeds: Path, failing: str = "") -> dict:
    env = {
        **os.environ,
        "TWINLAKE_HOME": str(feeds.parent / "home"),
        "PYTHONPATH": f"{REPOSITORY / 'libs'}:{REPOSITORY}",
    }
    env = {k: v for k, v in env.items() if not k.startswith("AIRFLOW") and k != "TWINLAKE_TASKS"}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(feeds), failing], env=env, capture_output=True, text=True, cwd=feeds.parent
    )
    assert done.stdout.count("\n") == 1, f"Airflow is not quiet: {done.stdout[:2000]} {done.stderr[-2000:]}"
    return json.loads(done.stdout)


def test_every_step_is_taken_in_order_and_told(feeds: Path):
    from twinlake.plan import read_plan

    found = run(feeds)
    nodes = read_plan().nodes
    place = {name.partition("@")[0]: i for i, name in enumerate(found["said"])}
    assert found["state"] == "success"
    assert {"ingest@east", "ingest@west"} <= set(found["said"])
    assert set(place) == {n.name for n in nodes}
    assert all(place[a] < place[n.name] for n in nodes for a in n.after)
    assert set(found["tasks"].values()) == {"success"}
    assert found["runs"] == [f"lakehouse_daily {found['airflow']}"], "two DAGs may have a run of the same name"


@pytest.mark.nightly
def test_a_step_that_fails_stops_what_follows_and_tells_why(feeds: Path):
    found = run(feeds, failing="silver.person")
    assert found["error"] == "DataError silver.person: 3 rows without a key. Mend the feed."
    assert "pin" not in found["said"]
    assert run(feeds)["state"] == "success"


# What runs of a scheduler left in Airflow's database; the heartbeat of the scheduler is seconds old, or there is none.
LEFT = """
import json, sys
from pathlib import Path
from twinlake.engine import airflow_run
from twinlake.engine.backup import backup
from twinlake.engine.airflow_settings import prepare, settings
from twinlake.engine.airflow_turn import hold
from twinlake.engine.home import Home, open_home

home = Home(Path(sys.argv[1]) / "home", Path(sys.argv[1]) / "feeds")
prepare(home)
airflow_run._use(settings(home))
from airflow.jobs.job import Job
from airflow.models.dagrun import DagRun
from airflow.sdk.timezone import utcnow
from airflow.utils.session import create_session
from airflow.utils.types import DagRunType
from sqlalchemy import select

with create_session() as session:
    for dag, state in json.loads(sys.argv[2]).items():
        kind, now = DagRunType.SCHEDULED, utcnow()
        session.add(DagRun(dag_id=dag, run_id="scheduled", run_type=kind, state=state, run_after=now))
    if sys.argv[3] == "alive":
        session.add(Job(job_type="SchedulerJob", state="running", latest_heartbeat=utcnow()))
said = ""
try:
    if sys.argv[4:] == ["backup"]:
        (home.airflow / "turn").write_text("maintenance scheduled")
        backup(home, Path(sys.argv[1]) / "copy")
    if sys.argv[4:] == ["hold"]:
        open_home(home)
        (home.airflow / "turn").write_text("maintenance scheduled")
        with hold(home, "run"):
            said = "held"
    airflow_run._bury_dead_runs()
except Exception as error:
    said = f"{type(error).__name__} {error}"
with create_session() as session:
    print(json.dumps([said, {run.dag_id: run.state for run in session.scalars(select(DagRun))}]))
"""


def left(folder: Path, runs: dict[str, str], scheduler: str, *command: str) -> list:
    """What was said of these runs, and the states they have then."""
    folder.mkdir(exist_ok=True)
    env = {k: v for k, v in os.environ.items() if not k.startswith("AIRFLOW")}
    env["PYTHONPATH"] = f"{REPOSITORY / 'libs'}:{REPOSITORY}"
    line = [sys.executable, "-c", LEFT, str(folder), json.dumps(runs), scheduler, *command]
    done = subprocess.run(line, env=env, capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_what_a_stopped_scheduler_left_keeps_nobody_waiting(tmp_path: Path):
    runs = {"lakehouse_daily": "queued", "maintenance": "running", "backfill": "success", "anothers": "running"}
    buried = {"lakehouse_daily": "failed", "maintenance": "failed", "backfill": "success", "anothers": "running"}
    assert left(tmp_path, runs, "dead") == ["", buried]


@pytest.mark.parametrize("state", ["queued", "running"])
def test_what_a_living_scheduler_has_to_do_is_waited_for(tmp_path: Path, state: str):
    said, states = left(tmp_path, {"maintenance": state}, "alive")
    assert said == f"LockedError Airflow has maintenance (scheduled) {state} on this lake. Wait for it."
    assert states == {"maintenance": state}


def test_nothing_is_backed_up_between_two_steps_of_a_run(tmp_path: Path):
    said, _ = left(tmp_path, {"maintenance": "running"}, "alive", "backup")
    assert said == "LockedError Airflow has maintenance (scheduled) running on this lake. Wait for it."
    said, _ = left(tmp_path / "dead", {"maintenance": "running"}, "dead", "backup")
    assert said.startswith("NotPublished Nothing is published in this lake yet."), "nobody will take another step"


@pytest.mark.parametrize("scheduler", ["alive", "dead"])
def test_no_command_works_between_two_steps_of_a_run(tmp_path: Path, scheduler: str):
    said, states = left(tmp_path, {"maintenance": "running"}, scheduler, "hold")
    waits = "LockedError Airflow has maintenance (scheduled) running on this lake. Wait for it."
    assert (said, states["maintenance"]) == ((waits, "running") if scheduler == "alive" else ("held", "failed"))
