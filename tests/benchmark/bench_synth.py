"""How fast a network is made: persons and megabytes a second, and the most memory, of Spark and of its workers.

Run by `twinlake bench synth`. Every process counts: the JVM, this one, and each worker that writes parts. Synthea's
own patients are generated before the clock starts, if they are not in the cache.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import threading
import time
from pathlib import Path

from twinlake.synthetic.network import make_network
from twinlake.synthetic.plan import Asked, plan_of


def main() -> None:
    """Measure and print."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--patients", type=int, default=10_000)
    given.add_argument("--hospitals", type=int, default=8)
    given.add_argument("--events", type=int, default=50)
    options = given.parse_args()
    plan_of(Asked(options.patients, options.hospitals, 7, options.events), print)
    with tempfile.TemporaryDirectory(prefix="twinlake-bench-") as scratch, Watch() as watch:
        began = time.monotonic()
        made = make_network(options.patients, options.hospitals, 7, Path(scratch) / "out", print, options.events)
        seconds = time.monotonic() - began
        sizes = [path.stat().st_size for path in made.feeds.rglob("*") if path.is_file()]
    print(f"{made.persons:,} persons at {options.hospitals} hospitals, {options.events} events each")
    size, per_event = sum(sizes) / 1e6, sum(sizes) / made.persons / options.events
    print(f"{size:,.0f} MB in {len(sizes):,} files, {per_event:.0f} B an event")
    print(f"{seconds:.0f} s, {made.persons / seconds:.0f} persons/s, {size / seconds:.1f} MB/s")
    print(f"CPU {watch.cpu:.0f} s, {made.persons / watch.cpu:.0f} persons a CPU-second")
    print(f"peak memory, JVM and Python, shared pages once: {watch.peak / 2**30:.2f} GiB")


class Watch:
    """The most memory that this process and those it started held at once, and the CPU that they took."""

    def __enter__(self) -> Watch:
        self.peak, self.cpu, self._seen, self._over = 0, 0.0, {}, threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self.cpu = sum(self._seen.values())

    def _look(self) -> None:
        while not self._over.wait(1):
            family = descendants(os.getpid())
            self.peak = max(self.peak, sum(map(proportional_bytes, family)))
            self._seen |= {pid: cpu_seconds(pid) for pid in family}


def descendants(root: int) -> list[int]:
    """A process and all that it started, while they live."""
    parents = {int(path.name): parent_of(path) for path in Path("/proc").iterdir() if path.name.isdigit()}
    family, size = {root}, 0
    while size != len(family):
        size = len(family)
        family |= {pid for pid, parent in parents.items() if parent in family}
    return sorted(family)


def parent_of(process: Path) -> int:
    """Who started it; 0 for one that is gone."""
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def proportional_bytes(pid: int) -> int:
    """What a process holds, pages that it shares with others in part."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)


def cpu_seconds(pid: int) -> float:
    """Seconds of CPU that a process took so far."""
    try:
        told = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
