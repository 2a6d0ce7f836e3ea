"""Deliveries that change, through a lake: what was let pass is silver as before, and what was not stops the run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.tiny_feeds import SETTINGS, SYNTHEA_VALUES, Feeds, northgate, synthea_value
from tests.support.tiny_lake import TinyLake
from twinlake.declare.errors import DataError
from twinlake.plan import read_plan

pytestmark = pytest.mark.timeout(900)
FILE = "northgate/synthea_csv/2026-10-01/observations.csv"
NEEDED = ("gold.measurement_drift", *(node.name for node in read_plan().upto("silver.measurement")))


def with_columns(feeds: Feeds, order: str) -> Feeds:
    """The observations with these columns in this order; one that is not declared holds `west`."""
    header, *rows = [line.split(",") for line in feeds.files[FILE].splitlines()]
    names = order.split(",")
    records = [dict(zip(header, row, strict=True)) for row in rows]
    lines = [order, *(",".join(r.get(name, "west") for name in names) for r in records)]
    feeds.files[FILE] = "\n".join(lines) + "\n"
    return feeds


def values(lake: TinyLake) -> list[tuple]:
    told = ("measurement_code", "measurement_datetime", "value_as_number", "unit_code", "person_id")
    return sorted(tuple(row[name] for name in told) for row in lake.rows("silver.measurement"))


@pytest.mark.nightly
def test_reordered_new_and_dropped_columns_are_silver_as_before(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setitem(SETTINGS, "northgate", SETTINGS["northgate"] + '[drift]\n"synthea_csv.dropped" = "keep"\n')
    plain, moved = TinyLake(tmp_path / "plain"), TinyLake(tmp_path / "moved")
    for lake in (plain, moved):
        lake.folder.mkdir()
    plain.run(northgate(Feeds()), only=NEEDED)
    moved.run(
        with_columns(northgate(Feeds()), "WARD,VALUE,UNITS,CODE,PATIENT,DATE,TYPE,DESCRIPTION,ENCOUNTER"), only=NEEDED
    )
    assert len(values(plain)) == 3 and values(moved) == values(plain)
    first = moved.rows("ops.file_schema")
    assert [r["layout"] for r in first if r["path"] == FILE] == [
        "WARD,VALUE,UNITS,CODE,PATIENT,DATE,TYPE,DESCRIPTION,ENCOUNTER"
    ]
    later = (*SYNTHEA_VALUES, synthea_value("n-cleo", "v-2", "29463-7", 56, "kg", "2026-03-03"))
    moved.run(northgate(Feeds(), values=later), only=NEEDED)
    plain.run(northgate(Feeds(), values=later), only=NEEDED)
    assert len(values(plain)) == 4 and values(moved) == values(plain)


@pytest.mark.nightly
def test_a_delivery_without_what_matters_stops_the_run_that_says_so_until_it_is_mended(
    tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setitem(SETTINGS, "northgate", SETTINGS["northgate"] + '[drift]\n"synthea_csv.lost" = "stop"\n')
    lake = TinyLake(tmp_path / "lake")
    lake.folder.mkdir()
    broken = with_columns(northgate(Feeds()), "DATE,PATIENT,ENCOUNTER,CATEGORY,CODE,DESCRIPTION,UNITS,TYPE")
    for _ in range(2):
        with pytest.raises(DataError, match=rf"{FILE}: schema_drift: lost VALUE .*stop.*hospital.toml"):
            lake.run(broken, only=NEEDED)
    lake.run(northgate(Feeds()), only=NEEDED)
    assert len(values(lake)) == 3
