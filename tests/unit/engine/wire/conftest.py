"""Reads bytes as a feed would."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

import pytest

from twinlake.declare.source import Feed, csv_feed
from twinlake.engine.wire import Fault, Record, reader

Read = Callable[..., list[Record | Fault]]
PERSONS = csv_feed("persons", r"persons\.csv", "id,name,note", "snapshot", key=("id",), person="id")
VISITS = Feed(
    name="visit", files=r"visit\.ndjson", wire="ndjson", schema="id string", delivery="increment",
    key=("id",), person="subject.reference", version="meta.lastUpdated",
)  # fmt: skip


@pytest.fixture
def read_csv() -> Read:
    def read(data: bytes, feed: Feed = PERSONS):
        return list(reader("csv")(BytesIO(data), feed))

    return read


@pytest.fixture
def read_json() -> Read:
    def read(data: bytes, feed: Feed = VISITS):
        return list(reader("ndjson")(BytesIO(data), feed))

    return read
