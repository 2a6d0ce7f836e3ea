"""Moves between wards of MIMIC-IV's demo, counted against Python's own csv."""

from __future__ import annotations

import csv
import gzip
from collections import defaultdict
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.spec.sources.conftest import ZONE
from twinlake.catalog.sources.mimic_iv import SYSTEM
from twinlake.engine.staging import stage

TRANSFERS = "mimic4_demo/hosp/transfers.csv.gz"


@pytest.fixture(scope="module")
def transfers(shared_data) -> Path:
    return shared_data / TRANSFERS


def rows(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def seconds(row: dict[str, str]) -> float:
    """By the clock of the zone in which specs read times, of two equal wall times the earlier."""
    start, end = (datetime.fromisoformat(row[name]).replace(tzinfo=ZoneInfo(ZONE)) for name in ("intime", "outtime"))
    return end.timestamp() - start.timestamp()


def test_every_transfer_lands_and_a_discharge_says_nothing_that_the_stay_before_it_does_not(
    transfers, tmp_path
) -> None:
    about, *faults = stage(transfers, SYSTEM.feed("transfers"), tmp_path / "t.parquet", "h/mimic_iv/hosp/transfers.csv")
    told = rows(transfers)
    assert (about["landed"], about["duplicates"], faults) == (len(told), 0, []) == (1190, 0, [])
    last = {row["hadm_id"]: row["outtime"] for row in sorted(told, key=lambda r: r["outtime"]) if row["outtime"]}
    discharges = [row for row in told if row["eventtype"] == "discharge"]
    assert len(discharges) == 275
    assert [row["transfer_id"] for row in discharges if last[row["hadm_id"]] != row["intime"]] == []


def test_each_ward_s_stays_and_hours_are_those_of_the_file(transfers, implement) -> None:
    from pyspark.sql import functions as F

    text = gzip.decompress(transfers.read_bytes())
    found = implement(SYSTEM, "bed_event", transfers=text).groupBy("care_site_source_id").agg(
        F.count("*").alias("stays"),
        F.sum(F.expr("timestampdiff(SECOND, bed_event_start_datetime, bed_event_end_datetime)")).alias("seconds"),
    )  # fmt: skip
    stays = [row for row in rows(transfers) if row["eventtype"] != "discharge"]
    told = {row["care_site_source_id"]: (row["stays"], row["seconds"]) for row in found.collect()}
    expected: dict[str | None, tuple[int, float]] = defaultdict(lambda: (0, 0.0))
    for row in stays:
        name = None if row["careunit"] == "Unknown" else row["careunit"]
        expected[name] = (expected[name][0] + 1, expected[name][1] + seconds(row))
    assert told == expected
    assert sum(stays for stays, _ in told.values()) == 915 and len(told) == 31
