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


def open_views(spark: SparkSession, ops: Ops, tables: Mapping[str, Table], publication: Publication) -> list[str]:
    """Make `<layer>.<table>` readable as it was published; the names that now can be asked for.

    `ops.*` and `quarantine.*` are read as they stand: they are the record of runs, not of patients' facts.
    """
    published = [t for t in tables.values() if t.full_name in publication.versions]
    names = [_view(spark, t.full_name, _published_sql(ops, t, publication)) for t in published]
    records = [f"ops.{n}" for n in SCHEMAS if ops.version(f"ops.{n}") is not None] + quarantine_tables(ops)
    return names + [_view(spark, name, f"SELECT * FROM delta.`{ops.path(name)}`") for name in records]


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
