"""The benchmarks, each a script under tests/benchmark."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from twinlake.declare.errors import ConfigurationError

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "tests" / "benchmark"


def run_benchmarks(name: str | None, options: Sequence[str] = ()) -> None:
    """Run one benchmark by name with its options, or all of them, one after the other."""
    known = {p.stem.removeprefix("bench_"): p for p in sorted(FOLDER.glob("bench_*.py"))}
    if name is not None and name not in known:
        raise ConfigurationError(f"No benchmark is called {name!r}. Known: {', '.join(known)}.")
    paths = os.pathsep.join([str(ROOT / "libs"), str(ROOT)])
    for path in [known[name]] if name else known.values():
        print(f"== {path.stem}", flush=True)
        subprocess.run([sys.executable, str(path), *options], check=True, env={**os.environ, "PYTHONPATH": paths})
