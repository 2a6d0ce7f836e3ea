"""Eight writers replace units of one table through the engine, while somebody else compacts it: all of it lands.

Eight JVMs are more than a small machine holds: two processes have a session each, and four writers share it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread

import pytest
from deltalake import DeltaTable

from tests.conftest import REPOSITORY
from twinlake.declare.table import Table
from twinlake.engine.home import Home
from twinlake.engine.ops import Ops, State
from twinlake.engine.replace import Outcome, replace
from twinlake.engine.run import Run
from twinlake.engine.session import start_session

PROCESSES, THREADS, TIMES = 2, 4, 5
PLACE = Table(
    name="place", layer="silver", meaning="Where a person lives.", grain="a person", key=("person_id",),
    columns=("person_id", "city"), required=frozenset({"person_id"}), unit="person_id", build=lambda: None, inputs=(),
)  # fmt: skip


@pytest.mark.nightly
@pytest.mark.timeout(1800)
def test_forty_of_forty_replacements_land_and_the_table_knows_its_rows(tmp_path: Path) -> None:
    python = os.pathsep.join([str(REPOSITORY / "libs"), str(REPOSITORY)])
    env = {**os.environ, "TWINLAKE_ENV": "ci", "TWINLAKE_DRIVER_MEMORY": "1g", "PYTHONPATH": python}
    begun = [
        subprocess.Popen([sys.executable, "-m", "tests.end_to_end.test_writers", str(tmp_path), str(n)], env=env)
        for n in range(PROCESSES)
    ]
    assert [process.wait() for process in begun] == [0] * PROCESSES
    ops, writers = Ops(tmp_path / "lake"), range(PROCESSES * THREADS)
    rows = ops.ask("select person_id, city from place", {"silver.place": None})
    assert sorted((row["person_id"], row["city"]) for row in rows) == [(n, f"{TIMES - 1}") for n in writers]
    assert ops.state("silver.place").rows == len(rows)
    commits = DeltaTable(ops.path("silver.place")).history()
    assert (
        sum('"fingerprint"' in (commit.get("userMetadata") or "") for commit in commits) == PROCESSES * THREADS * TIMES
    )
    assert any(commit["operation"] == "OPTIMIZE" for commit in commits)


def write(home: Path, process: int) -> None:
    """The work of one process: its writers, and one who compacts the table all the while."""
    spark = start_session()
    run = Run(Home(home, home / "feeds"), f"run-{process}", datetime(2026, 11, 1, tzinfo=UTC), {}, {}, {"place": PLACE},
              {"silver.place": "f"}, lambda _: (), session=lambda: spark)  # fmt: skip

    def put(person: int) -> None:
        for n in range(TIMES):
            rows = spark.createDataFrame([(person, f"{n}")], "person_id bigint, city string")
            outcome: Outcome = replace(run, PLACE, rows, [person], State({}, "f"))
            assert outcome.is_written

    def compact() -> None:
        # Whoever compacts is no writer of ours, and may lose.
        with suppress(Exception):
            spark.sql(f"OPTIMIZE delta.`{run.ops.path('silver.place')}`")

    with beside(compact), ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(put, range(process * THREADS, (process + 1) * THREADS)))


class beside:  # noqa: N801 - reads as a word of the sentence
    """Does a thing again and again, until the end of the block."""

    def __init__(self, do: Callable[[], None]) -> None:
        self.done = Event()
        self.thread = Thread(target=self._again, args=(do,))

    def _again(self, do: Callable[[], None]) -> None:
        while not self.done.wait(1):
            do()

    def __enter__(self) -> None:
        self.thread.start()

    def __exit__(self, *_: object) -> None:
        self.done.set()
        self.thread.join()


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]))
