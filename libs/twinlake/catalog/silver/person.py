"""A row for each person of the network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from twinlake.catalog.identity import model
from twinlake.declare.expressions import place_key
from twinlake.declare.survivorship import survivors
from twinlake.declare.table import table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@table(
    grain="a person of the network, however many hospitals know them",
    key=("person_id",),
    required=("year_of_birth", "sex"),
    references={"location_id": "location"},
    columns=(
        "person_id", "sex", "year_of_birth", "birth_date", "race_source_value", "ethnicity_source_value",
        "marital_status", "location_id",
    ),
)  # fmt: skip
def person(source_person: DataFrame, person_link: DataFrame) -> DataFrame:
    """One person (OMOP CDM 5.4 PERSON); each column survives by the rule in catalog/identity.py.

    What it cannot tell: gender identity, or which hospital is right where they disagree; only the administrative sex
    most hospitals that know one agree on.
    """
    keys = person_link.select("hospital", "system", "source_person_id", "person_id")
    sources = source_person.join(keys, ["hospital", "system", "source_person_id"])
    place = F.substring("postal_code", 1, 3)
    whole = survivors(sources, model).withColumn("sex", F.coalesce("sex", F.lit("unknown")))
    return whole.withColumn("postal_code_prefix", place).withColumn("location_id", place_key())
