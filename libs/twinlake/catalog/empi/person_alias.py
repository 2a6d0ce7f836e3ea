"""A row for each person_id that a source person would have alone, or had before it was linked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlake.declare.table import table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@table(
    grain="a person_id that is not in use",
    key=("old_person_id",),
    unit="old_person_id",
    columns=("old_person_id", "person_id"),
    required=("person_id",),
    via={"person_link": "source_person_key"},
)
def person_alias(person_link: DataFrame) -> DataFrame:
    """Where a retired person_id went.

    Every person_id is the key of one of its source persons, so the keys that are in nobody's use are all the ids that
    source persons of now can have had, whatever the order in which persons came. What it cannot tell: where an id went
    whose own source person was withdrawn (deleted by its hospital, or gone from a snapshot); it leads nowhere then, as
    it would had that record never come, and the others of the person have the next smallest key.
    """
    retired = person_link.where("source_person_key <> person_id")
    return retired.selectExpr("source_person_key as old_person_id", "person_id")
