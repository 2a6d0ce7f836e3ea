"""A bed board, a roster and a maintenance log that fit the stays of a hospital's patients, as the system `operations`.

A writer of a network calls `write_operations` once a hospital, with the patients and stays it has dealt to it:

    write_operations(folder, patients, stays, partial(chance, seed, "operations", hospital), "America/New_York")

Shifts of twelve hours and more are what many nurses work (Griffiths et al., Med Care 2014;52:975); sizes of wards,
rates and lengths are round numbers of ours.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

Row = Mapping[str, object]
Luck = Callable[..., random.Random]
"""`luck(*purpose)`: a generator of its own for each purpose, as `partial(chance, seed, …)`."""

# Days up to the last stay's end of which rosters and the log tell; stays are told of all years.
DAYS = 28
# Of these last days the roster is still a plan.
PLANNED_DAYS = 2
BY_EMERGENCY, TO_INTENSIVE, ABSENT, UNFILLED = 0.6, 0.15, 0.04, 0.03
LONG_DAYS = (("07:30", 12.5), ("19:30", 12.5))


@dataclass(frozen=True)
class Patient:
    """Who lies in beds; the columns of patients.csv. `birth_date` is a day, `sex` a letter."""

    patient_id: str
    mrn: str
    given_name: str
    family_name: str
    birth_date: str
    sex: str


@dataclass(frozen=True)
class Stay:
    """A patient in the hospital from `arrived` to `left` (with zone); an emergency never leaves the emergency room."""

    patient_id: str
    visit_id: str
    is_emergency: bool
    arrived: datetime
    left: datetime


@dataclass(frozen=True)
class Ward:
    """A ward: numbered beds (an emergency room has none), and who works a shift there."""

    ward: str
    name: str
    type: str
    beds: int
    roles: tuple[str, ...]


NURSE, ASSISTANT, PHYSICIAN = "Registered nurse", "Nursing assistant", "Physician"
EMERGENCY = Ward("ED", "Emergency room", "ER", 0, (NURSE, NURSE, ASSISTANT, PHYSICIAN))
INTENSIVE = Ward("ICU", "Intensive care", "ICU", 6, (NURSE, NURSE, NURSE, PHYSICIAN))
MEDICINE = Ward("4W", "Medicine, 4 West", "HU", 24, (NURSE, NURSE, NURSE, ASSISTANT, PHYSICIAN))
WARDS = (EMERGENCY, INTENSIVE, MEDICINE)
EQUIPMENT = {"Ventilator": (INTENSIVE, 4), "Infusion pump": (MEDICINE, 8), "Patient monitor": (EMERGENCY, 4)}
BREAKS_AFTER_DAYS, WAITS_HOURS, REPAIRED_AFTER_HOURS = 40, 6, 30


@dataclass(frozen=True)
class InBed:
    """A part of a stay in one ward, and the bed of it that was free."""

    stay: Stay
    part: int
    ward: Ward
    arrived: datetime
    left: datetime
    bed: str = ""
    clean_at: datetime | None = None


def write_operations(
    out: Path, patients: Iterable[Patient], stays: Iterable[Stay], luck: Luck, zone: str, house: str = ""
) -> dict[str, int]:
    """Writes the six files of `operations` into `out`; how many rows each has. The same arguments, the same bytes.

    A hospital of many patients has several houses, each written on its own: `house` marks its wards and staff.
    """
    told = sorted(stays, key=lambda stay: (stay.arrived, stay.visit_id))
    in_beds = list(_bedded(part for stay in told for part in _parts(stay, luck("stay", stay.visit_id))))
    known = {stay.patient_id for stay in told}
    end = max((stay.left for stay in told), default=datetime(2026, 1, 1, tzinfo=UTC)).astimezone(ZoneInfo(zone))
    first_day = (end - timedelta(days=DAYS)).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    files: dict[str, Iterable[Row]] = {
        "patients": (asdict(p) for p in sorted(patients, key=lambda p: p.patient_id) if p.patient_id in known),
        "wards": ({**asdict(ward), "beds": ward.beds or ""} for ward in WARDS),
        "bed_stays": (_stay_row(part, zone) for part in in_beds),
        "bed_status": (_cleaning_row(part, zone) for part in in_beds if part.clean_at),
        "shifts": (row for ward in WARDS for row in _shifts(ward, first_day, luck)),
        "equipment": _log(first_day, luck),
    }
    return {
        name: _write(out / f"{name}.csv", COLUMNS[name], (_of_house(row, house) for row in rows))
        for name, rows in files.items()
    }


COLUMNS = {
    "patients": ("patient_id", "mrn", "given_name", "family_name", "birth_date", "sex"),
    "wards": ("ward", "name", "type", "beds"),
    "bed_stays": ("stay_id", "patient_id", "visit_id", "ward", "bed", "arrived_at", "left_at", "updated_at"),
    "bed_status": ("event_id", "ward", "bed", "status", "began_at", "ended_at", "updated_at"),
    "shifts": (
        "shift_id", "staff_id", "role", "ward", "status", "planned_start", "planned_end", "worked_start", "worked_end",
        "break_minutes", "updated_at",
    ),
    "equipment": ("log_number", "asset_id", "asset_type", "ward", "status", "changed_at", "work_order", "updated_at"),
}  # fmt: skip
OF_A_HOUSE = ("ward", "shift_id", "staff_id", "asset_id", "log_number", "work_order")


def _of_house(row: Row, house: str) -> Row:
    return {**row, **{name: f"{row[name]}-{house}" for name in OF_A_HOUSE if row.get(name)}} if house else row


def _write(path: Path, columns: tuple[str, ...], rows: Iterable[Row]) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, columns, lineterminator="\n", extrasaction="ignore")
        table.writeheader()
        for count, row in enumerate(rows, 1):  # noqa: B007 - the last count is the number of rows
            table.writerow(row)
    return count


def _parts(stay: Stay, luck: random.Random) -> Iterator[InBed]:
    """The wards of a stay, one after the other: the emergency room for some hours, intensive care for a third."""
    wards = [EMERGENCY] if stay.is_emergency else _route(luck)
    length = stay.left - stay.arrived
    ends = {EMERGENCY: min(timedelta(minutes=luck.randrange(90, 360)), length / 4), INTENSIVE: length / 3}
    start = stay.arrived
    for part, ward in enumerate(wards):
        end = stay.left if part == len(wards) - 1 else _whole(start + ends[ward])
        yield InBed(stay, part, ward, start, end)
        start = end


def _route(luck: random.Random) -> list[Ward]:
    first = [EMERGENCY] if luck.random() < BY_EMERGENCY else []
    return [*first, *([INTENSIVE] if luck.random() < TO_INTENSIVE else []), MEDICINE]


def _bedded(parts: Iterable[InBed]) -> Iterator[InBed]:
    """Each part with the first bed of its ward that is free and clean when it begins; none if all are taken."""
    free_at: dict[tuple[str, str], datetime] = {}
    for part in sorted(parts, key=lambda part: (part.arrived, part.stay.visit_id, part.part)):
        beds = (f"{number:02d}" for number in range(1, part.ward.beds + 1))
        free = (bed for bed in beds if free_at.get((part.ward.ward, bed), part.arrived) <= part.arrived)
        bed = next(free, "")
        clean_at = part.left + timedelta(minutes=45) if bed else None
        if clean_at:
            free_at[part.ward.ward, bed] = clean_at
        yield replace(part, bed=bed, clean_at=clean_at)


def _stay_row(part: InBed, zone: str) -> Row:
    times = {"arrived_at": _told(part.arrived, zone), "left_at": _told(part.left, zone)}
    ids = {"stay_id": f"{part.stay.visit_id}-{part.part}", "patient_id": part.stay.patient_id}
    where = {"visit_id": part.stay.visit_id, "ward": part.ward.ward, "bed": part.bed}
    return {**ids, **where, **times, "updated_at": times["left_at"]}


def _cleaning_row(part: InBed, zone: str) -> Row:
    assert part.clean_at
    times = {"began_at": _told(part.left, zone), "ended_at": _told(part.clean_at, zone)}
    what = {"event_id": f"c-{part.stay.visit_id}-{part.part}", "ward": part.ward.ward, "bed": part.bed}
    return {**what, "status": "Cleaning", **times, "updated_at": times["ended_at"]}


def _told(moment: datetime, zone: str) -> str:
    """By the clock on the wall, with its distance from UTC: so two moments of one wall time stay two."""
    return moment.astimezone(ZoneInfo(zone)).isoformat(timespec="seconds")


def _shifts(ward: Ward, first_day: datetime, luck: Luck) -> Iterator[Row]:
    """Day and night of a ward. Four teams take turns, so nobody has two shifts in a row."""
    for place in range(2 * DAYS):
        day, (clock, hours) = first_day + timedelta(days=place // 2), LONG_DAYS[place % 2]
        start = datetime.fromisoformat(f"{day:%Y-%m-%d} {clock}")
        for number, role in enumerate(ward.roles):
            ident = f"{ward.ward}-{start:%Y%m%d%H}-{number}"
            staff = f"{ward.ward}-{number + 1:02d}{'ABCD'[place % 4]}"
            is_planned = place >= 2 * (DAYS - PLANNED_DAYS)
            yield {
                "shift_id": ident, "role": role, "ward": ward.ward, "planned_start": start,
                "planned_end": start + timedelta(hours=hours),
                **_worked(staff, start, hours, is_planned, luck("shift", ident)),
            }  # fmt: skip


def _worked(staff: str, start: datetime, hours: float, is_planned: bool, luck: random.Random) -> Row:
    """What became of a shift; nobody's stays a plan."""
    draw = luck.random()
    if draw < UNFILLED:
        return {"staff_id": "", "status": "Planned"}
    if is_planned:
        return {"staff_id": staff, "status": "Planned"}
    if draw < UNFILLED + ABSENT:
        return {"staff_id": staff, "status": "Absent"}
    come, go = (timedelta(minutes=round(luck.gauss(mean, 5))) for mean in (-5, 10))
    return {
        "staff_id": staff, "status": "Worked", "worked_start": start + come,
        "worked_end": start + timedelta(hours=hours) + go, "break_minutes": 60,
    }  # fmt: skip


