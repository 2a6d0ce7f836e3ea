"""A row for each reading, signal or mark that a device sent, at the device's own rate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from twinlake.clinical.units import convert_measurements
from twinlake.declare.expressions import surrogate_key, with_hospital_codes
from twinlake.declare.hospital import Hospital
from twinlake.declare.table import table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

CODED = ("measurement_code", "measurement_vocabulary", "measurement_source_value", "measurement_name")
WHEN = ("device_reading_datetime", "device_reading_end_datetime", "recording_source_id", "recording_seconds")
AS_IT_CAME = ("value_source_value", "unit_source_value")
SIGNAL = ("signal_number", "signal_format", "signal_frequency_hz", "signal_gain", "signal_baseline", "sample_count")
FILE = ("file_path", "file_sha256", "file_bytes", "file_bytes_needed")


@table(
    grain="a value, signal or mark as one device recorded it once",
    key=("device_reading_id",),
    required=(
        "device_reading_type", "measurement_source_value", "device_reading_datetime", "conversion_rule", "hospital",
        "system",
    ),
    from_sources=("device_reading_type", "device_source_value", *CODED, *WHEN, *AS_IT_CAME, "part"),
    optional=(*SIGNAL, *FILE, "time_quality"),
    references={"person_id": "person"},
    columns=(
        "device_reading_id", "person_id", "device_reading_type", "device_source_value", *CODED, *WHEN, "operator",
        "value_as_number", "value_as_string", "unit_code", *AS_IT_CAME, "conversion_rule", *SIGNAL, *FILE,
        "time_quality", "hospital", "system", "known_from", "_record_id",
    ),
)  # fmt: skip
def device_reading(rows: DataFrame, hospitals: Mapping[str, Hospital]) -> DataFrame:
    """What a device sent, converted as a measurement is; samples of signals stay in files, the row is their address.

    A recording whose day nobody tells stands at day zero (1 January 2100), so that its marks keep their distances. What
    the table cannot tell: whether a sensor was worn, or a step was walked. Facts about a day are in `measurement`.
    """
    local_units = {name: hospital.units for name, hospital in hospitals.items()}
    return convert_measurements(with_hospital_codes(rows, hospitals, "measurement"), local_units).withColumn(
        "device_reading_id", surrogate_key("_fact_key", "part")
    )
