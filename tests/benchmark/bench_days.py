"""Many days: a small delivery a day, upkeep every few; seconds a day and files, the first tenth beside the last.

Run by `twinlake bench days --days 200 --every 7`. It invents a small network and works in a scratch folder, in the
environment `ci` unless told otherwise, which keeps few publications, so that a short bench comes to rest.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
from datetime import date, timedelta
from pathlib import Path
from unittest.mock import patch

from jobs import _daily
from jobs._maintain import maintain
from jobs._run import moment, open_run
from tests.support.benched import spent
from tests.support.tiny_feeds import WEIGHT, Feeds, observation, tiny_feeds
from twinlake.engine.environment import load_environment
from twinlake.engine.ops import Ops

FIRST = date(2026, 11, 1)


def main() -> None:
    """Measure and print."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--days", type=int, default=200)
    given.add_argument("--every", type=int, default=7, help="days between two upkeeps; 0: none")
    options = given.parse_args()
    os.environ.setdefault("TWINLAKE_ENV", "ci")
    keeps = load_environment()
    print(f"keeps {keeps.keep_publications} publications, {keeps.keep_days} days, {keeps.keep_runs} runs")
    with tempfile.TemporaryDirectory(prefix="twinlake-bench-") as scratch, patch("jobs.train.step", lambda *_, **__: 0):
        _measure(Path(scratch), options.days, options.every)


def _measure(scratch: Path, days: int, every: int) -> None:
    os.environ["TWINLAKE_HOME"] = str(scratch / "home")
    feeds, seconds, files, tended = scratch / "feeds", [], [], []
    tiny_feeds().write(feeds)
    first = spent(lambda: _day(feeds, 0)).clock
    for day in range(1, days + 1):
        seen = observation(f"day-{day}", "ada", WEIGHT, 60 + day % 40, "kg", str(FIRST))
        Feeds().fhir("Observation", seen, day=str(FIRST + timedelta(day))).write(feeds)
        seconds.append(spent(lambda day=day: _day(feeds, day)).clock)
        if every and day % every == 0:
            tended.append(spent(lambda day=day: _upkeep(feeds, day)).clock)
        files.append(sum(1 for file in (scratch / "home" / "lake").rglob("*") if file.is_file()))
        if day % 10 == 0:
            print(f"day {day:>4}  {statistics.mean(seconds[-10:]):6.1f} s a day  {files[-1]:>7,} files", flush=True)
    tenth = max(1, days // 10)
    print(f"first run                 {first:7.1f} s")
    for what, part in (("first", slice(tenth)), ("last", slice(-tenth, None))):
        print(f"{what:<5} tenth, median day    {statistics.median(seconds[part]):7.1f} s {max(files[part]):9,} files")
    if tended:
        print(f"upkeep, first and last    {tended[0]:7.1f} s {tended[-1]:7.1f} s")
    print(
        f"publications kept         {len({r['sequence'] for r in Ops(scratch / 'home' / 'lake').rows('publication')})}"
    )


def _day(feeds: Path, day: int) -> None:
    _daily.walk(open_run(feeds, moment(str(FIRST + timedelta(day))), f"run-{day}"))


def _upkeep(feeds: Path, day: int) -> None:
    maintain(open_run(feeds, moment(str(FIRST + timedelta(day))), f"maintain-{day}"), lambda _: None)


if __name__ == "__main__":
    main()
