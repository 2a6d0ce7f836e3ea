"""MIMIC-IV's moves between care units: the wards there are, and who lay in which of them from when to when."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from twinlake.catalog.sources._mimic_feeds import IN_A_WARD
from twinlake.catalog.sources._rows import shaped
from twinlake.declare.expressions import surrogate_key
from twinlake.declare.source import implements
from twinlake.declare.standardise import instant

NAMED_UNIT = f"{IN_A_WARD} and careunit <> 'Unknown'"
# The names of care units that say what kind they are; all others are wards.
CARE_UNITS = {
    "ER": "^Emergency Department", "CCU": "Coronary Care Unit", "ICU": "Intensive Care Unit|SICU", "PHU": "^Psychiatry",
}  # fmt: skip


@implements("care_site", when=NAMED_UNIT)
def care_site(transfers: DataFrame) -> DataFrame:
    """transfers.csv: a care unit is known by its name only, so all its stays tell of the same one."""
    same = (F.min("_record_id").alias("_record_id"), F.min("known_from").alias("known_from"),
            F.max("known_until").alias("known_until"))  # fmt: skip
    units = transfers.groupBy("hospital", "system", "careunit").agg(*same).withColumns(
        {"source_person_id": F.lit(None).cast("string"), "_fact_key": surrogate_key("hospital", "system", "careunit")}
    )  # fmt: skip
    kinds = [F.when(F.col("careunit").rlike(words), kind) for kind, words in CARE_UNITS.items()]
    return shaped(
        units, care_site_source_id="careunit", care_site_name="careunit", city=None, state=None,
        postal_code_prefix=None, care_site_type_code=F.coalesce(*kinds, F.lit("HU")),
    )  # fmt: skip


@implements("bed_event", when=IN_A_WARD)
def bed_event(transfers: DataFrame) -> DataFrame:
    """transfers.csv: the wards one lay in one after the other; which bed is not told."""
    return shaped(
        transfers, visit_source_id="hadm_id", care_site_source_id=F.when(F.expr(NAMED_UNIT), F.col("careunit")),
        bed_source_value=None, bed_status_code=F.lit("O"), bed_status_source_value="eventtype",
        bed_event_start_datetime=instant(F.col("intime")), bed_event_end_datetime=instant(F.col("outtime")),
    )  # fmt: skip
