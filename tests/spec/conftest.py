"""What every spec has: `given` makes a table from its drawing; `expect` is imported from tests.support.text_table."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.support.text_table import frame

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

Given = Callable[..., "DataFrame"]


@pytest.fixture
def given(spark: SparkSession) -> Given:
    """`given(text, like=table)`: the drawn rows; columns of `like` that are not drawn are null."""
    return partial(frame, spark)
