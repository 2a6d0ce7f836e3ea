"""The demonstration: a network, the daily DAG through Airflow, and what came of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from threading import Thread

from jobs._report import finish
from jobs._run import moment, open_run, run_id_now
from twinlake.declare.errors import PlatformError, TwinlakeError
from twinlake.engine.airflow_run import run_daily
from twinlake.engine.home import home_of, run_lock
from twinlake.engine.session import start_session
from twinlake.synthetic.network import make_network
from twinlake.synthetic.synthea import REFERENCE_DATE

NEEDED_BYTES = 4 << 30
INVENTED = Path(".twinlake/networks")


def demo(
    feeds: Path | None, as_of: str | None, patients: int, hospitals: int, seed: int, say: Callable[[str], None]
) -> None:
    """Make or take a network and run the daily DAG over it in this process."""
    _check_space()
    if feeds is None:
        out = INVENTED / f"demo-{patients}-{hospitals}-{seed}"
        if not home_of(out / "feeds").lake.exists():
            # Two threads that import one package at once may each find half of it.
            import_module("pyspark.sql")
            Thread(target=_warm_up, daemon=True).start()
        feeds = make_network(patients, hospitals, seed, out, say).feeds
        as_of = as_of or REFERENCE_DATE
    at = moment(as_of) if as_of else moment(run_id_now("").lstrip("-")[:8])
    opened = open_run(feeds, at, run_id_now("demo"), say)
    with run_lock(opened.run.home, opened.run.run_id):
        run_daily(feeds, at, say)
    finish(opened)


def _warm_up() -> None:
    """Start Spark while patients are dealt; what keeps it from starting is told when it is needed."""
    with suppress(TwinlakeError):
        start_session()


def _check_space() -> None:
    free = shutil.disk_usage(".").free
    if free < NEEDED_BYTES:
        needed = NEEDED_BYTES >> 30
        raise PlatformError(f"{free / 2**30:.1f} GiB free here; the demo needs {needed}. Make room and run it again.")
