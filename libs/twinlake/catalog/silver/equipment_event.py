"""A row for each change of the state of a piece of equipment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from twinlake.declare.expressions import care_site_key, surrogate_key, with_hospital_codes
from twinlake.declare.hospital import Hospital
from twinlake.declare.table import table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

ABOUT = ("equipment_source_value", "equipment_type_source_value")
STATUS = ("equipment_status_code", "equipment_status_source_value")
LOGGED = ("equipment_event_datetime", "equipment_log_number", "work_order_source_value")


@table(
    grain="an entry of a maintenance log: one piece of equipment comes into one state",
    key=("equipment_event_id",),
    unit="equipment_id",
    required=("equipment_status_source_value", "equipment_event_datetime", "hospital", "system"),
    from_sources=("care_site_source_id", *ABOUT, *STATUS, *LOGGED),
    optional=("time_quality",),
    references={"care_site_id": "care_site"},
    columns=(
        "equipment_event_id", "equipment_id", "care_site_id", *ABOUT, *STATUS, *LOGGED, "time_quality", "hospital",
        "system", "known_from", "_record_id",
    ),
)  # fmt: skip
def equipment_event(rows: DataFrame, hospitals: Mapping[str, Hospital]) -> DataFrame:
    """What happened to equipment; a state lasts until the next event of the same `equipment_id` by time, not by entry.

    Uptime = time in_service or standby, of the time before it was retired. What it cannot tell: whether it was used,
    and for how long it had been broken before somebody wrote so.
    """
    equipment = surrogate_key("hospital", "system", F.lit("equipment"), "equipment_source_value")
    coded = rows.withColumn("equipment_status_vocabulary", F.lit("local"))
    return (
        with_hospital_codes(coded, hospitals, "equipment_status")
        .withColumn("equipment_event_id", surrogate_key("_fact_key"))
        .withColumn("equipment_id", F.when(F.col("equipment_source_value").isNotNull(), equipment))
        .withColumn("care_site_id", care_site_key())
    )
