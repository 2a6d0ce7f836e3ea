"""Reads a table as it stands: a small one is handed to Spark whole, for to Spark its log costs more than its rows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deltalake import DeltaTable
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.types import StructType

# Rows times columns. Up to here replaying the log, skipping files and scanning took 2 to 7 times the CPU, for each
# table of a query (measured on the demo's tables).
FEW_VALUES = 1_500_000


def read_stored(spark: SparkSession, path: str, columns: Sequence[str] = ()) -> DataFrame:
    """The rows of the Delta table at `path`, with the columns that are asked for, or all, of the types they have."""
    from deltalake import DeltaTable
    from pyspark.sql.types import StructType

    table = DeltaTable(path)
    # Of a Delta schema the JSON is Spark's own.
    whole = StructType.fromJson(json.loads(table.schema().to_json()))
    schema = StructType([whole[name] for name in columns or whole.names])
    rows = _rows(table)
    if rows is None or rows * len(schema) > FEW_VALUES:
        return spark.read.format("delta").load(path).select(*schema.names)
    return _handed(spark, table, schema)


def _rows(table: DeltaTable) -> int | None:
    """How many its files hold, deleted ones included; None if somebody wrote one without saying."""
    import pyarrow as pa

    files = pa.table(table.get_add_actions(flatten=True))
    counted = files["num_records"].to_pylist() if "num_records" in files.column_names else [None] * len(files)
    return None if None in counted else sum(counted)


def _handed(spark: SparkSession, table: DeltaTable, schema: StructType) -> DataFrame:
    import pyarrow as pa
    from deltalake import QueryBuilder
    from pyspark.sql.pandas.types import to_arrow_schema

    names = ", ".join(f'"{name}"' for name in schema.names)
    rows = pa.table(QueryBuilder().register("stored", table).execute(f"SELECT {names} FROM stored"))
    typed = to_arrow_schema(schema, timezone="UTC")
    # A column without any chunk, as of a table without files, is one that Spark cannot take.
    return spark.createDataFrame(rows.cast(typed) if rows.num_rows else typed.empty_table(), schema)
