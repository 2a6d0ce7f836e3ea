"""The digest of a table: the same for the same rows, another for any other rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from twinlake.engine.digest import lake_digest
from twinlake.engine.replace import hash_sum

SCHEMA = "a string, b string, d double"
MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
ROWS = [("x", None, 0.1), (None, "x", 0.2), ("y", "z", 0.3), ("y", "z", 0.3)]


@pytest.fixture
def digest(spark):
    def of(rows: list[tuple], partitions: int = 1) -> int:
        frame = spark.createDataFrame(rows, SCHEMA).repartition(partitions)
        return int(frame.agg(hash_sum(("a", "b", "d"))).first()[0])

    return of


def test_order_and_partitions_do_not_matter_but_every_row_does(digest) -> None:
    whole = digest(ROWS)
    assert digest(ROWS[::-1], 3) == whole
    assert digest(ROWS[:-1]) != whole, "the same row twice is not the same as once"
    assert digest([*ROWS[:2], ("y", "z", 0.3), ("z", "y", 0.3)]) != whole


def test_a_null_is_a_value_and_has_a_place(digest) -> None:
    assert digest([("x", None, 1.0)]) != digest([(None, "x", 1.0)])
    assert digest([(None, None, None)]) != digest([])


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("struct<dose: string, unit: string>", ("mg", None), (None, "mg")),
        ("array<struct<dose: string, unit: string>>", [("mg", None)], [(None, "mg")]),
        ("array<string>", ["mg", None], [None, "mg"]),
        ("array<string>", ["mg", None], ["mg"]),
        ("struct<at: timestamp, value: double>", (MOMENT, 1.0), (MOMENT + timedelta(microseconds=1), 1.0)),
    ],
)
def test_a_null_within_a_value_has_its_place_too(spark, kind, one, other) -> None:
    digests = spark.createDataFrame([(0, one), (1, other)], f"row int, value {kind}").groupBy("row")
    first, second = digests.agg(hash_sum(("value",), ("value",)).alias("digest")).collect()
    assert first["digest"] != second["digest"]


def test_the_lake_digest_is_of_all_tables_in_any_order() -> None:
    assert lake_digest({"a": "1:2", "b": "3:4"}) == lake_digest({"b": "3:4", "a": "1:2"})
    assert lake_digest({"a": "1:2"}) != lake_digest({"a": "1:2", "b": "0:0"})
