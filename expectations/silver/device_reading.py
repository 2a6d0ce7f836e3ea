"""A device's reading was true at a time that has been, has a unit somebody knows, and its samples are all there."""

from __future__ import annotations

from expectations.references import person_exists
from expectations.times import clock_is_certain, ends_after_start, not_before_birth, not_in_future
from expectations.values import unit_known, value_is_finite
from twinlake.declare.rule import row
from twinlake.vocabulary.sleep_stages import is_known

RULES = (
    value_is_finite(),
    unit_known(),
    # Samples may be delivered later than their header: a file that is not there yet is not judged.
    row(
        "samples_are_whole",
        "file_bytes >= file_bytes_needed",
        "the file is long enough for the samples that its header announces",
        kahn="conformance",
    ),
    row(
        "stage_known",
        "CASE WHEN device_reading_type = 'interval' AND measurement_source_value = 'stage' "
        f"THEN {is_known('value_source_value')} END",
        "the stage of sleep is one of vocabulary/sleep_stages.py: another is counted as no sleep",
        kahn="conformance",
        severity="warn",
    ),
    ends_after_start("device_reading_datetime", "device_reading_end_datetime"),
    not_in_future("device_reading_datetime"),
    clock_is_certain(),
    person_exists(),
    not_before_birth("device_reading_datetime"),
)
