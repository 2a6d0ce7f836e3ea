"""Questions in Spark SQL: nothing but reading, and mistakes told to whoever asked."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from twinlake.declare.errors import ConfigurationError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

# After brackets and comments. EXECUTE IMMEDIATE and scripts (BEGIN) would hide what they do.
READING = ("select", "with", "from", "values", "table", "describe", "desc", "show", "explain")
_BEFORE = re.compile(r"(\s|\(|--[^\n]*(\n|$)|/\*.*?\*/)*", re.DOTALL)
_LOGICAL = "org.apache.spark.sql.catalyst.plans.logical"
_LOOKING = ("Describe", "Show", "Explain")


def refuse_writing(query: str) -> None:
    """Refuse what does not begin as a question does, before anything is started for it."""
    word = re.match(r"\w*", query[_BEFORE.match(query).end() :]).group()  # type: ignore[union-attr]
    if word.lower() not in READING:
        raise ConfigurationError(
            f"A question begins with {', '.join(READING[:-1]).upper()} or {READING[-1].upper()}, not with "
            f"{word.upper() or 'nothing'}. What is in the lake is changed by its feeds and by twinlake alone."
        )


def asked(spark: SparkSession, query: str, declared: Iterable[str] = ()) -> DataFrame:
    """The answer to a question, if it is one; `declared`: tables that may not be in the publication (yet)."""
    from pyspark.errors import AnalysisException, ParseException

    refuse_writing(query)
    try:
        if not _reads(spark, spark._jsparkSession.sessionState().sqlParser().parsePlan(query)):
            raise ConfigurationError(
                "This would change tables. What is in the lake is changed by its feeds and by twinlake alone."
            )
        return spark.sql(query)
    except (AnalysisException, ParseException) as error:
        raise ConfigurationError(f"{_told(error)}{_missing(error, declared)}") from None


def answered(rows: DataFrame) -> Any:
    """The rows as Arrow. What breaks on the way is told without the value it broke at, which may be a patient's."""
    from pyspark.errors import PySparkException

    try:
        return rows.toArrow()
    except PySparkException as error:
        condition = error.getCondition()
        if condition is None or condition.startswith("INTERNAL"):
            raise
        raise ConfigurationError(
            f"The query broke at a value: {condition}. Such values can be left out, or read with a function that gives "
            "null for them (try_cast, try_divide …)."
        ) from None


def _reads(spark: SparkSession, plan: Any) -> bool:
    """Whether no part of a parsed statement is a command that changes anything."""
    from py4j.java_gateway import is_instance_of

    gateway, name = spark.sparkContext._gateway, plan.getClass().getSimpleName()
    changes = any(is_instance_of(gateway, plan, f"{_LOGICAL}.{kind}") for kind in ("Command", "ParsedStatement"))
    if changes:
        return name.startswith(_LOOKING)
    children = plan.children()
    return all(_reads(spark, children.apply(n)) for n in range(children.length()))


def _told(error: Exception) -> str:
    """Spark's own words for a mistake in a query, without its code and the plan it draws."""
    lines = [line for line in str(error).splitlines() if line.strip()]
    told = re.sub(r"^\[[\w.]+\]\s*", "", lines[0].strip())
    return f"The query: {told.partition(' SQLSTATE')[0].rstrip('.;')}."


def _missing(error: Any, declared: Iterable[str]) -> str:
    if error.getCondition() != "TABLE_OR_VIEW_NOT_FOUND":
        return ""
    name = error.getMessageParameters().get("relationName", "").replace("`", "").lower()
    if name.startswith("bronze."):
        return " Bronze holds what was delivered and is in no publication; `twinlake trace` leads to a record."
    if name in declared:
        return f" {name} is declared, but in no publication yet: `twinlake run` makes it."
    return ' `twinlake sql "show tables in gold"` lists a layer\'s tables.'
