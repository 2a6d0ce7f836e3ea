"""An examination took place in the person's life, and the pixels lie within their file."""

from __future__ import annotations

from expectations.references import person_exists
from expectations.times import clock_is_certain, not_before_birth, not_in_future
from twinlake.declare.rule import row

RULES = (
    row(
        "pixels_in_file",
        "pixel_offset_bytes + pixel_bytes <= file_bytes",
        "the pixels end before their file does",
        kahn="conformance",
    ),
    row(
        "uids_are_uids",
        " AND ".join(f"{uid}_uid RLIKE '^[0-9.]{{1,64}}$'" for uid in ("study", "series", "instance")),
        "the UIDs have the form of DICOM PS3.5 section 9.1",
        kahn="conformance",
        severity="warn",
    ),
    not_in_future("study_date"),
    clock_is_certain(),
    person_exists(),
    not_before_birth("study_date"),
)
