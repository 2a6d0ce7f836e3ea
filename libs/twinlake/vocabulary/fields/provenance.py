"""Where a row comes from, since when it is known, and what its times leave open."""

from __future__ import annotations

from twinlake.vocabulary.field import Field

TIME_QUALITIES = ("gap", "overlap")

PAGE = (
    Field("hospital", "string", "The hospital's feed folder, its name in every table"),
    Field("system", "string", "The way of exporting that delivered the record, a file in catalog/sources"),
    Field("source_person_id", "string", "What that system calls the person", identifier=True),
    Field("delivered_at", "timestamp", "When the delivery was made, by its folder, manifest or the run's as-of"),
    Field("known_from", "timestamp", "The first delivery that said this"),
    Field("known_until", "timestamp", "The delivery that replaced or withdrew this; null while it stands"),
    Field("_record_id", "bigint", "The bronze record this row was made from: hospital, system, feed, key and hash"),
    Field(
        "time_quality",
        "string",
        "A time of the row, told without a zone, that the hospital's clock skipped (gap: read as if it had not been "
        "turned) or showed twice (overlap: the earlier is meant); null where no time of the row is in doubt",
        categories=TIME_QUALITIES,
    ),
)
