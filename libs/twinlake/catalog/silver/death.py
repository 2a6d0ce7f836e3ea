"""A row for each person known to have died."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from twinlake.declare.table import table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@table(
    grain="a person who has died",
    key=("person_id",),
    required=("death_date",),
    references={"person_id": "person"},
    columns=("person_id", "death_date", "hospital", "system", "_record_id"),
)
def death(source_person: DataFrame, person_link: DataFrame) -> DataFrame:
    """The earliest date of death any hospital reports (OMOP CDM 5.4 DEATH).

    What it cannot tell: deaths outside hospital that nobody reported; a person without a row may be dead.
    """
    keys = person_link.select("hospital", "system", "source_person_id", "person_id")
    dead = source_person.where("death_date is not null").join(keys, ["hospital", "system", "source_person_id"])
    first = F.min(F.struct("death_date", "hospital", "system", "_record_id"))
    return dead.groupBy("person_id").agg(first.alias("first")).select("person_id", "first.*")
