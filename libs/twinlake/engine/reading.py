"""The reading surface: every table of one publication as a SQL view, with the columns that depend on the moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from twinlake.declare.table import Table
from twinlake.engine.ops import SCHEMAS, Ops
from twinlake.engine.publication import Publication
from twinlake.engine.quarantine import quarantine_tables

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def open_views(
    spark: SparkSession, ops: Ops, tables: Mapping[str, Table], publication: Publication, query: str = ""
) -> list[str]:
    """Make `<layer>.<table>` readable as it was published; the names that now can be asked for.

    Of a query only what it may name is opened: each view costs a look into its table's log.
    `ops.*` and `quarantine.*` are read as they stand: they are the record of runs, not of patients' facts.
    """
    published = [t for t in tables.values() if t.full_name in publication.versions]
    records = [f"ops.{n}" for n in SCHEMAS if ops.version(f"ops.{n}") is not None] + quarantine_tables(ops)
    queries = {t.full_name: _published_sql(ops, t, publication) for t in published}
    queries |= {name: f"SELECT * FROM delta.`{ops.path(name)}`" for name in records}
    return [_view(spark, name, sql) for name, sql in queries.items() if _may_name(query, name)]


def _may_name(query: str, name: str) -> bool:
    """Whether a query may be about a table; one that lists tables, as no query at all, is about every one."""
    words = query.lower().split(None, 1)
    return not words or words[0] == "show" or name.partition(".")[2] in query.lower()


def _view(spark: SparkSession, name: str, query: str) -> str:
    spark.sql(f"CREATE DATABASE IF NOT EXISTS `{name.split('.')[0]}`")
    spark.sql(f"CREATE OR REPLACE VIEW {name} AS {query}")
    return name


def _published_sql(ops: Ops, table: Table, publication: Publication) -> str:
    at = publication.as_of.strftime("%Y-%m-%d %H:%M:%S")
    stored = f"SELECT * FROM delta.`{ops.path(table.full_name)}` VERSION AS OF {publication.versions[table.full_name]}"
    if not table.view:
        return stored
    moment = f"TIMESTAMP '{at}' AS as_of, '{publication.publication_id}' AS publication_id"
    computed = ", ".join(f"{sql} AS `{name}`" for name, sql in table.view.items())
    columns = ", ".join(f"`{c}`" for c in table.columns)
    return f"SELECT {columns}, {computed}, publication_id FROM (SELECT *, {moment} FROM ({stored}))"


def drop_views(spark: SparkSession, names: Iterable[str]) -> None:
    """Take the views away again."""
    for name in names:
        spark.sql(f"DROP VIEW IF EXISTS {name}")
