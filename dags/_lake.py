"""What the three DAGs share: a task for each node of the plan, and one run at a time on a lake."""

from __future__ import annotations

import logging
import os
from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from airflow.sdk import Asset, Param, get_current_context, task
from airflow.sdk.exceptions import AirflowFailException
from twinlake.declare.errors import ConfigurationError, DataError, LockedError, PlatformError, TwinlakeError
from twinlake.plan import Node, read_plan

# The publication that readers see; a DAG that shall follow each new one names this asset in its schedule.
PUBLICATION = Asset(name="twinlake_publication", uri="twinlake://publication")
# One slot: on one machine every task may start a JVM.
POOL = "twinlake"
RETRYABLE = (PlatformError, LockedError)
# A run that waits for another looks this often, and gives up after this long.
LOOK_EVERY, GIVE_UP = timedelta(seconds=15), timedelta(hours=12)
LOG = logging.getLogger("twinlake.tasks")

DEFAULTS = {"owner": "twinlake", "pool": POOL, "retries": 2, "retry_delay": timedelta(seconds=30)}
DAY = r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
PARAMS = {
    "feeds": Param(
        os.environ.get("TWINLAKE_FEEDS", "feeds"), type="string", minLength=1,
        description="The feeds root, laid out <hospital>/<system>/… with a hospital.toml each.",
    ),
    "as_of": Param(
        None, type=["null", "string"], pattern=DAY + r"([T ].+)?$",
        description="Deliveries without a date count as of this day, such as 2026-11-01; empty: the logical date.",
    ),
}  # fmt: skip
WINDOW = {
    "from_date": Param(type="string", format="date", description="First day of the window."),
    "to_date": Param(type="string", format="date", description="Last day of the window, itself included."),
}


class Step:
    """One Airflow task: nodes of the plan under one verb, after other tasks."""

    def __init__(self, name: str, nodes: Sequence[Node]) -> None:
        self.name, self.verb, self.nodes = name, nodes[0].verb, [n.name for n in nodes]
        self.reads = {name for n in nodes for name in n.after}


def steps(nodes: Sequence[Node], verbs: Sequence[str] = (), size: str = "node") -> dict[str, tuple[Step, list[str]]]:
    """The tasks for these nodes (all, or those of some verbs), each with the tasks it directly follows."""
    kept = [n for n in nodes if not verbs or n.verb in verbs]
    task_of = {n.name: n.name if size == "node" else n.verb for n in kept}
    made: dict[str, tuple[Step, list[str]]] = {}
    before: dict[str, set[str]] = {}
    for name in _in_order(task_of, kept):
        step = Step(name, [n for n in kept if task_of[n.name] == name])
        direct = {task_of[r] for r in step.reads if r in task_of} - {name}
        distant = set().union(*(before[d] for d in direct))
        before[name] = direct | distant
        made[name] = step, sorted(direct - distant)
    return made


def _in_order(task_of: Mapping[str, str], nodes: Sequence[Node]) -> Iterator[str]:
    from graphlib import TopologicalSorter

    graph: dict[str, set[str]] = {name: set() for name in task_of.values()}
    for node in nodes:
        graph[task_of[node.name]] |= {task_of[a] for a in node.after if a in task_of} - {task_of[node.name]}
    return iter(tuple(TopologicalSorter(graph).static_order()))


def lay_out(verbs: Sequence[str] = (), *, retrain: bool = False) -> None:
    """The plan as tasks of the DAG under construction; TWINLAKE_TASKS=layer makes one task of each verb's nodes."""
    made: dict[str, Any] = {}
    turn = wait_for_turn()
    for name, (step, after) in steps(read_plan().nodes, verbs, os.environ.get("TWINLAKE_TASKS", "node")).items():
        made[name] = _ingest(turn) if step.verb == "ingest" else _task(step, retrain)
        for other in after:
            made[other] >> made[name]
        if not after and step.verb != "ingest":
            turn >> made[name]


def _ingest(turn: Any) -> Any:
    found = hospitals()
    turn >> found
    return ingest.expand(hospital=found)


def _task(step: Step, retrain: bool) -> Any:
    outlets = [PUBLICATION] if step.verb == "publish" else []
    return take.override(task_id=step.name, outlets=outlets)(verb=step.verb, nodes=step.nodes, retrain=retrain)