def _log(first_day: datetime, luck: Luck) -> Iterator[Row]:
    """The maintenance log of all equipment, in the order of what happened."""
    events = [
        event for kind, (ward, count) in EQUIPMENT.items() for number in range(1, count + 1)
        for event in _life(kind, f"{kind[:1]}-{number:03d}", ward, first_day, luck)
    ]  # fmt: skip
    ordered = sorted(events, key=lambda event: (event["changed_at"], event["asset_id"]))
    return ({"log_number": number, **event} for number, event in enumerate(ordered, 1))


def _life(kind: str, asset: str, ward: Ward, first_day: datetime, luck: Luck) -> Iterator[dict[str, str]]:
    """One piece: in service, and now and then broken, taken to repair and brought back."""
    draw = luck("equipment", asset)
    about = {"asset_id": asset, "asset_type": kind, "ward": ward.ward}
    now, end, order = first_day, first_day + timedelta(days=DAYS), 0
    yield {**about, "status": "In service", "changed_at": str(now)}
    while True:
        now, order = _whole(now + timedelta(days=draw.expovariate(1 / BREAKS_AFTER_DAYS))), order + 1
        for status, hours in (("Out of service", WAITS_HOURS), ("In repair", REPAIRED_AFTER_HOURS), ("In service", 0)):
            if now >= end:
                return
            yield {**about, "status": status, "changed_at": str(now), "work_order": f"WO-{asset}-{order}"}
            now = _whole(now + timedelta(hours=draw.uniform(0.5, 1.5) * hours))


def _whole(moment: datetime) -> datetime:
    """Logs tell no fractions of a minute."""
    return moment.replace(second=0, microsecond=0)
