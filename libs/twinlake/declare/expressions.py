"""The few column expressions that every layer must write in the same way."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from twinlake.declare.hospital import Hospital

SEPARATOR = "\x1f"
ABSENT = "\x00"
# What Spark's xxhash64 starts from.
SPARK_SEED = 42


def surrogate_key(*parts: str | Column) -> Column:
    """A BIGINT that stands for `parts`: equal parts give an equal key on every machine, a null part is a value."""
    from pyspark.sql import functions as F

    texts = [F.coalesce((F.col(p) if isinstance(p, str) else p).cast("string"), F.lit(ABSENT)) for p in parts]
    return F.xxhash64(F.concat_ws(SEPARATOR, *texts))


def key_of(*parts: str | None) -> int:
    """The same key as `surrogate_key` of these texts, without Spark."""
    from xxhash import xxh64_intdigest

    whole = xxh64_intdigest(SEPARATOR.join(ABSENT if p is None else p for p in parts).encode(), SPARK_SEED)
    return whole - (whole >> 63 << 64)


def source_person_key() -> Column:
    """The person_id of a source person that is linked to nobody."""
    return surrogate_key("hospital", "system", "source_person_id")


# A delivery is dated by its day, at midnight UTC; a zone may be 14 hours ahead of UTC.
SLACK_DAYS = 2
SLACK = f"INTERVAL {SLACK_DAYS} DAYS"
PROVENANCE = ("hospital", "system", "source_person_id", "_record_id", "_fact_key", "known_from", "known_until")


def visit_key() -> Column:
    """The visit a fact belongs to, null where the system names none."""
    return _named_key("visit", "visit_source_id")


def payer_plan_key() -> Column:
    """The coverage that a row belongs to, null where the system names none."""
    return _named_key("payer_plan", "payer_plan_source_id")


def _named_key(kind: str, name: str) -> Column:
    from pyspark.sql import functions as F

    key = surrogate_key("hospital", "system", F.lit(kind), name)
    return F.when(F.col(name).isNotNull(), key)


def care_site_key() -> Column:
    """The place of care a row belongs to, null where the system names none."""
    from pyspark.sql import functions as F

    key = surrogate_key("hospital", "system", "care_site_source_id")
    return F.when(F.col("care_site_source_id").isNotNull(), key)


def place_key(city: str = "city", state: str = "state", prefix: str = "postal_code_prefix") -> Column:
    """A location, null where nothing of it is known."""
    from pyspark.sql import functions as F

    return F.when(F.coalesce(city, state, prefix).isNotNull(), surrogate_key(city, state, prefix))


def one_of(words: Mapping[str, str | None], text: Column) -> Column:
    """The text's word in a mapping, null where it has none."""
    from pyspark.sql import functions as F

    # As one literal, which the optimizer reads once; a literal for each word costs seconds of analysis a table.
    return F.try_element_at(F.from_json(F.lit(json.dumps(words, sort_keys=True)), "map<string,string>"), text)


def with_hospital_codes(rows: DataFrame, hospitals: Mapping[str, Hospital], stem: str) -> DataFrame:
    """Codes a hospital uses of its own, replaced by what its hospital.toml says they mean."""
    from pyspark.sql import functions as F

    pairs = {
        (name, local): target for name, hospital in hospitals.items() for local, target in hospital.code_pairs.items()
    }
    if not pairs:
        return rows
    known = {SEPARATOR.join(said): SEPARATOR.join(meant) for said, meant in pairs.items()}
    target = one_of(known, F.concat_ws(SEPARATOR, "hospital", f"{stem}_source_value"))
    return (
        rows.withColumn("_target", F.split(target, SEPARATOR))
        .withColumn(f"{stem}_vocabulary", F.coalesce(F.get("_target", F.lit(0)), f"{stem}_vocabulary"))
        .withColumn(f"{stem}_code", F.coalesce(F.get("_target", F.lit(1)), f"{stem}_code"))
        .drop("_target")
    )
