"""Makes the parts of a network: one in this process, many as the tasks of one Spark job, on a machine or a cluster.

A part depends on the plan and its own number alone, so where it is made and how often makes no difference. Workers
write to the network's folder, which on a cluster is one that all of them mount.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from twinlake.declare.errors import PlatformError
from twinlake.synthetic.parts import Made, make_part
from twinlake.synthetic.plan import Plan
from twinlake.synthetic.synthea import Progress

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

DONE = "done"
SECONDS_BETWEEN = 10
Batches = Iterator[pa.RecordBatch]


def make_parts(plan: Plan, network: Path, progress: Progress) -> list[Made]:
    """Every part of the plan, in the folder of a network."""
    network.mkdir(parents=True, exist_ok=True)
    if plan.parts == 1:
        return [make_part(plan, 0, network)]
    from twinlake.engine.session import start_session

    (network / DONE).mkdir()
    spark = start_session()
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(_run, spark, plan, network)
        try:
            _watch(running, plan, network, progress)
        except BaseException:
            spark.stop()
            raise
    made = _finished(network)
    for file in (network / DONE).iterdir():
        file.unlink()
    (network / DONE).rmdir()
    return made


def _run(spark: SparkSession, plan: Plan, network: Path) -> None:
    """A task a part; a part's failure is told in a line, without the stack of a worker."""
    numbers = spark.range(0, plan.parts, 1, plan.parts)
    told = numbers.mapInArrow(_task(plan, network), "failed string").toArrow()
    failed = [line for line in told["failed"].to_pylist() if line]
    if failed:
        raise PlatformError(failed[0])


def _task(plan: Plan, network: Path) -> Callable[[Batches], Batches]:
    bare = replace(plan)  # without what this process knows of the population: a worker reads its own index

    def task(batches: Batches) -> Batches:
        for batch in batches:
            failed = [_made_or_why_not(bare, number, network) for number in batch["id"].to_pylist()]
            yield pa.RecordBatch.from_pydict({"failed": failed}, schema=pa.schema([("failed", pa.string())]))

    return task


def _made_or_why_not(plan: Plan, number: int, network: Path) -> str:
    """Makes a part, unless another one failed; what kept it from being made."""
    done = network / DONE
    if (done / "failed").exists():
        return ""
    try:
        made = make_part(plan, number, network)
        told = done / f"{number}.making"
        told.write_text(json.dumps(asdict(made)), encoding="utf-8")
        told.rename(done / f"{number}.json")
    except OSError as error:
        (done / "failed").touch()
        return f"synth: {network.parent} could not be written ({error.strerror}). Mend that and run again."
    return ""


def _watch(running: Future[None], plan: Plan, network: Path, progress: Progress) -> None:
    began = time.monotonic()
    while True:
        try:
            return running.result(SECONDS_BETWEEN)
        except NotYet:
            made = _finished(network)
            persons, size = sum(part.persons for part in made), sum(part.bytes for part in made) / 1e6
            rate = persons / (time.monotonic() - began)
            progress(f"Network: {persons:,} of {plan.persons:,} persons, {size:,.0f} MB, {rate:,.0f} persons a second")


def _finished(network: Path) -> list[Made]:
    files = sorted((network / DONE).glob("*.json"), key=lambda file: int(file.stem))
    return [Made(**json.loads(file.read_text(encoding="utf-8"))) for file in files]
