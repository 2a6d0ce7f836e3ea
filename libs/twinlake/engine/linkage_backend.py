"""The engines that linkage runs on: DuckDB in this process, or the Spark session; both are given the same SQL."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Protocol

from twinlake.declare.errors import DeclarationError

if TYPE_CHECKING:
    import duckdb
    from pyspark.sql import DataFrame, SparkSession

DUCKDB_ROWS = 2_000_000
BACKENDS = ("auto", "duckdb", "spark")


class Backend(Protocol):
    """What linkage asks of an engine; `api` is Splink's own door to it."""

    api: Any

    def take(self, name: str, rows: Any) -> str:
        """The name under which rows from outside can be read."""

    def keep(self, name: str, sql: str) -> str:
        """The name under which the rows of `sql` can be read from now on."""

    def any(self, sql: str) -> bool:
        """Whether `sql` gives a row."""

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """The few rows of `sql`."""

    def columns(self, name: str) -> list[str]:
        """The columns of what stands under a name."""

    def give(self, name: str) -> DataFrame:
        """What stands under a name."""


def speak_spark(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """The functions that linkage's SQL needs and DuckDB knows by other names; its hashes only ever meet their own."""
    connection.execute("CREATE TEMP MACRO xxhash64(value) AS hash(value)")
    return connection.execute("CREATE TEMP MACRO array_join(items, between) AS array_to_string(items, between)")


class DuckdbBackend:
    """One connection, in this process's memory."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, spark: SparkSession | None = None) -> None:
        from splink.backends.duckdb import DuckDBAPI

        self.connection, self.spark = speak_spark(connection), spark
        self.api = DuckDBAPI(connection)

    def take(self, name: str, rows: Any) -> str:
        self.connection.register(name, rows.toArrow() if hasattr(rows, "toArrow") else rows)
        return name

    def keep(self, name: str, sql: str) -> str:
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE linkage_{name} AS {sql}")
        return f"linkage_{name}"

    def any(self, sql: str) -> bool:
        return bool(self.connection.execute(f"{sql} LIMIT 1").fetchall())

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql).fetchall()

    def columns(self, name: str) -> list[str]:
        return list(self.connection.table(name).columns)

    def give(self, name: str) -> DataFrame:
        assert self.spark is not None
        return self.spark.createDataFrame(self.connection.table(name).to_arrow_table())


class SparkBackend:
    """Views of one session; conditions need no function beyond Spark's own, so Splink's jar need not be there."""

    def __init__(self, spark: SparkSession) -> None:
        from splink.backends.spark import SparkAPI

        self.spark = spark
        self.api = SparkAPI(spark_session=spark, break_lineage_method="persist", register_udfs_automatically=False)
        self.prefix = f"linkage_{uuid.uuid4().hex[:8]}"

    def take(self, name: str, rows: Any) -> str:
        frame = rows if hasattr(rows, "toArrow") else self.spark.createDataFrame(rows)
        frame.createOrReplaceTempView(f"{self.prefix}_{name}")
        return f"{self.prefix}_{name}"

    def keep(self, name: str, sql: str) -> str:
        return self.take(name, self.spark.sql(sql).localCheckpoint())

    def any(self, sql: str) -> bool:
        return not self.spark.sql(sql).isEmpty()

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in self.spark.sql(sql).collect()]

    def columns(self, name: str) -> list[str]:
        return self.spark.table(name).columns

    def give(self, name: str) -> DataFrame:
        return self.spark.table(name)


@contextmanager
def backend_for(persons: DataFrame, named: str) -> Iterator[Backend]:
    """The engine that was named; `auto` is DuckDB up to DUCKDB_ROWS persons."""
    if named not in BACKENDS:
        raise DeclarationError(f"Linkage backend {named!r}. Expected one of {', '.join(BACKENDS)}.")
    if named == "auto":
        named = "duckdb" if persons.limit(DUCKDB_ROWS).count() < DUCKDB_ROWS else "spark"
    if named == "spark":
        yield SparkBackend(persons.sparkSession)
        return
    with connected() as connection:
        yield DuckdbBackend(connection, persons.sparkSession)


@contextmanager
def connected() -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB in memory. What does not fit spills beside Spark's shuffles, not into the folder one works in."""
    import duckdb

    with TemporaryDirectory(prefix="linkage-") as spilled, duckdb.connect(config={"temp_directory": spilled}) as opened:
        yield opened
