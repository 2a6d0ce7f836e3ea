"""One lake of the tiny feeds a run of the tests; a test that changes something takes a copy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.tiny_feeds import tiny_feeds
from tests.support.tiny_lake import TinyLake


@pytest.fixture(scope="session")
def built(spark, tmp_path_factory: pytest.TempPathFactory) -> TinyLake:
    """The first delivery of the three hospitals, published. Read it; never run it again."""
    lake = TinyLake(tmp_path_factory.mktemp("built"))
    lake.run(tiny_feeds())
    return lake


@pytest.fixture
def lake(built: TinyLake, tmp_path: Path) -> TinyLake:
    """A copy of that lake, to be changed."""
    return built.copy(tmp_path / "lake")


@pytest.fixture
def empty(spark, tmp_path: Path) -> Callable[[str], TinyLake]:
    """`empty(name)`: a home without anything in it."""

    def make(name: str) -> TinyLake:
        (tmp_path / name).mkdir()
        return TinyLake(tmp_path / name)

    return make
