"""Walks the plan in this process: the same steps in the same order as the DAG, one Spark session for all."""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from graphlib import TopologicalSorter
from threading import Lock

from jobs import conform, curate, ingest, link, materialise, pin, publish, score, train
from jobs._run import Opened
from twinlake.engine.environment import load_environment
from twinlake.engine.failure import without_values
from twinlake.engine.home import run_lock
from twinlake.engine.openlineage import Step, told
from twinlake.engine.ops import BEGUN, PUBLISHED
from twinlake.engine.publication import last_publication
from twinlake.engine.run import Run
from twinlake.plan import Node

STEPS: dict[str, Callable[[Opened, Namespace], object]] = {
    "ingest": ingest.step, "link": link.step, "conform": conform.step, "curate": curate.step, "pin": pin.step,
    "train": train.step, "score": score.step, "materialise": materialise.step, "publish": publish.step,
}  # fmt: skip
# MLflow knows one run and one store a process.
TRAINING = Lock()
Around = Callable[[str], AbstractContextManager[object]]


def walk(opened: Opened, only: str | None = None, *, train_always: bool = False) -> str | None:
    """Take every step of the plan, or the one of `only`; the id of what is published now."""
    run = opened.run
    with run_lock(run.home, run.run_id):
        if only is None:
            begin(run)
        take_all(opened, [opened.plan.node(only)] if only else _nodes_of(opened), train_always=train_always)
    published = last_publication(run.ops)
    return published.publication_id if published else None


def _nodes_of(opened: Opened) -> list[Node]:
    """The steps of a whole walk; while a person is erased nothing lands."""
    return [node for node in opened.plan.nodes if not (opened.erasing and node.verb == "ingest")]


def begin(run: Run) -> None:
    """A run that is killed in its first step is known to have been, too; told again, it has begun already."""
    if not any((r["run_id"], r["stage"], r["state"]) == (run.run_id, *BEGUN) for r in run.ops.rows("run")):
        _record(run, *BEGUN, datetime.now(UTC), 0.0, "")


def _record(run: Run, stage: str, state: str, started_at: datetime, seconds: float, detail: str) -> None:
    row = {"run_id": run.run_id, "as_of": run.as_of, "stage": stage, "state": state, "started_at": started_at,
           "seconds": round(seconds, 3), "detail": detail}  # fmt: skip
    run.ops.append("run", [row])


def take_all(
    opened: Opened, nodes: Sequence[Node], *, train_always: bool = False, around: Around = nullcontext
) -> None:
    """Take the step of each node (inside `around` its name) once those it waits for are done.

    As many at once as the environment says, for a small table leaves most of a machine idle. The first fault stops
    what has not begun; an interrupt stops Spark's work as well.
    """
    named = {node.name: node for node in nodes}
    sorter = TopologicalSorter({node.name: [name for name in node.after if name in named] for node in nodes})
    sorter.prepare()

    def one(name: str) -> None:
        with around(name), TRAINING if named[name].verb == "train" else nullcontext():
            take(opened, named[name], train_always=train_always)

    with ThreadPoolExecutor(load_environment().steps_at_once, "step") as pool:
        running: dict[Future[None], str] = {}
        try:
            while sorter.is_active():
                running |= {pool.submit(one, name): name for name in sorter.get_ready()}
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for step in done:
                    step.result()
                    sorter.done(running.pop(step))
        except BaseException as fault:
            pool.shutdown(wait=False, cancel_futures=True)
            if not isinstance(fault, Exception):
                opened.run.interrupt()
            raise


def take(opened: Opened, node: Node, hospital: str | None = None, *, train_always: bool = False) -> None:
    """Take one step and record in ops.run how it went."""
    started, started_at = time.monotonic(), datetime.now(UTC)
    given = Namespace(node=node.name, hospital=hospital)
    state, detail = "failed", hospital or ""
    try:
        step = Step(node.name, node.verb, node.target, hospital)
        with told(opened.run, step), without_values(opened.run.home, node.name):
            if node.verb == "train":
                train.step(opened, given, always=train_always)
            else:
                STEPS[node.verb](opened, given)
        state = "done"
    finally:
        _record(opened.run, node.name, state, started_at, time.monotonic() - started, detail)


def foresee(opened: Opened) -> Iterator[str]:
    """What a run would find to do; nothing is written and no Spark starts."""
    from twinlake.engine.decisions import are_followed
    from twinlake.engine.file_schemas import to_be_reconsidered
    from twinlake.engine.ingest import new_files
    from twinlake.engine.ledger import read_ledger

    run = opened.run
    ledger = read_ledger(run.ops)
    again = to_be_reconsidered(run.ops, ledger, run.systems, run.hospitals)
    for hospital in opened.readable:
        files = new_files(run.home.feeds, hospital, run.systems, ledger, again=again)
        known = [f for f in files if f.found.feed]
        yield f"{hospital}: {len(known)} new files to land, {len(files) - len(known)} that no feed takes"
        yield from (f"  lands    {file.found.path} as {file.found.system}.{file.found.feed}" for file in known)
        yield from (f"  {f.found.status:<8} {f.found.path}: {f.found.reason}" for f in files if not f.found.feed)
    for hospital, why in sorted(opened.refused.items()):
        yield f"{hospital}: refused: {why}"
    if not are_followed(opened.run):
        yield "Stewards have decided since: who is who is made again."
    steps = opened.run.ops.rows("run")
    last = steps[-1]["run_id"] if steps else None
    if last and PUBLISHED not in {(row["stage"], row["state"]) for row in steps if row["run_id"] == last}:
        yield f"The last run, {last}, did not reach its publication: a run goes on where it was."
