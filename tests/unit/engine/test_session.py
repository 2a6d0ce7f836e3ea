"""The session means the same on every machine, and leaves nothing where it was started."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from twinlake.engine.environment import load_environment
from twinlake.engine.session import MEANING, properties

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def test_importing_starts_nothing() -> None:
    code = "import sys, twinlake.engine.session; sys.exit('pyspark' in sys.modules)"
    variables = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    assert subprocess.run([sys.executable, "-c", code], env=variables, check=False).returncode == 0


def test_an_environment_cannot_change_what_the_lake_means() -> None:
    for name in ("local", "ci"):
        assert not set(load_environment(name).spark) & set(MEANING)
        assert properties(load_environment(name)).items() >= MEANING.items()


def test_a_cluster_ships_its_jars_and_uses_no_archive(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TWINLAKE_SPARK_MASTER", "TWINLAKE_SHARED_HOME", "TWINLAKE_POSTGRES"):
        monkeypatch.setenv(name, "spark://somewhere")
    given = properties(load_environment("cluster"))
    assert "delta-spark" in given["spark.jars"]
    assert "SharedArchiveFile" not in given["spark.driver.extraJavaOptions"]


def test_delta_is_written_changed_and_read(spark: SparkSession, tmp_path: Path) -> None:
    table = f"delta.`{tmp_path}/table`"
    spark.range(10).write.format("delta").save(f"{tmp_path}/table")
    spark.sql(f"DELETE FROM {table} WHERE id < 3")
    assert spark.sql(f"SELECT sum(id) FROM {table}").first()[0] == 42


def test_parameter_markers_work_beside_delta(spark: SparkSession) -> None:
    assert spark.sql("SELECT :a + 1 AS n", args={"a": 41}).first().n == 42


def test_a_naive_datetime_is_utc_both_ways(spark: SparkSession) -> None:
    noon = datetime(2024, 7, 1, 12, 0)
    frame = spark.createDataFrame([(noon,)], "at timestamp").selectExpr("at", "date_format(at, 'HH:mm') AS text")
    assert tuple(frame.first()) == (noon, "12:00")


def test_pandas_comes_over_arrow(spark: SparkSession) -> None:
    assert spark.range(3).toPandas()["id"].tolist() == [0, 1, 2]


def test_workers_run_this_python(spark: SparkSession) -> None:
    assert os.environ["PYSPARK_PYTHON"] == sys.executable


def test_nobody_is_phoned(spark: SparkSession) -> None:
    assert (os.environ["GX_ANALYTICS_ENABLED"], os.environ["MLFLOW_DISABLE_TELEMETRY"]) == ("false", "true")


def test_a_machines_own_linear_algebra_is_left_alone(spark: SparkSession) -> None:
    found = {name: spark._jvm.java.lang.System.getProperty(f"dev.ludovic.netlib.{name}.allowNative")
             for name in ("blas", "lapack", "arpack")}  # fmt: skip
    assert set(found.values()) == {"false"}


def test_splinks_similarity_functions_are_on_the_class_path(spark: SparkSession) -> None:
    spark.sql("CREATE TEMPORARY FUNCTION similarity_probe AS 'uk.gov.moj.dash.linkage.JaroWinklerSimilarity'")
    spark.sql("DROP TEMPORARY FUNCTION similarity_probe")


def test_no_litter_stands_in_the_working_directory(spark: SparkSession) -> None:
    spark.sql("SELECT 1").collect()
    assert not [name for name in ("spark-warehouse", "metastore_db", "derby.log", "artifacts") if Path(name).exists()]
