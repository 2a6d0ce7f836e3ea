"""What every test may ask for: one Spark session a worker, and the real data where it is present."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

REPOSITORY = Path(__file__).resolve().parents[1]

# A test that fails must fail again: no deadline on a busy machine, no random seed, no memory between runs.
settings.register_profile("twinlake", deadline=None, derandomize=True, database=None)
settings.load_profile("twinlake")


def pytest_configure() -> None:
    """Tests run in the environment for tests, unless another is asked for."""
    os.environ.setdefault("TWINLAKE_ENV", "ci")
    # A worker of xdist has a __main__ without a file; PySpark takes that for its doctests and ends the process.
    sys.modules["__main__"].__dict__.setdefault("__file__", __file__)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that asks for `spark` or `shared_data` is marked so; files of long tests come first.

    They are handed out in this order, so that at the end no worker waits long for the other.
    """
    for item in items:
        for name in {"spark", "shared_data"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(name)
    with_spark = {item.path for item in items if item.get_closest_marker("spark")}
    items.sort(key=lambda item: (item.path.parent.name != "end_to_end", item.path not in with_spark))


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    """The one Spark session of this worker."""
    from twinlake.engine.session import start_session

    session = start_session("twinlake-tests")
    yield session
    session.stop()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data: `TWINLAKE_SHARED_DATA`, else beside the repository; skips where there is none."""
    folder = Path(os.environ.get("TWINLAKE_SHARED_DATA") or REPOSITORY.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no real data in {folder}; set TWINLAKE_SHARED_DATA to run this test")
    return folder
