"""A row for each version of a measured value that was later corrected, replaced or withdrawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from twinlake.catalog.silver.measurement import CODES, COLUMNS, FROM_SOURCES, OPTIONAL
from twinlake.catalog.silver.measurement import measurement as current
from twinlake.declare.codes import through_codes
from twinlake.declare.hospital import Hospital
from twinlake.declare.table import table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@table(
    grain="a version of a measured value that no longer stands",
    key=("measurement_id", "known_from"),
    required=(*current.required, "known_from", "known_until"),
    from_sources=FROM_SOURCES,
    optional=OPTIONAL,
    via={"concept": through_codes("measurement_superseded", *CODES)},
    columns=(*COLUMNS, "known_until"),
    versions_of="measurement",
)
def measurement_superseded(rows: DataFrame, hospitals: Mapping[str, Hospital], concept: DataFrame) -> DataFrame:
    """What was known of a measured value from `known_from` until `known_until`, half-open; never read as current."""
    return current.build(rows, hospitals, concept)
