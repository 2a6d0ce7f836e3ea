"""Where what was fetched or generated once is kept for every later run."""

from __future__ import annotations

import os
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]


def cache_folder() -> Path:
    """`TWINLAKE_CACHE`, or `.cache` beside the code."""
    return Path(os.environ.get("TWINLAKE_CACHE") or REPOSITORY / ".cache").resolve()
