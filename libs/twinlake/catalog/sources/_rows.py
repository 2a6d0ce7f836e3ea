"""What every source does to its records: give them a table's columns, and look words up in another feed."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from twinlake.declare.expressions import PROVENANCE, one_of
from twinlake.declare.source import Via
from twinlake.declare.standardise import Instant
from twinlake.vocabulary.coding_systems import NAMES, Vocabulary
from twinlake.vocabulary.fields import DICTIONARY

# What a column is said by: an expression, a time, the name of another column, or nothing.
Said = Column | Instant | str | None
KNOWN_SYSTEMS = {name: vocabulary for name, vocabulary in NAMES.items() if vocabulary != Vocabulary.LOCAL}


def shaped(rows: DataFrame, **columns: Said) -> DataFrame:
    """The provenance and these columns, in the dictionary's types; a text is a column's name, None an absent one.

    A value that does not fit its type becomes null, and the table's required columns then send the row to quarantine.
    What is left open about any of the row's instants is its `time_quality`.
    """
    left_open = [value.quality for value in columns.values() if isinstance(value, Instant)]
    told = {**columns, "time_quality": F.coalesce(*left_open)} if left_open else columns
    return rows.select(*PROVENANCE, *(_typed(name, column) for name, column in told.items()))


def _typed(name: str, column: Said) -> Column:
    kind = DICTIONARY[name].type if name in DICTIONARY else "string"
    value = column.utc if isinstance(column, Instant) else F.col(column) if isinstance(column, str) else column
    return (F.lit(None) if value is None else value).try_cast(kind).alias(name)


def look_up(facts: DataFrame, lookup: DataFrame, via: Via, **columns: Column) -> DataFrame:
    """The facts with these columns of the lookup's record of the same hospital; null where there is none."""
    answers = lookup.select("hospital", "system", F.expr(via.lookup).alias("_at"), *_aliased(columns))
    return facts.withColumn("_at", F.expr(via.fact)).join(answers, ["hospital", "system", "_at"], "left").drop("_at")


def look_up_newest(facts: DataFrame, lookup: DataFrame, via: Via, **columns: Column) -> DataFrame:
    """`look_up` by something that is not the lookup's key, so that several records may answer: the one known last."""
    # The generator first: it may not stand in an aggregation.
    answers = lookup.withColumn("_at", F.expr(via.lookup)).groupBy("hospital", "system", "_at")
    newest = F.max_by(F.struct(*_aliased(columns)), F.struct("known_from", "_record_id"))
    found = answers.agg(newest.alias("_found")).select("hospital", "system", "_at", "_found.*")
    return facts.withColumn("_at", F.expr(via.fact)).join(found, ["hospital", "system", "_at"], "left").drop("_at")


def _aliased(columns: Mapping[str, Column]) -> list[Column]:
    return [column.alias(name) for name, column in columns.items()]


def vocabulary(system: Column) -> Column:
    """The vocabulary of a coding system by its URI, OID or name (`coding_systems.vocabulary_of`); null if unknown."""
    # Most are written as they should be, and a pattern costs more than a look-up.
    mended = F.regexp_replace(F.lower(F.trim(system)), "^urn:oid:|/+$", "")
    return F.coalesce(one_of(KNOWN_SYSTEMS, system), one_of(KNOWN_SYSTEMS, mended))
