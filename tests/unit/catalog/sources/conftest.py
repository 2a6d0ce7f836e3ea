"""The same `implement` and records as the specs of the systems have."""

from __future__ import annotations

from functools import partial

import pytest

from tests.spec.sources.conftest import frame_of, implement

__all__ = ["implement"]


@pytest.fixture
def records(spark):
    """`records(system, feed, text)`: the feed's records, parsed."""
    return partial(frame_of, spark)
