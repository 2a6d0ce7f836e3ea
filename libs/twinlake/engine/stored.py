"""Small tables beside Spark: one is handed to it whole and changed without it, for its log costs more than its rows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from twinlake.engine.commits import KEEP_LOG
from twinlake.engine.delta_log import Action, DeltaLog, read_entry
from twinlake.engine.session import PAGE_ROWS

if TYPE_CHECKING:
    from deltalake import DeltaTable
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.types import StructType

# Rows times columns. Up to here replaying the log, skipping files and scanning took 2 to 7 times the CPU, for each
# table of a query (measured on the demo's tables).
FEW_VALUES = 1_500_000
# Long texts are few values and many bytes; in memory they are several times as many as in a file.
SMALL_FILES = 32 << 20
# Files of changes up to here are read without Spark, which takes a second to plan a change feed.
SMALL_CHANGES = 8 << 20
# As Spark does.
CHECKPOINT_EVERY = 10


def read_stored(spark: SparkSession, path: str, columns: Sequence[str] = ()) -> DataFrame:
    """The rows of the Delta table at `path`, with the columns that are asked for, or all, of the types they have."""
    from deltalake import DeltaTable
    from pyspark.sql.types import StructType

    table = DeltaTable(path)
    whole = _schema(table)
    schema = StructType([whole[name] for name in columns or whole.names])
    if not is_small(table, len(schema)):
        return spark.read.format("delta").load(path).select(*schema.names)
    return _handed(spark, table, schema)


def read_changes(spark: SparkSession, path: str, since: int, now: int) -> DataFrame:
    """The rows of a table before and after each change between two versions, and `_change_type`, which says which."""
    from deltalake import DeltaTable
    from pyspark.sql.types import StringType, StructField, StructType

    if not _is_told_plainly(DeltaLog(Path(path)), range(since + 1, now + 1)):
        reader = spark.read.format("delta").option("readChangeFeed", "true")
        told = reader.option("startingVersion", since + 1).option("endingVersion", now).load(path)
        return told.drop("_commit_version", "_commit_timestamp")
    table = DeltaTable(path)
    schema = StructType([*_schema(table), StructField("_change_type", StringType())])
    return _as_frame(spark, table.load_cdf(since + 1, now, columns=schema.names), schema)


def _is_told_plainly(log: DeltaLog, commits: range) -> bool:
    """Whether a few small files say what changed; where rows are marked or only moved, Spark knows what that means."""
    entries = [read_entry(log.entry(version)) for version in commits]
    files = [file for entry in entries for file in _telling(entry or ())]
    is_plain = bool(entries) and None not in entries and None not in files
    return is_plain and _are_small([file for file in files if file], log.table)


def _telling(entry: Iterable[Action]) -> list[Action | None]:
    """The files that say which rows a commit changed, as Delta has it (PROTOCOL.md, "Change Data Files")."""
    told = [action["cdc"] for action in entry if "cdc" in action]
    whole = [action[kind] for action in entry for kind in ("add", "remove") if kind in action]
    return told or [file if file["dataChange"] and not file.get("deletionVector") else None for file in whole]


def _are_small(files: Sequence[Action], table: Path) -> bool:
    paths = [table / unquote(file["path"]) for file in files]
    return all(path.is_file() for path in paths) and sum(path.stat().st_size for path in paths) <= SMALL_CHANGES


def is_small(table: DeltaTable, columns: int, more: int = 0) -> bool:
    """Whether so many columns of all rows in a table's files, deleted ones included, and of `more` are few values."""
    import pyarrow as pa

    files = pa.table(table.get_add_actions(flatten=True))
    counted = files["num_records"].to_pylist() if "num_records" in files.column_names else [None] * len(files)
    # None: somebody wrote a file without saying how many it holds.
    is_few = None not in counted and (sum(counted) + more) * columns <= FEW_VALUES
    return is_few and sum(files["size_bytes"].to_pylist()) <= SMALL_FILES


def has_schema(table: DeltaTable, schema: StructType) -> bool:
    """Whether a table stores these columns, of these types and in this order; a comment or a bound is no matter."""
    told, stored = ([(f.name, f.dataType.simpleString()) for f in each] for each in (schema, _schema(table)))
    return told == stored


def _schema(table: DeltaTable) -> StructType:
    from pyspark.sql.types import StructType

    # Of a Delta schema the JSON is Spark's own.
    return StructType.fromJson(json.loads(table.schema().to_json()))


def replace_rows(path: str, table: DeltaTable, rows: DataFrame, where: str, said: str) -> None:
    """Put a few rows in the place of those `where` a predicate holds; fails where another commit came since `table`.

    The rows must have the table's schema: others would be cast to it without a word. A file that some rows leave is
    written anew, behind the rows that came: the order of a table comes back with its next compaction.
    """
    from deltalake import CommitProperties, DeltaTable, PostCommitHookProperties, WriterProperties, write_deltalake

    # Nothing may have changed since the state was counted that the commit tells, so it is never tried again by itself.
    properties = CommitProperties(custom_metadata={"userMetadata": said}, max_commit_retries=0)
    write_deltalake(
        table, rows.toArrow(), mode="overwrite", predicate=where, commit_properties=properties,
        writer_properties=WriterProperties(compression="SNAPPY", data_page_row_count_limit=PAGE_ROWS),
        post_commithook_properties=PostCommitHookProperties(create_checkpoint=False, **KEEP_LOG),
    )  # fmt: skip
    newest = DeltaTable(path)
    if newest.version() % CHECKPOINT_EVERY == 0:
        DeltaLog(Path(path)).sum_up(newest)


def _handed(spark: SparkSession, table: DeltaTable, schema: StructType) -> DataFrame:
    from deltalake import QueryBuilder

    names = ", ".join(f'"{name}"' for name in schema.names)
    return _as_frame(spark, QueryBuilder().register("stored", table).execute(f"SELECT {names} FROM stored"), schema)


def _as_frame(spark: SparkSession, found: Any, schema: StructType) -> DataFrame:
    import pyarrow as pa
    from pyspark.sql.pandas.types import to_arrow_schema

    rows = pa.table(found)
    typed = to_arrow_schema(schema, timezone="UTC")
    # A column without any chunk, as of a table without files, is one that Spark cannot take.
    return spark.createDataFrame(rows.cast(typed) if rows.num_rows else typed.empty_table(), schema)
