"""A small disk that can be full: a tmpfs, where the machine allows one to be mounted."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def small_disk(folder: Path) -> Iterator[bool]:
    """Mounts a tmpfs on `folder`; whether that was allowed."""
    folder.mkdir(parents=True, exist_ok=True)
    is_mounted = _mount("-t", "tmpfs", "-o", "size=1g", "tmpfs", str(folder))
    try:
        yield is_mounted
    finally:
        if is_mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=False)


def resize(folder: Path, size: int) -> None:
    """From now on the disk holds so many bytes."""
    if not _mount("-o", f"remount,size={size}", str(folder)):
        raise OSError(f"{folder} cannot be resized")


def _mount(*arguments: str) -> bool:
    try:
        return subprocess.run(["mount", *arguments], check=False, capture_output=True).returncode == 0
    except FileNotFoundError:
        return False