@task.sensor(
    task_id="turn", pool="default_pool", mode="reschedule",
    poke_interval=LOOK_EVERY.total_seconds(), timeout=GIVE_UP.total_seconds(),
)  # fmt: skip
def wait_for_turn() -> bool:
    """Steps of two runs must not mix, so a run begins when no other run of this lake is under way."""
    from twinlake.engine.home import home_of

    context = get_current_context()
    return my_turn(home_of(Path(context["params"]["feeds"])).path, context)


@task
def hospitals() -> list[str]:
    """The hospitals to ingest; each becomes a task of its own."""
    from jobs.ingest import hospitals as listed

    with opened_lake("hospitals") as (opened, given):
        check_window(given)
        if not listed(opened):
            raise DataError("No hospital can be read: " + "; ".join(opened.refused.values()))
        return listed(opened)


@task(task_id="ingest", map_index_template="{{ task.op_kwargs['hospital'] }}")
def ingest(hospital: str) -> None:
    """Land one hospital's new files."""
    with opened_lake(f"ingest {hospital}") as (opened, given):
        _step("ingest")(opened, Namespace(**vars(given), node="ingest", hospital=hospital))


@task
def take(verb: str, nodes: Sequence[str], retrain: bool) -> None:
    """Do the verb to each node, in the plan's order."""
    options = {"always": retrain} if verb == "train" else {}
    for node in nodes:
        with opened_lake(node) as (opened, given):
            _step(verb)(opened, Namespace(**vars(given), node=node, hospital=None), **options)


def _step(verb: str) -> Callable[..., Any]:
    from importlib import import_module

    return import_module(f"jobs.{verb}").step


@contextmanager
def opened_lake(what: str) -> Iterator[tuple[Any, Namespace]]:
    """The run and what the step is given, with the lake locked; a fault that a retry cannot mend is final."""
    from twinlake.engine.home import run_lock

    context = get_current_context()
    run_id = context["run_id"]
    with final_faults(what):
        opened, given = _open(context)
        if not my_turn(opened.run.home.path, context):
            raise LockedError(f"{opened.run.home.path} is in use by another run of Airflow. Wait for it.")
        with run_lock(opened.run.home, run_id):
            yield opened, given


@contextmanager
def final_faults(what: str) -> Iterator[None]:
    """Only faults of the platform are worth a retry; each fault is told with the step it happened in."""
    try:
        yield
    except RETRYABLE as error:
        LOG.error("%s: %s", what, error, exc_info=True)
        raise
    except (TwinlakeError, KeyboardInterrupt) as error:
        LOG.error("%s: %s", what, error, exc_info=True)
        raise AirflowFailException(f"{what}: {error}") from error
    except Exception as error:
        LOG.error("%s: %s", what, type(error).__name__, exc_info=True)
        raise


def _open(context: Mapping[str, Any]) -> tuple[Any, Namespace]:
    params = context["params"]
    run = context["dag_run"]
    as_of = params["as_of"] or (run.logical_date or run.run_after).isoformat()
    given = Namespace(
        feeds=Path(params["feeds"]), as_of=as_of, run_id=context["run_id"],
        deliveries_from=params.get("from_date"), deliveries_to=params.get("to_date"),
    )  # fmt: skip
    return _opened(given.feeds, as_of, given.run_id), given


@lru_cache(maxsize=1)
def _opened(feeds: Path, as_of: str, run_id: str) -> Any:
    """One run opened once a process: in one process all its tasks share the Spark session."""
    from jobs._run import moment, open_run

    return open_run(feeds, moment(as_of), run_id, LOG.info)


def check_window(given: Namespace) -> None:
    """What a JSON schema cannot say of a window."""
    first, last = given.deliveries_from, given.deliveries_to
    if first and last and date.fromisoformat(first) > date.fromisoformat(last):
        raise ConfigurationError(f"The window {first} to {last} ends before it begins. Swap from_date and to_date.")


def my_turn(home: Path, context: Mapping[str, Any]) -> bool:
    """Whether this run may touch the lake now; Airflow knows which other run is still under way."""
    from twinlake.engine.airflow_turn import take_turn

    def is_under_way(run: str) -> bool:
        dag_id, _, run_id = run.partition(" ")
        return context["ti"].get_dr_count(dag_id=dag_id, run_ids=[run_id], states=["queued", "running"]) > 0

    return take_turn(home / "airflow", f"{context['dag_run'].dag_id} {context['run_id']}", is_under_way)
