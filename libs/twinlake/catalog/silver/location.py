"""A row for each place, no finer than city, state and three characters of the postcode."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from twinlake.declare.expressions import place_key
from twinlake.declare.table import table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

PLACE = ("city", "state", "postal_code_prefix")


@table(
    grain="a place where persons live or care is given",
    key=("location_id",),
    unit="location_id",
    columns=("location_id", *PLACE),
    via={
        "source_person": "xxhash64(concat_ws('\\u001f', coalesce(city, '\\0'), coalesce(state, '\\0'), "
        "coalesce(substring(postal_code, 1, 3), '\\0')))"
    },
)
def location(source_person: DataFrame, care_site: DataFrame) -> DataFrame:
    """A place (OMOP CDM 5.4 LOCATION), coarse on purpose: streets stay in the EMPI (HIPAA 164.514(b)(2)(i)(B))."""
    homes = source_person.withColumn("postal_code_prefix", F.substring("postal_code", 1, 3)).select(*PLACE)
    places = homes.union(care_site.select(*PLACE)).distinct()
    return places.withColumn("location_id", place_key()).where("location_id is not null")
