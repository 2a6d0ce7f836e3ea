"""A small table is handed to Spark whole: the same rows and types as Spark's own scan of it gives."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from chispa import assert_df_equality

from twinlake.engine import stored
from twinlake.engine.stored import read_stored

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

EVERY_TYPE = """
    SELECT id AS person_id, IF(id = 3, NULL, concat('Zoë ', id)) AS name, CAST(id AS INT) AS day,
        id / 3 AS value, CAST(id / 7 AS DECIMAL(38, 9)) AS exact, id = 2 AS is_second,
        DATE '0001-01-01' + CAST(id AS INT) AS born, TIMESTAMP '1883-11-18 12:03:58.123456 UTC' AS at,
        array(id, NULL) AS keys, struct(id, 'x' AS y) AS both, CAST(NULL AS STRING) AS nothing
    FROM range(100)
"""


@pytest.fixture
def path(spark: SparkSession, tmp_path: Path) -> str:
    path = str(tmp_path / "t")
    written = spark.sql(EVERY_TYPE).coalesce(1).write.format("delta")
    written.option("delta.enableDeletionVectors", "true").save(path)
    spark.sql(f"DELETE FROM delta.`{path}` WHERE person_id = 5")
    return path


def test_the_rows_and_types_are_those_of_sparks_own_scan(spark: SparkSession, path: str) -> None:
    handed, scanned = read_stored(spark, path), spark.read.format("delta").load(path)
    assert "LocalRelation" in handed._jdf.queryExecution().optimizedPlan().toString()
    assert_df_equality(handed, scanned, ignore_row_order=True)
    assert handed.count() == 99


def test_only_the_columns_that_are_asked_for_are_read(spark: SparkSession, path: str) -> None:
    assert read_stored(spark, path, ["born", "person_id"]).columns == ["born", "person_id"]


def test_a_large_table_is_left_to_spark(spark: SparkSession, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "FEW_VALUES", 199)
    found = read_stored(spark, path, ["born", "person_id"])
    assert "LocalRelation" not in found._jdf.queryExecution().optimizedPlan().toString()
    assert (found.columns, found.count()) == (["born", "person_id"], 99)


def test_a_table_that_never_had_a_row_keeps_its_types(spark: SparkSession, tmp_path: Path) -> None:
    path = str(tmp_path / "never")
    spark.sql(EVERY_TYPE).limit(0).write.format("delta").save(path)
    handed, scanned = read_stored(spark, path), spark.read.format("delta").load(path)
    assert handed.schema == scanned.schema and handed.isEmpty()


def test_a_file_that_does_not_say_how_many_it_holds_is_left_to_spark(spark: SparkSession, tmp_path: Path) -> None:
    path = str(tmp_path / "uncounted")
    spark.conf.set("spark.databricks.delta.stats.collect", "false")
    try:
        spark.sql(EVERY_TYPE).write.format("delta").save(path)
    finally:
        spark.conf.unset("spark.databricks.delta.stats.collect")
    found = read_stored(spark, path)
    assert "LocalRelation" not in found._jdf.queryExecution().optimizedPlan().toString()
    assert found.count() == 100
