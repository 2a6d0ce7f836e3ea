"""Invented beds, shifts and equipment: read by the project's own wire, and free of what cannot be."""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest

from twinlake.catalog.sources.operations import SYSTEM
from twinlake.engine.wire import Record, reader
from twinlake.synthetic.chance import chance
from twinlake.synthetic.operations import COLUMNS, Patient, Stay, write_operations
from twinlake.vocabulary.fields.operations import EQUIPMENT_STATUSES, ROLES, SHIFT_STATUSES

NIGHT = datetime(2026, 10, 31, 22, tzinfo=UTC)
PATIENTS = [Patient(f"p{n}", f"M{n}", "Ada", 'O"Brien, Jr', "1950-01-01", "F") for n in range(60)]


def stays() -> list[Stay]:
    """Sixty stays within three days around the turned clock: more than the wards have beds."""
    luck = chance(1, "stays")
    starts = [NIGHT + timedelta(minutes=luck.randrange(3 * 24 * 60)) for _ in PATIENTS]
    return [
        Stay(p.patient_id, f"v{n}", n % 4 == 0, at, at + timedelta(minutes=luck.randrange(30, 6000)))
        for n, (p, at) in enumerate(zip(PATIENTS, starts, strict=True))
    ]


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("operations")
    nobody = Patient("p-away", "M", "Bob", "Away", "1950-01-01", "M")
    write_operations(out, [nobody, *PATIENTS], stays(), partial(chance, 7, "operations", "a"), "America/New_York")
    return out


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize("name", COLUMNS)
def test_the_wire_reads_every_row_and_every_key_once(written: Path, name: str) -> None:
    feed = SYSTEM.feed_of(f"{name}.csv")
    assert feed is not None and feed.columns == COLUMNS[name]
    with (written / f"{name}.csv").open("rb") as stream:
        found = list(reader("csv")(stream, feed))
    assert found and all(isinstance(record, Record) for record in found)
    assert len({record.identity for record in found}) == len(found) == len(rows(written, name))


def test_the_same_arguments_give_the_same_bytes_in_any_order(written: Path, tmp_path: Path) -> None:
    backwards = [*reversed(stays())]
    write_operations(tmp_path, PATIENTS, backwards, partial(chance, 7, "operations", "a"), "America/New_York")
    assert all((tmp_path / f"{n}.csv").read_bytes() == (written / f"{n}.csv").read_bytes() for n in COLUMNS)


def test_the_parts_of_a_stay_follow_each_other_from_arriving_to_leaving(written: Path) -> None:
    parts = defaultdict(list)
    for row in rows(written, "bed_stays"):
        parts[row["visit_id"]].append(row)
    for stay in stays():
        mine = sorted(parts.pop(stay.visit_id), key=lambda row: row["stay_id"])
        assert at(mine[0]["arrived_at"]) == stay.arrived and at(mine[-1]["left_at"]) == stay.left
        assert all(a["left_at"] == b["arrived_at"] for a, b in pairwise(mine))
        assert all(at(row["arrived_at"]) <= at(row["left_at"]) for row in mine)
    assert not parts


def test_no_bed_has_two_patients_or_is_cleaned_under_one(written: Path) -> None:
    spans = defaultdict(list)
    for row in rows(written, "bed_stays"):
        spans[row["ward"], row["bed"]].append((at(row["arrived_at"]), at(row["left_at"])))
    without_bed = sum(len(spans.pop(key)) for key in list(spans) if not key[1])
    for row in rows(written, "bed_status"):
        spans[row["ward"], row["bed"]].append((at(row["began_at"]), at(row["ended_at"])))
    assert all(a[1] <= b[0] for each in spans.values() for a, b in pairwise(sorted(each)))
    assert without_bed and sum(map(len, spans.values())) == 2 * len(rows(written, "bed_status"))


def test_nobody_has_two_shifts_at_once_and_words_are_known(written: Path) -> None:
    spans = defaultdict(list)
    for row in rows(written, "shifts"):
        assert row["status"].lower() in SHIFT_STATUSES and row["role"].lower().replace(" ", "_") in ROLES
        spans[row["staff_id"] or row["shift_id"]].append((at(row["planned_start"]), at(row["planned_end"])))
    assert all(a[1] <= b[0] for each in spans.values() for a, b in pairwise(sorted(each)))
    assert {row["status"] for row in rows(written, "shifts")} == {"Planned", "Worked", "Absent"}


def test_the_log_is_in_order_and_equipment_goes_from_one_state_to_another(written: Path) -> None:
    log = rows(written, "equipment")
    assert [row["changed_at"] for row in log] == sorted(row["changed_at"] for row in log)
    lives = defaultdict(list)
    for row in log:
        lives[row["asset_id"]].append(row["status"])
        assert row["status"].lower().replace(" ", "_") in EQUIPMENT_STATUSES
    assert all(a != b for life in lives.values() for a, b in pairwise(life))
    assert any(len(life) > 1 for life in lives.values())


def test_only_patients_with_a_stay_are_told_of_and_every_ward_is_known(written: Path) -> None:
    assert {row["patient_id"] for row in rows(written, "patients")} == {p.patient_id for p in PATIENTS}
    wards = {row["ward"] for row in rows(written, "wards")}
    assert all(row["ward"] in wards for name in ("bed_stays", "shifts", "equipment") for row in rows(written, name))
