"""The day's cost: a first run, a run with nothing new, one observation added, one changed in place.

Run by `twinlake bench daily`. It invents the demo's network (or takes the cached patients), works in a scratch folder,
and prints seconds, CPU-seconds and, for each run, the tables that were touched with their rows and files.
"""

from __future__ import annotations

import argparse
import ctypes
import gzip
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from twinlake.engine.ops import Ops
from twinlake.synthetic.network import make_network

FIRST_DAY, SECOND_DAY = "2026-11-01", "2026-11-02"
BODY_WEIGHT = "29463-7"
OBSERVATIONS = "Observation.ndjson.gz"


def main() -> None:
    """Measure and print."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--patients", type=int, default=200)
    given.add_argument("--hospitals", type=int, default=4)
    options = given.parse_args()
    _adopt()
    with tempfile.TemporaryDirectory(prefix="twinlake-bench-") as scratch:
        feeds = _network(Path(scratch), options.patients, options.hospitals)
        home = Path(scratch) / "home"
        first = _run(feeds, home, FIRST_DAY)
        print(f"first run                 {first}")
        versions = _versions(home)
        print(f"nothing new               {_run(feeds, home, FIRST_DAY)}")
        print(f"  tables written: {sum(_versions(home)[t] != v for t, v in versions.items())}")
        _add_observation(feeds)
        _report("one observation added     ", _run(feeds, home, SECOND_DAY), home)
        _change_observation(feeds)
        _report("one changed in place      ", _run(feeds, home, SECOND_DAY), home)


def _network(scratch: Path, patients: int, hospitals: int) -> Path:
    made = make_network(patients, hospitals, 7, scratch / "network", print)
    return made.feeds


def _run(feeds: Path, home: Path, as_of: str) -> str:
    """Seconds by the clock, and of CPU: a busy machine stretches the first, hardly the second."""
    started, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "twinlake.cli", "run", "--feeds", str(feeds), "--as-of", as_of]
    with (home.parent / "run.log").open("a") as log:
        done = subprocess.run(command, stdout=log, stderr=log, env={**os.environ, "TWINLAKE_HOME": str(home)})
    if done.returncode:
        shutil.copy(home.parent / "run.log", "bench-daily.log")
        raise SystemExit("The run failed; see bench-daily.log.")
    _bury()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return f"{time.monotonic() - started:7.1f} s {spent:7.1f} CPU-s"


def _adopt() -> None:
    """Spark's JVM outlives the run that started it: it becomes ours, or its CPU would be nobody's (Linux, prctl(2))."""
    PR_SET_CHILD_SUBREAPER = 36
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)


def _bury() -> None:
    with suppress(ChildProcessError):
        while True:
            os.wait()


def _versions(home: Path) -> dict[str, int | None]:
    ops = Ops(home / "lake")
    names = {row["table"] for row in ops.rows("publication")}
    return {name: ops.version(name) for name in sorted(names)}


def _report(what: str, seconds: str, home: Path) -> None:
    print(f"{what}{seconds}")
    rows = Ops(home / "lake").rows("table_run")
    for row in (r for r in rows if r["run_id"] == rows[-1]["run_id"]):
        if row["rows_deleted"] or row["rows_written"]:
            print(f"  {row['table']:<30} {row['units_changed']} units, {row['rows_deleted']} rows out, "
                  f"{row['rows_written']} in, {row['files_added']} files added")  # fmt: skip


def _fhir_folders(feeds: Path) -> Iterator[Path]:
    yield from sorted(p for p in feeds.glob(f"*/fhir_r4_bulk/{FIRST_DAY}") if (p / OBSERVATIONS).is_file())


def _weights(folder: Path) -> Iterator[tuple[int, dict]]:
    for number, line in enumerate(gzip.decompress((folder / OBSERVATIONS).read_bytes()).split(b"\n")):
        try:
            found = json.loads(line)
        except (json.JSONDecodeError, UnicodeDecodeError):
            continue
        if found["code"]["coding"][0]["code"] == BODY_WEIGHT and found["status"] == "final":
            yield number, found


def _add_observation(feeds: Path) -> None:
    folder = next(_fhir_folders(feeds))
    _, found = next(_weights(folder))
    found["id"], found["effectiveDateTime"] = "bench-added", f"{FIRST_DAY}T10:00:00+00:00"
    target = folder.with_name(SECOND_DAY)
    target.mkdir()
    (target / "Observation.ndjson").write_text(json.dumps(found, separators=(",", ":")) + "\n")


def _change_observation(feeds: Path) -> None:
    folder = next(_fhir_folders(feeds))
    file = folder / OBSERVATIONS
    number, found = list(_weights(folder))[-1]
    found["valueQuantity"]["value"] = round(found["valueQuantity"]["value"] + 1.5, 1)
    lines = gzip.decompress(file.read_bytes()).split(b"\n")
    lines[number] = json.dumps(found, separators=(",", ":")).encode()
    file.write_bytes(gzip.compress(b"\n".join(lines), mtime=0))


if __name__ == "__main__":
    main()
