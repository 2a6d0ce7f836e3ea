"""A row for each stretch of time in which a bed was in one state: occupied by somebody, or by nobody and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from twinlake.declare.expressions import (
    care_site_key,
    source_person_key,
    surrogate_key,
    visit_key,
    with_hospital_codes,
)
from twinlake.declare.hospital import Hospital
from twinlake.declare.table import table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

STATUS = ("bed_status_code", "bed_status_source_value")
WHEN = ("bed_event_start_datetime", "bed_event_end_datetime")


@table(
    grain="a stretch of time in which a bed, or a place in a ward, was in one state",
    key=("bed_event_id",),
    unit="source_person_key",
    required=("bed_event_start_datetime", "hospital", "system"),
    from_sources=("visit_source_id", "care_site_source_id", "bed_source_value", *STATUS, *WHEN),
    optional=("time_quality",),
    references={"person_id": "person", "visit_occurrence_id": "visit_occurrence", "care_site_id": "care_site"},
    columns=(
        "bed_event_id", "source_person_key", "person_id", "visit_occurrence_id", "care_site_id", "bed_id",
        "bed_source_value", *STATUS, *WHEN, "time_quality", "hospital", "system", "known_from", "_record_id",
    ),
)  # fmt: skip
def bed_event(rows: DataFrame, person_link: DataFrame, hospitals: Mapping[str, Hospital]) -> DataFrame:
    """What became of a bed from a start to an end, half-open (HL7 v2 PV1-3 and NPU, FHIR Encounter.location).

    Nobody lies in a bed that is cleaned, yet who lay in one must be forgotten with them: so the unit is the person as
    the system names them, nobody being one of them, and person_id follows `person_link`. An occupied bed whose person
    is not known still counts as occupied, without person_id. Within a hospital's system rows of one
    visit_occurrence_id are one stay in hospital, whether or not that system delivers visits. What it cannot tell:
    where a bed is none but the ward's (bed_id is null), and who waited for one.
    """
    known = person_link.select("source_person_key", "person_id")
    bed = surrogate_key("hospital", "system", F.lit("bed"), "care_site_source_id", "bed_source_value")
    coded = with_hospital_codes(rows.withColumn("bed_status_vocabulary", F.lit("0116")), hospitals, "bed_status")
    return (
        coded.withColumn("source_person_key", source_person_key())
        .join(known, "source_person_key", "left")
        .withColumn("bed_event_id", surrogate_key("_fact_key"))
        .withColumn("visit_occurrence_id", visit_key())
        .withColumn("care_site_id", care_site_key())
        .withColumn("bed_id", F.when(F.col("bed_source_value").isNotNull(), bed))
    )
