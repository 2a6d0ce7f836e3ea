"""A full disk is told as such, whoever met it and whatever failed because of it."""

from __future__ import annotations

import sqlite3
from errno import EACCES, ENOSPC

import pytest

from twinlake.declare.errors import PlatformError
from twinlake.engine.failure import is_disk_full

FULL = (
    OSError(ENOSPC, "No space left on device"), sqlite3.OperationalError("database or disk is full"),
    Exception("Generic LocalFileSystem error: Unable to write: No space left on device (os error 28)"),
)  # fmt: skip


@pytest.mark.parametrize("first", FULL)
def test_a_full_disk_is_found_behind_what_failed_because_of_it(first: Exception):
    assert is_disk_full(first)
    try:
        try:
            raise first
        except Exception:
            raise PlatformError("silver.measurement failed in Spark") from None
    except PlatformError as later:
        assert is_disk_full(later)


def test_another_failure_is_none():
    assert not is_disk_full(OSError(EACCES, "Permission denied"))
    assert not is_disk_full(None)
