"""Reads a table as it stands: a small one is handed to Spark whole, for to Spark its log costs more than its rows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

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
    if _rows(table) * len(schema) > FEW_VALUES:
        return spark.read.format("delta").load(path).select(*schema.names)
    return _handed(spark, table, schema)


def _rows(table: DeltaTable) -> int:
    """How many its files hold, deleted ones included."""
    import pyarrow as pa

    return sum(pa.table(table.get_add_actions(flatten=True))["num_records"].to_pylist())


def _handed(spark: SparkSession, table: DeltaTable, schema: StructType) -> DataFrame:
    import pyarrow as pa
    from deltalake import QueryBuilder
    from pyspark.sql.pandas.types import to_arrow_schema

    names = ", ".join(f'"{name}"' for name in schema.names)
    rows = pa.table(QueryBuilder().register("stored", table).execute(f"SELECT {names} FROM stored"))
    # Arrow's tables may have no batch at all, which Spark does not take.
    given: Any = rows.cast(to_arrow_schema(schema, timezone="UTC")) if rows.num_rows else []
    return spark.createDataFrame(given, schema)
