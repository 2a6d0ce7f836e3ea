"""What the delivered vocabularies and lists say of the codes in a table: joins that every table writes in one way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from twinlake.declare.expressions import one_of
from twinlake.declare.table import Through

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from twinlake.declare.hospital import Hospital

UNMAPPED = 0


def with_concepts(rows: DataFrame, concept: DataFrame, stem: str) -> DataFrame:
    """`<stem>_source_concept_id` and `<stem>_concept_id`, by vocabulary and code where the source tells none."""
    return _resolved(
        rows, concept, f"{stem}_vocabulary", f"{stem}_code", f"{stem}_concept_id", f"{stem}_source_concept_id"
    )


def with_value_concept(rows: DataFrame, concept: DataFrame) -> DataFrame:
    """`value_as_concept_id`, where the value is a code."""
    return _resolved(rows, concept, "value_vocabulary", "value_code", "value_as_concept_id")


def with_unit_concept(rows: DataFrame, concept: DataFrame) -> DataFrame:
    """`unit_concept_id`, where the unit is one of UCUM."""
    return _resolved(rows, concept, "'UCUM'", "unit_code", "unit_concept_id")


def through_codes(table: str, *pairs: tuple[str, str]) -> Through:
    """How a changed concept reaches the persons with its code; `pairs` are SQL for vocabulary and code in `table`."""
    places = ", ".join(
        f"struct({vocabulary} AS vocabulary, {_as_published(vocabulary, code)} AS code)" for vocabulary, code in pairs
    )
    return Through(
        table, on=f"explode(array({places}))", of="struct(vocabulary_id AS vocabulary, concept_code AS code)"
    )


def with_billability(rows: DataFrame, listed_code: DataFrame, stem: str, day: Column) -> DataFrame:
    """`is_billable_at_service`: by the newest list not after `day` in its fiscal year, null where none was given."""
    from pyspark.sql import functions as F

    lists = listed_code.groupBy("vocabulary_id").agg(F.collect_set("list_start_date").alias("_starts"))
    codes = listed_code.groupBy("vocabulary_id", "concept_code", "list_start_date").agg(
        F.max("is_billable").alias("_billable")
    )
    placed = rows.withColumns({
        "vocabulary_id": F.col(f"{stem}_vocabulary"), "concept_code": F.col(f"{stem}_code"), "_day": day,
    })  # fmt: skip
    of_the_year = f"begun -> begun <= _day AND {_fiscal_year('begun')} = {_fiscal_year('_day')}"
    in_force = F.expr(f"array_max(filter(_starts, {of_the_year}))")
    listed = placed.join(lists, "vocabulary_id", "left").withColumn("list_start_date", in_force)
    found = listed.join(codes, ["vocabulary_id", "concept_code", "list_start_date"], "left")
    is_judged = F.col("list_start_date").isNotNull() & F.col("concept_code").isNotNull()
    said = F.when(is_judged, F.coalesce("_billable", F.lit(False)))
    return found.withColumn("is_billable_at_service", said).drop(
        "vocabulary_id", "concept_code", "list_start_date", "_starts", "_day", "_billable"
    )


def local_day(moment: str, hospitals: Mapping[str, Hospital]) -> Column:
    """The hospital's day of a UTC column; midnight UTC stands for a day without a time, and is that day."""
    from pyspark.sql import functions as F

    zone = F.coalesce(one_of({name: h.time_zone for name, h in hospitals.items()}, F.col("hospital")), F.lit("UTC"))
    written = F.col(moment).cast("date")
    there = F.from_utc_timestamp(moment, zone).cast("date")
    return F.when(F.col(moment) == written.cast("timestamp"), written).otherwise(there)


def through_lists(table: str, stem: str, moment: str) -> Through:
    """A list of a year reaches every person with a code of its system in that year: it tells what it leaves out too.

    A moment lies in the year of any day that it may be somewhere (UTC-12 to UTC+14).
    """
    at = f"CAST({moment} AS TIMESTAMP)"
    margin = f"IF({at} = CAST({moment} AS DATE), INTERVAL 0 HOURS, INTERVAL 14 HOURS)"
    years = ", ".join(
        f"struct({stem}_vocabulary AS vocabulary, {_fiscal_year(f'{at} {sign} {margin}')} AS year)" for sign in "-+"
    )
    on = f"explode(array_distinct(array({years})))"
    return Through(table, on=on, of="struct(vocabulary_id AS vocabulary, fiscal_year AS year)")


def _resolved(
    rows: DataFrame, concept: DataFrame, vocabulary: str, code: str, standard: str, source: str | None = None
) -> DataFrame:
    from pyspark.sql import functions as F

    one = F.when(F.size("standard_concept_ids") == 1, F.get("standard_concept_ids", F.lit(0)))
    known = concept.where("is_preferred").select(
        F.col("vocabulary_id").alias("_vocabulary"), F.col("concept_code").alias("_code"),
        F.col("concept_id").alias("_own"), F.coalesce(one, F.lit(UNMAPPED)).alias("_standard"),
    )  # fmt: skip
    keyed = rows.withColumns({"_vocabulary": F.expr(vocabulary), "_code": F.expr(_as_published(vocabulary, code))})
    found = keyed.join(known, ["_vocabulary", "_code"], "left")
    ids = {standard: _told(rows, standard, "_standard"), **({source: _told(rows, source, "_own")} if source else {})}
    return found.withColumns(ids).drop("_vocabulary", "_code", "_own", "_standard")


def _told(rows: DataFrame, column: str, found: str) -> Column:
    """What the source told; where that is nothing or unmapped, what was found."""
    from pyspark.sql import functions as F

    told = F.col(column) if column in rows.columns else F.lit(None).cast("bigint")
    return F.coalesce(F.nullif(told, F.lit(UNMAPPED)), F.col(found), told)


def _as_published(vocabulary: str, code: str) -> str:
    """SQL for a code as its publisher writes it: NDC in 11 digits where hyphens tell how, CVX in two or three."""
    labeller, product, package = (
        f"lpad(get(split({code}, '-'), {n}), {size}, '0')" for n, size in enumerate((5, 4, 2))
    )
    eleven = (
        f"CASE WHEN {code} RLIKE '^[0-9]+-[0-9]+-[0-9]+$' THEN concat({labeller}, {product}, {package}) ELSE {code} END"
    )
    cvx = f"CASE WHEN length({code}) = 1 THEN lpad({code}, 2, '0') ELSE {code} END"
    return f"CASE {vocabulary} WHEN 'NDC' THEN {eleven} WHEN 'CVX' THEN {cvx} ELSE {code} END"


def _fiscal_year(moment: str) -> str:
    return f"year(add_months(CAST({moment} AS DATE), 3))"
