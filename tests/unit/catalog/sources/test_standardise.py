"""Texts and times as every source writes them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from twinlake.declare import standardise


def said(spark, function: str, texts: list[str | None], *rest: str) -> list:
    from pyspark.sql import functions as F

    frame = spark.createDataFrame([(n, text) for n, text in enumerate(texts)], "n int, text string")
    shown = frame.select("n", getattr(standardise, function)(F.col("text"), *rest).alias("x"))
    return [row.x for row in sorted(shown.collect())]


@pytest.mark.parametrize(
    ("function", "pairs"),
    [
        ("name_part", {"Hand679": "HAND", "  o’Neill3 ": "O'NEILL", "José": "JOSE", "Smith-Jones": "SMITH-JONES",
                       "van  der Berg": "VAN DER BERG", "123": None, "": None, None: None, "Nuñez": "NUNEZ"}),
        ("digits", {"999-26-8761": "999268761", "000-00-0000": None, "n/a": None, None: None}),
        ("postal", {"02128": "02128", "021302331": "02130", "02152-1234": "02152", "00000": None, "D02 X285": None}),
        ("state", {"Massachusetts": "MA", "MA": "MA", "new york": "NY", "Leinster": "LEINSTER", "West Virginia": "WV"}),
        ("identifier", {"S999 73208": "S99973208", "--": None}),
        ("sex", {"F": "female", "male": "male", "OTHER": "other", "": "unknown", None: "unknown", "U": "unknown"}),
        ("year", {"1950": 1950, "1950-02-03": 1950, "x": None}),
        ("full_date", {"1950": None, "1950-02": None, "1950-02-03": date(1950, 2, 3), "1950-02-31": None}),
        ("day", {"1950": date(1950, 1, 1), "1950-02": date(1950, 2, 1),
                 "1976-01-19T22:58:16-05:00": date(1976, 1, 19)}),
    ],
)  # fmt: skip
def test_each_text_has_one_standard_form(spark, function: str, pairs: dict) -> None:
    assert dict(zip(pairs, said(spark, function, list(pairs)), strict=True)) == pairs


def test_every_time_is_utc_whatever_its_zone_and_precision(spark) -> None:
    pairs: dict[str | None, datetime | None] = {
        "2020": datetime(2020, 1, 1, tzinfo=UTC),
        "2020-02": datetime(2020, 2, 1, tzinfo=UTC),
        "2020-02-03": datetime(2020, 2, 3, tzinfo=UTC),
        "2020-02-03T23:00:00-05:00": datetime(2020, 2, 4, 4, tzinfo=UTC),
        "2020-02-03T23:00:00.250Z": datetime(2020, 2, 3, 23, 0, 0, 250000, tzinfo=UTC),
        "2196-02-24 14:38:00": datetime(2196, 2, 24, 19, 38, tzinfo=UTC),
        "2026-07-01T12:00:00": datetime(2026, 7, 1, 16, 0, tzinfo=UTC),
        # New York's clocks went from 2 to 3 on 2026-03-08 and from 2 back to 1 on 2026-11-01.
        "2026-03-08 02:30:00": datetime(2026, 3, 8, 7, 30, tzinfo=UTC),
        "2026-11-01 01:30:00": datetime(2026, 11, 1, 5, 30, tzinfo=UTC),
        "2020-13-01": None,
        "soon": None,
        None: None,
    }
    from pyspark.sql import functions as F

    def micros(text) -> Callable:
        return F.unix_micros(standardise.instant(text))

    frame = spark.createDataFrame([(n, text) for n, text in enumerate(pairs)], "n int, text string")
    frame = frame.withColumn("time_zone", F.lit("America/New_York"))
    found = [row.x for row in sorted(frame.select("n", micros(F.col("text")).alias("x")).collect())]
    assert found == [None if time is None else round(time.timestamp() * 1_000_000) for time in pairs.values()]


def test_numbers_of_json_keep_their_digits(spark) -> None:
    from pyspark.sql import functions as F

    raw = r'{"value": 5.10, "q":{"value":-1.0E-2,"unit":"\"value\":7"}, "values":3, "note":"value: 5"}'
    frame = spark.createDataFrame([(raw,)], "raw string").select(
        standardise.with_exact_numbers(F.col("raw"), "value").alias("json")
    )
    read = F.from_json("json", "value string, q struct<value:string,unit:string>, values int, note string").alias("r")
    assert tuple(frame.select(read).select("r.value", "r.q.value", "r.q.unit", "r.values", "r.note").first()) == (
        "5.10", "-1.0E-2", '"value":7', 3, "value: 5",
    )  # fmt: skip
