"""Folders that are whole or not there."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


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
