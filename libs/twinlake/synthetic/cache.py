"""Where what was fetched or generated once is kept for every later run."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]


def cache_folder() -> Path:
    """`TWINLAKE_CACHE`, or `.cache` beside the code."""
    return Path(os.environ.get("TWINLAKE_CACHE") or REPOSITORY / ".cache").resolve()


@contextmanager
def made_whole(target: Path) -> Iterator[Path]:
    """A folder to fill, which takes its name only when all went well: a killed run leaves nothing half-made."""
    making = target.with_name(f"{target.name}.making")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(parents=True)
    try:
        yield making
        making.rename(target)
    finally:
        shutil.rmtree(making, ignore_errors=True)
