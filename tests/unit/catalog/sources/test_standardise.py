"""Texts and times as every source writes them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

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
        ("postal", {"02128": "02128", "021302331": "02130", "02152-1234": "02152", "00000": None, "02128 MA": "02128",
                    "D02 X285": "D02X285", "sw1a 1aa": "SW1A1AA", "K1A 0B1": "K1A0B1", "2000": "2000",
                    "110001": "110001", "01310-100": "01310100", "A0A 0A0": "A0A0A0", "unknown": None,
                    "0": None, "": None, None: None}),
        ("state", {"Massachusetts": "MA", "MA": "MA", "new york": "NY", "Leinster": "LEINSTER", "West Virginia": "WV"}),
        ("identifier", {"S999 73208": "S99973208", "--": None}),
        ("sex", {"F": "female", "male": "male", "OTHER": "other", "": "unknown", None: "unknown", "U": "unknown"}),
        ("year", {"1950": 1950, "1950-02-03": 1950, "x": None}),
        ("full_date", {"1950": None, "1950-02": None, "1950-02-03": date(1950, 2, 3), "1950-02-31": None}),
        ("day", {"1950": date(1950, 1, 1), "1950-02": date(1950, 2, 1),
                 "1976-01-19T22:58:16-05:00": date(1976, 1, 19)}),
        ("last_day", {"1950": date(1950, 12, 31), "1952-02": date(1952, 2, 29), "1950-04": date(1950, 4, 30),
                      "1950-02-03": date(1950, 2, 3), "1976-01-19T22:58:16-05:00": date(1976, 1, 19),
                      "1950-02-31": None, "1950-13": None, "soon": None, "": None, None: None}),
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
        return F.unix_micros(standardise.instant(text).utc)

    frame = spark.createDataFrame([(n, text) for n, text in enumerate(pairs)], "n int, text string")
    frame = frame.withColumn("time_zone", F.lit("America/New_York"))
    found = [row.x for row in sorted(frame.select("n", micros(F.col("text")).alias("x")).collect())]
    assert found == [None if time is None else round(time.timestamp() * 1_000_000) for time in pairs.values()]


def test_a_date_or_a_part_of_one_ends_with_its_last_second_and_a_time_is_as_it_is(spark) -> None:
    """hl7.org/fhir/R4/datatypes.html#Period: 2012-02-03T10:00:00 is in a period that ends on 2012-02-03."""
    pairs: dict[str | None, datetime | None] = {
        "2020": datetime(2020, 12, 31, 23, 59, 59, tzinfo=UTC),
        "2020-02": datetime(2020, 2, 29, 23, 59, 59, tzinfo=UTC),
        "2020-02-03": datetime(2020, 2, 3, 23, 59, 59, tzinfo=UTC),
        "2020-02-03T00:00:00Z": datetime(2020, 2, 3, tzinfo=UTC),
        "2020-02-03T23:00:00-05:00": datetime(2020, 2, 4, 4, tzinfo=UTC),
        "2026-11-01 01:30:00": datetime(2026, 11, 1, 5, 30, tzinfo=UTC),
        **dict.fromkeys(("2020-13", "2020-02-30", "0000", "soon", "", "2020-1-5", None)),
    }
    from pyspark.sql import functions as F

    frame = spark.createDataFrame([(n, text) for n, text in enumerate(pairs)], "n int, text string")
    ended = standardise.end_of(F.col("text"))
    frame = frame.withColumn("time_zone", F.lit("America/New_York"))
    shown = sorted(frame.select("n", F.unix_micros(ended.utc).alias("x"), ended.quality.alias("q")).collect())
    assert [row.x for row in shown] == [None if t is None else round(t.timestamp() * 1_000_000) for t in pairs.values()]
    assert [row.q for row in shown if row.q] == ["overlap"]


# Hours around the nights of 2026 on which the clocks are turned forward and back; Lord Howe's go by half an hour.
NIGHTS = {
    "Europe/Dublin": (datetime(2026, 3, 29), datetime(2026, 10, 25)),
    "America/New_York": (datetime(2026, 3, 8), datetime(2026, 11, 1)),
    "Australia/Lord_Howe": (datetime(2026, 10, 4), datetime(2026, 4, 5)),
}


def _told_by_zoneinfo(wall: datetime, zone: str) -> tuple[datetime, str | None]:
    """The moment and what is left open about it, after PEP 495: `fold` tells two moments of one wall time apart."""
    first, second = (wall.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC) for fold in (0, 1))
    skipped = first.astimezone(ZoneInfo(zone)).replace(tzinfo=None) != wall
    return first, "gap" if skipped else "overlap" if first != second else None


def test_a_time_the_clock_skipped_or_showed_twice_is_resolved_and_marked(spark) -> None:
    walls = [
        (zone, night + timedelta(minutes=15 * n)) for zone, nights in NIGHTS.items() for night in nights
        for n in range(-96, 96)
    ]  # fmt: skip
    found = _read(spark, [(zone, str(wall)) for zone, wall in walls])
    expected = [_told_by_zoneinfo(wall, zone) for zone, wall in walls]
    assert found == [(round(utc.timestamp() * 1_000_000), quality) for utc, quality in expected]
    assert {(zone, quality): n for (zone, quality), n in _counted(walls, expected).items() if quality} == {
        ("Europe/Dublin", "gap"): 4, ("Europe/Dublin", "overlap"): 4,
        ("America/New_York", "gap"): 4, ("America/New_York", "overlap"): 4,
        ("Australia/Lord_Howe", "gap"): 2, ("Australia/Lord_Howe", "overlap"): 2,
    }  # fmt: skip


def test_a_time_that_is_told_with_its_zone_or_as_a_day_leaves_nothing_open(spark) -> None:
    certain = ("2026-10-25T01:30:00+01:00", "2026-10-25T01:30:00Z", "2026-03-29", "2026-03", "soon", None)
    rows = [("Europe/Dublin", text) for text in certain] + [(None, "2026-10-25 01:30:00")]
    assert {quality for _, quality in _read(spark, rows)} == {None}


def _read(spark, rows: list[tuple[str | None, str | None]]) -> list[tuple[int | None, str | None]]:
    from pyspark.sql import functions as F

    frame = spark.createDataFrame([(n, *row) for n, row in enumerate(rows)], "n int, time_zone string, text string")
    told = standardise.instant(F.col("text"))
    shown = frame.select("n", F.unix_micros(told.utc).alias("utc"), told.quality.alias("quality")).collect()
    return [(row.utc, row.quality) for row in sorted(shown)]


def _counted(walls: list[tuple[str, datetime]], expected: list[tuple[datetime, str | None]]) -> Counter:
    return Counter((zone, quality) for (zone, _), (_, quality) in zip(walls, expected, strict=True))


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
