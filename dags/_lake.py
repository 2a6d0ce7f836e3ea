"""What the DAGs share: a task for each node of the plan, and one run at a time on a lake."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache, partial
from graphlib import TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.sdk import Asset, Param, get_current_context, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from twinlake.declare.errors import ConfigurationError, LockedError, PlatformError, TwinlakeError
from twinlake.plan import Node, read_plan

if TYPE_CHECKING:
    from jobs._run import Opened
    from twinlake.engine.home import Home

# The publication that readers see; a DAG that shall follow each new one names this asset in its schedule.
PUBLICATION = Asset(name="twinlake_publication", uri="twinlake://publication")
# One slot: on one machine every task may start a JVM.
POOL = "twinlake"
RETRYABLE = (PlatformError, LockedError)
# Faults of the program, which come again however often one tries.
MISTAKES = (ArithmeticError, AssertionError, AttributeError, ImportError, LookupError, NameError, TypeError, ValueError)
# A run that waits for another looks this often, and gives up after this long.
LOOK_EVERY, GIVE_UP = timedelta(seconds=15), timedelta(hours=12)
LOG = logging.getLogger("twinlake.tasks")
# Airflow's own levels for namespaces hold for its loggers alone; hundreds of lines would hide the task's.
CHATTY = ("great_expectations", "py4j")
for name in CHATTY:
    logging.getLogger(name).setLevel(logging.WARNING)

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
SCHEDULED = {
    "start_date": datetime(2026, 1, 1, tzinfo=UTC), "catchup": False, "max_active_runs": 1,
    "default_args": DEFAULTS, "params": PARAMS, "tags": ["twinlake"],
}  # fmt: skip
WINDOW = {
    "from_date": Param(type="string", format="date", description="First day of the window."),
    "to_date": Param(type="string", format="date", description="Last day of the window, itself included."),
}


@dataclass(frozen=True)
class Step:
    """One Airflow task: nodes of the plan under one verb, after other tasks."""

    name: str
    verb: str
    nodes: tuple[str, ...]
    after: tuple[str, ...]


def steps(nodes: Sequence[Node], verbs: Sequence[str] = (), size: str = "node") -> Iterator[Step]:
    """The tasks for these nodes (all, or those of some verbs), in order, each after those it directly follows."""
    if size not in ("node", "layer"):
        raise ConfigurationError(f"TWINLAKE_TASKS={size}: a task is a node or a layer.")
    kept = [n for n in nodes if not verbs or n.verb in verbs]
    task_of = {n.name: n.name if size == "node" else n.verb for n in kept}
    direct: dict[str, set[str]] = {name: set() for name in task_of.values()}
    for node in kept:
        direct[task_of[node.name]] |= {task_of[a] for a in node.after if a in task_of} - {task_of[node.name]}
    before: dict[str, set[str]] = {}
    for name in TopologicalSorter(direct).static_order():
        distant = set().union(*(before[d] for d in direct[name]))
        before[name] = direct[name] | distant
        members = [n for n in kept if task_of[n.name] == name]
        yield Step(name, members[0].verb, tuple(n.name for n in members), tuple(sorted(direct[name] - distant)))


def lay_out(verbs: Sequence[str] = (), *, retrain: bool = False) -> None:
    """The plan as tasks of the DAG under construction; TWINLAKE_TASKS=layer makes one task of each verb's nodes."""
    made: dict[str, Any] = {}
    turn = wait_for_turn()
    for step in steps(read_plan().nodes, verbs, os.environ.get("TWINLAKE_TASKS", "node")):
        first, made[step.name] = _ingest() if step.verb == "ingest" else _do(step, retrain)
        for other in [made[name] for name in step.after] or [turn]:
            other >> first


def _ingest() -> tuple[Any, Any]:
    found = hospitals()
    return found, ingest.expand(hospital=found)


def _do(step: Step, retrain: bool) -> tuple[Any, Any]:
    outlets = [PUBLICATION] if step.verb == "publish" else []
    task_of = do.override(task_id=step.name, outlets=outlets)
    made = task_of(nodes=list(step.nodes), retrain=retrain, begins=not step.after)
    return made, made


@task.sensor(
    task_id="turn", pool="default_pool", mode="reschedule",
    poke_interval=LOOK_EVERY.total_seconds(), timeout=GIVE_UP.total_seconds(),
)  # fmt: skip
def wait_for_turn() -> bool:
    """Steps of two runs must not mix: a run begins when no other is under way, and no command holds the lake."""
    from twinlake.engine.home import home_of

    context = get_current_context()
    with final_faults("turn"):
        home = home_of(Path(context["params"]["feeds"]))
        # Its turn first: what holds the lake may be a task of the run that has the turn.
        return my_turn(home, context) and is_free(home, run_of(context))


@task
def hospitals() -> list[str]:
    """The hospitals to ingest; each becomes a task of its own."""
    from jobs._daily import begin
    from jobs.ingest import hospitals as listed

    with opened_lake("hospitals") as opened, final_faults("hospitals", opened.run.home):
        begin(opened.run)
        return listed(opened)


