"""A row for each person of each system, with the direct identifiers that linkage needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from twinlake.catalog.identity import model
from twinlake.declare.comparable import hash_columns, prepare_sql
from twinlake.declare.expressions import source_person_key
from twinlake.declare.hospital import Hospital
from twinlake.declare.table import table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

IDENTIFIERS = (
    "given_name", "middle_name", "family_name", "maiden_name", "birth_date", "year_of_birth", "sex",
    "race_source_value", "ethnicity_source_value", "marital_status", "death_date", "address_line", "city", "state",
    "postal_code", "phone", "ssn", "licence_number", "passport_number", "mrn",
)  # fmt: skip


@table(
    grain="a person as one system knows them",
    key=("hospital", "system", "source_person_id"),
    unit="source_person_key",
    required=("year_of_birth", "is_linkable"),
    from_sources=IDENTIFIERS,
    optional=("year_of_birth_margin",),
    columns=(
        "source_person_key", "hospital", "system", "source_person_id", *IDENTIFIERS, "year_of_birth_margin",
        "is_linkable", "linkage_keys", "delivered_at", "_record_id",
    ),
)  # fmt: skip
def source_person(rows: DataFrame, hospitals: Mapping[str, Hospital]) -> DataFrame:
    """A person as one system knows them; restricted, for linkage only.

    A year of birth suffices; a person without any is quarantined, and so are their facts. What it cannot tell:
    which of two hospitals is right when they disagree (see catalog/identity.py, survivorship).
    """
    linked = [name for name, hospital in hospitals.items() if hospital.link]
    persons = (
        rows.withColumn("source_person_key", source_person_key())
        .withColumn("year_of_birth", rows.year_of_birth.cast("int"))
        .withColumn("is_linkable", rows.hospital.isin(linked))
        .withColumn("delivered_at", rows.known_from)
    )
    return with_linkage_keys(persons)


def with_linkage_keys(persons: DataFrame) -> DataFrame:
    """The hashes by which linkage meets a record: a day then need not make everybody comparable again."""
    hashes = f"carried.*, array({', '.join(hash_columns(model))}) AS linkage_keys"
    prepared = prepare_sql(model, "{persons}", chosen=hashes, carried="struct(*)")
    return persons.sparkSession.sql(prepared, persons=persons)
