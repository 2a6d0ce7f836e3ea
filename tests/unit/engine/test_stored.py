"""A small table is handed to Spark whole: the same rows and types as Spark's own scan of it gives."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from chispa import assert_df_equality
from deltalake import DeltaTable
from pyspark.sql import functions as F

from twinlake.engine import stored
from twinlake.engine.stored import CHECKPOINT_EVERY, read_changes, read_stored, replace_rows

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


def test_rows_of_every_type_put_in_place_of_others_are_what_spark_reads(spark: SparkSession, path: str) -> None:
    rows = spark.sql(EVERY_TYPE).where("person_id IN (1, 5, 7)").withColumn("name", F.lit("new"))
    replace_rows(path, DeltaTable(path), rows, "person_id IN (1, 2, 5, 7, 1000)", "said")
    scanned = spark.read.format("delta").load(path)
    others = spark.sql(EVERY_TYPE).where("person_id NOT IN (1, 2, 5, 7)")
    assert_df_equality(scanned, others.union(rows), ignore_row_order=True, ignore_nullable=True)


def test_the_log_is_summed_up_now_and_then_in_a_way_that_spark_believes(spark: SparkSession, path: str) -> None:
    log, rows = Path(path) / "_delta_log", spark.sql(EVERY_TYPE).where("person_id = 7")
    (log / "._last_checkpoint.crc").write_bytes(b"crc\x00of another file")
    while (table := DeltaTable(path)).version() < CHECKPOINT_EVERY:
        replace_rows(path, table, rows, "person_id = 7", "said")
    assert (log / f"{CHECKPOINT_EVERY:020}.checkpoint.parquet").is_file()
    assert not (log / "._last_checkpoint.crc").exists()
    assert spark.read.format("delta").load(path).count() == 99


FEED = {"delta.enableChangeDataFeed": "true", "delta.enableDeletionVectors": "true"}


@pytest.fixture(scope="module")
def changing(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Versions: 0 made, 1 and 2 a row replaced by delta-rs, 3 one deleted by Spark, 4 another of its file replaced,
    5 all rearranged, 6 one replaced by two."""
    path = str(tmp_path_factory.mktemp("lake") / "changing")
    spark.sql(EVERY_TYPE).repartition(2).write.format("delta").options(**FEED).save(path)
    for person in (3, 4):
        _replace(spark, path, person)
    spark.sql(f"DELETE FROM delta.`{path}` WHERE person_id = 9")
    _replace(spark, path, 8)
    rows = spark.read.format("delta").load(path)
    rows.coalesce(1).write.format("delta").mode("overwrite").option("dataChange", "false").save(path)
    _replace(spark, path, 9, 2)
    return path


def _replace(spark: SparkSession, path: str, person: int, rows: int = 1) -> None:
    new = (
        spark.sql(EVERY_TYPE)
        .where(f"person_id >= {person}")
        .limit(rows)
        .withColumns({"person_id": F.lit(person).cast("bigint"), "name": F.lit("new")})
    )
    replace_rows(path, DeltaTable(path), new.coalesce(1), f"person_id in ({person})", "{}")


@pytest.mark.parametrize(
    ("since", "now", "is_handed"),
    [
        (-1, 0, True),
        (0, 1, True),
        (0, 2, True),
        (1, 2, True),
        (2, 3, False),
        (3, 4, True),
        (4, 5, False),
        (5, 6, True),
        (-1, 6, False),
    ],
)
def test_changes_are_those_that_sparks_own_feed_tells(spark, changing, since, now, is_handed) -> None:
    told = read_changes(spark, changing, since, now)
    feed = spark.read.format("delta").option("readChangeFeed", "true").option("startingVersion", since + 1)
    scanned = feed.option("endingVersion", now).load(changing).drop("_commit_version", "_commit_timestamp")
    assert ("LocalRelation" in told._jdf.queryExecution().optimizedPlan().toString()) == is_handed
    assert_df_equality(told, scanned, ignore_row_order=True, ignore_nullable=True)


def test_many_changes_are_left_to_spark_and_so_is_a_file_that_is_gone(spark, changing, tmp_path, monkeypatch) -> None:
    path = shutil.copytree(changing, tmp_path / "copy")

    def is_handed() -> bool:
        told = read_changes(spark, str(path), 0, 1)
        return "LocalRelation" in told._jdf.queryExecution().optimizedPlan().toString()

    assert is_handed()
    with monkeypatch.context() as few:
        few.setattr(stored, "SMALL_CHANGES", 10)
        assert not is_handed()
    for file in path.glob("_change_data/*"):
        file.unlink()
    assert not is_handed()
