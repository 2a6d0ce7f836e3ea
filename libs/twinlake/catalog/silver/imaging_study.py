"""A row for each instance of an imaging study: what it is and where its pixels lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlake.declare.expressions import surrogate_key
from twinlake.declare.table import table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

UIDS = ("study_uid", "series_uid", "instance_uid", "sop_class_uid", "transfer_syntax_uid")
ABOUT = (
    "modality_source_value", "body_site_source_value", "device_source_value", "study_date", "study_datetime",
    "series_number", "instance_number",
)  # fmt: skip
PIXELS = ("frame_count", "pixel_row_count", "pixel_column_count", "pixel_bit_count", "photometric_source_value")
ADDRESS = ("file_path", "file_sha256", "file_bytes", "pixel_offset_bytes", "pixel_bytes")


@table(
    grain="an instance (image, report, plan, waveform) of a study, as one hospital keeps it",
    key=("imaging_study_id",),
    required=("study_uid", "series_uid", "instance_uid", "file_sha256", "hospital", "system"),
    from_sources=(*UIDS, *ABOUT, *PIXELS, *ADDRESS),
    optional=("time_quality",),
    references={"person_id": "person"},
    columns=(
        "imaging_study_id", "person_id", *UIDS, *ABOUT, *PIXELS, *ADDRESS, "time_quality", "hospital", "system",
        "known_from", "_record_id",
    ),
)  # fmt: skip
def imaging_study(rows: DataFrame) -> DataFrame:
    """FHIR's ImagingStudy down to its instances: only an instance has an address, a syntax and a file to be damaged.

    A study is the rows of one `study_uid`; OMOP's image_occurrence is `study_uid`, `series_uid` and modality, grouped.
    What it cannot tell: what is on the image, and what the reader saw. Free texts of the device, where names slip in,
    are left in bronze, and so is the examination's order; no pixel is in any table.
    """
    return rows.withColumn("imaging_study_id", surrogate_key("_fact_key"))
