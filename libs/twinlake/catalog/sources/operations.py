"""What a hospital's bed board, roster and maintenance log export as CSV, in layouts of our own (see SYSTEMS.md)."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from twinlake.catalog.sources._persons import roster, rostered
from twinlake.catalog.sources._rows import shaped
from twinlake.declare.expressions import one_of
from twinlake.declare.source import PART, Feed, System, csv_feed, implements
from twinlake.declare.standardise import instant, present

BED_STATUSES = {
    "closed": "C", "blocked": "C", "housekeeping": "H", "cleaning": "H", "isolated": "I", "isolation": "I",
    "contaminated": "K", "dirty": "K", "occupied": "O", "unoccupied": "U", "empty": "U", "available": "U",
}  # fmt: skip


def _log(name: str, header: str, key: str, **rest: str) -> Feed:
    """A feed of events; what is told of one again, with a later `updated_at` or delivery, takes its place."""
    files, version = rf"(?:[^/]+/)*{name}[^/]*\.csv", {"version": "updated_at", "updates_alone": True}
    return csv_feed(name, files, f"{header},updated_at", "increment", key=(key,), **version, **rest)


FEEDS = (
    roster("patients", rf"(?:[^/]+/)*patients{PART}\.csv", "patient_id"),
    csv_feed("wards", rf"(?:[^/]+/)*wards{PART}\.csv", "ward,name,type,beds", "snapshot", key=("ward",)),
    _log("bed_stays", "stay_id,patient_id,visit_id,ward,bed,arrived_at,left_at", "stay_id", person="patient_id"),
    _log("bed_status", "event_id,ward,bed,status,began_at,ended_at", "event_id"),
    _log(
        "shifts",
        "shift_id,staff_id,role,ward,status,planned_start,planned_end,worked_start,worked_end,break_minutes",
        "shift_id",
    ),
    _log("equipment", "log_number,asset_id,asset_type,ward,status,changed_at,work_order", "log_number"),
)


@implements("source_person")
def source_person(patients: DataFrame) -> DataFrame:
    """patients.csv: who the stays are about."""
    return rostered(patients, mrn=present(F.col("mrn")))


@implements("care_site")
def care_site(wards: DataFrame) -> DataFrame:
    """wards.csv."""
    return shaped(
        wards, care_site_source_id="ward", care_site_name="name", city=None, state=None, postal_code_prefix=None,
        care_site_type_code=F.upper(F.trim("type")), bed_count="beds",
    )  # fmt: skip


@implements("bed_event")
def stay(bed_stays: DataFrame) -> DataFrame:
    """bed_stays.csv: somebody in a bed, or in a ward without one, from arriving to leaving it."""
    return _bed(bed_stays, F.lit("occupied"), "visit_id", "arrived_at", "left_at")


@implements("bed_event")
def bed_status(bed_status: DataFrame) -> DataFrame:
    """bed_status.csv: what a bed that nobody lies in is."""
    return _bed(bed_status, F.col("status"), None, "began_at", "ended_at")


def _bed(rows: DataFrame, status: Column, visit: str | None, start: str, end: str) -> DataFrame:
    word = F.lower(F.trim(status))
    return shaped(
        rows, visit_source_id=visit, care_site_source_id="ward", bed_source_value="bed",
        bed_status_code=F.coalesce(one_of(BED_STATUSES, word), F.upper(word)), bed_status_source_value=status,
        bed_event_start_datetime=instant(F.col(start)), bed_event_end_datetime=instant(F.col(end)),
    )  # fmt: skip


@implements("staff_shift")
def staff_shift(shifts: DataFrame) -> DataFrame:
    """shifts.csv: without staff_id a shift that nobody fills."""
    return shaped(
        shifts, staff_source_id="staff_id", care_site_source_id="ward", staff_role_code=_word("role"),
        staff_role_vocabulary=F.when(F.col("role").isNotNull(), "local"), staff_role_source_value="role",
        shift_status=_word("status"), shift_start_datetime=instant(F.col("planned_start")),
        shift_end_datetime=instant(F.col("planned_end")), worked_start_datetime=instant(F.col("worked_start")),
        worked_end_datetime=instant(F.col("worked_end")), break_minutes="break_minutes",
    )  # fmt: skip


@implements("equipment_event")
def equipment_event(equipment: DataFrame) -> DataFrame:
    """equipment.csv."""
    return shaped(
        equipment, care_site_source_id="ward", equipment_source_value="asset_id",
        equipment_type_source_value="asset_type", equipment_status_code=_word("status"),
        equipment_status_source_value="status", equipment_event_datetime=instant(F.col("changed_at")),
        equipment_log_number="log_number", work_order_source_value="work_order",
    )  # fmt: skip


def _word(name: str) -> Column:
    """`In service` is in_service."""
    return F.regexp_replace(F.lower(F.trim(name)), "[^a-z]+", "_")


SYSTEM = System(
    name="operations",
    meaning="Beds, shifts and equipment: exports of the bed board, the roster and the maintenance log",
    feeds=FEEDS,
    implementations=(source_person, care_site, stay, bed_status, staff_shift, equipment_event),
)
