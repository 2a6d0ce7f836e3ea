"""A row for each shift of each member of staff, as planned and as worked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from twinlake.declare.expressions import care_site_key, surrogate_key, with_hospital_codes
from twinlake.declare.hospital import Hospital
from twinlake.declare.table import table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

ROLE = ("staff_role_code", "staff_role_vocabulary", "staff_role_source_value")
WHEN = ("shift_start_datetime", "shift_end_datetime", "worked_start_datetime", "worked_end_datetime", "break_minutes")


@table(
    grain="a shift of one member of staff, or of nobody yet, in one place of care",
    key=("staff_shift_id",),
    unit="care_site_id",
    required=("shift_status", "shift_start_datetime", "shift_end_datetime", "hospital", "system"),
    from_sources=("staff_source_id", "care_site_source_id", *ROLE, "shift_status", *WHEN),
    optional=("time_quality",),
    references={"care_site_id": "care_site"},
    columns=(
        "staff_shift_id", "provider_id", "care_site_id", *ROLE, "shift_status", *WHEN, "time_quality", "hospital",
        "system", "known_from", "_record_id",
    ),
)  # fmt: skip
def staff_shift(rows: DataFrame, hospitals: Mapping[str, Hospital]) -> DataFrame:
    """Who is to be where when, and who was. Hours at the bedside = worked less breaks, of rows with status worked.

    A night on which the clocks are turned is as long as it was, since both ends are UTC. What it cannot tell: who
    helped out on another ward within a shift, and who stayed on without saying so.
    """
    provider = surrogate_key("hospital", "system", F.lit("provider"), "staff_source_id")
    return (
        with_hospital_codes(rows, hospitals, "staff_role")
        .withColumn("staff_shift_id", surrogate_key("_fact_key"))
        .withColumn("provider_id", F.when(F.col("staff_source_id").isNotNull(), provider))
        .withColumn("care_site_id", care_site_key())
    )