@task(task_id="ingest", map_index_template="{{ task.op_kwargs['hospital'] }}")
def ingest(hospital: str) -> None:
    """Land one hospital's new files."""
    from jobs._daily import take

    what = f"ingest of {hospital}"
    with opened_lake(what) as opened, final_faults(what, opened.run.home):
        take(opened, opened.plan.node("ingest"), hospital)


@task
def do(nodes: Sequence[str], retrain: bool, begins: bool) -> None:
    """Take the step of each node, each after those it waits for; `begins`: no task of the run comes before it."""
    from jobs._daily import begin, take_all
    from jobs._report import catch_up

    with opened_lake(nodes[0]) as opened:
        if begins:
            with final_faults(nodes[0], opened.run.home):
                begin(opened.run)
        chosen = [opened.plan.node(name) for name in nodes]
        take_all(opened, chosen, train_always=retrain, around=partial(final_faults, home=opened.run.home))
        if any(node.verb == "publish" for node in chosen):
            # Only now do the run's own rows say that it published.
            with final_faults("report", opened.run.home):
                catch_up(opened.run.home)
            _skip_what_is_not_new(opened)


def _skip_what_is_not_new(opened: Opened) -> None:
    """A task that is skipped emits no asset event: who follows publications hears of those that this run made."""
    rows = opened.run.ops.rows("publication")
    if rows and max(rows, key=lambda row: row["sequence"])["run_id"] != opened.run.run_id:
        raise AirflowSkipException("Nothing new was published.")


@contextmanager
def opened_lake(what: str) -> Iterator[Opened]:
    """The run this task belongs to, with the lake locked; `what` it is opened for."""
    from twinlake.engine.home import run_lock

    context = get_current_context()
    with ExitStack() as held:
        with final_faults(what):
            opened = _open(context)
            if not my_turn(opened.run.home, context):
                raise LockedError(f"{opened.run.home.path} is in use by another run of Airflow. Wait for it.")
            held.enter_context(run_lock(opened.run.home, run_of(context)))
        yield opened


@contextmanager
def final_faults(what: str, home: Home | None = None) -> Iterator[None]:
    """Only faults of the platform are worth a retry; each fault is told with the step it happened in.

    Airflow prints what was raised with all it came of, which may quote a patient's value: of that nothing goes on.
    """
    try:
        yield
    except (TwinlakeError, KeyboardInterrupt) as error:
        told = str(error) if str(error).startswith(what) else f"{what}: {error}"
        bare = type(error)(told)
        LOG.error("%s", told, exc_info=(type(error), bare, error.__traceback__))
        raise (bare if isinstance(error, RETRYABLE) else AirflowFailException(told)) from None
    except Exception as error:
        from twinlake.engine.failure import keep

        told = f"{what}: {type(error).__name__}. The rest is in {keep(what, home)}, which may hold patients' values."
        LOG.error("%s", told)
        raise (AirflowFailException if isinstance(error, MISTAKES) else PlatformError)(told) from None


def _open(context: Mapping[str, Any]) -> Opened:
    params, run = context["params"], context["dag_run"]
    as_of = params["as_of"] or (run.logical_date or run.run_after).isoformat()
    return _opened(Path(params["feeds"]), as_of, run_of(context), window(params))


@lru_cache(maxsize=1)
def _opened(feeds: Path, as_of: str, run_id: str, deliveries: tuple[date, date] | None) -> Opened:
    """A run is opened once a process: where all tasks are one process, they share its Spark session."""
    from jobs._run import moment, open_run

    limited = {"deliveries": deliveries} if deliveries else {}
    return open_run(feeds, moment(as_of), run_id, LOG.info, **limited)


def window(params: Mapping[str, Any]) -> tuple[date, date] | None:
    """The deliveries to ingest, from a day up to and without another; none: all there are."""
    if "from_date" not in params:
        return None
    first, last = date.fromisoformat(params["from_date"]), date.fromisoformat(params["to_date"])
    if first > last:
        raise ConfigurationError(f"The window {first} to {last} ends before it begins. Swap from_date and to_date.")
    return first, last + timedelta(days=1)


def run_of(context: Mapping[str, Any]) -> str:
    """The run's id in the lake: Airflow gives the runs of two DAGs at one moment the same."""
    return f"{context['dag_run'].dag_id} {context['run_id']}"


def is_free(home: Home, run_id: str) -> bool:
    """Whether nobody holds the lake's lock; a backup or an erasure may for long."""
    from twinlake.engine.home import run_lock

    try:
        with run_lock(home, run_id):
            return True
    except LockedError:
        return False


def my_turn(home: Home, context: Mapping[str, Any]) -> bool:
    """Whether this run may touch the lake now; Airflow knows which other run is still under way."""
    from twinlake.engine.airflow_turn import take_turn

    def is_under_way(run: str) -> bool:
        dag_id, _, run_id = run.partition(" ")
        return context["ti"].get_dr_count(dag_id=dag_id, run_ids=[run_id], states=["queued", "running"]) > 0

    return take_turn(home.airflow, run_of(context), is_under_way)
