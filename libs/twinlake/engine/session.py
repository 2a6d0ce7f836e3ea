"""Starts the one Spark session of a process, the same everywhere but for what `infra/environments` says."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from twinlake.engine import cds
from twinlake.engine.environment import REPOSITORY, Environment, cache_dir, load_environment
from twinlake.engine.jars import spark_jars
from twinlake.engine.java import use_java

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

PAGE_ROWS = 1000
# Another value here would give another lake or another meaning, so no environment file may differ.
MEANING = {
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    "spark.sql.session.timeZone": "UTC",
    # Delta's parser breaks parameter markers, `spark.sql(query, args=...)`, without it.
    "spark.sql.legacy.parameterSubstitution.constantsOnly": "true",
    # Microseconds carry file statistics, which INT96 does not, and every other reader knows them.
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    # Small pages and long IN lists: reading a few hundred units skips the rest of a sorted file.
    "spark.hadoop.parquet.page.row.count.limit": str(PAGE_ROWS),
    "spark.sql.parquet.pushdown.inFilterThreshold": "4000",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
}
# Parquet takes an IN list as a chain of as many ORs, and Java follows it call by call: 2,000 overflow the usual stack.
STACK = "-Xss16m"
# A machine's own linear algebra would give a model other last digits than Java's.
SAME_DIGITS = tuple(f"-Ddev.ludovic.netlib.{library}.allowNative=false" for library in ("blas", "lapack", "arpack"))
EXECUTOR_JAVA = "spark.executor.extraJavaOptions"
# They print the value a query failed on, which may be a patient's.
QUOTING_LOGGERS = ("SQLQueryContextLogger", "DataFrameQueryContextLogger")
LOG4J = REPOSITORY / "infra" / "log4j2.properties"
# What speaks through Java's own logging: MLlib's linear algebra, of the libraries it did not find.
JUL = REPOSITORY / "infra" / "logging.properties"


def start_session(
    app_name: str = "twinlake", settings: Environment | None = None, java_options: Sequence[str] = ()
) -> SparkSession:
    """The session of this process: started at the first call, the same one at every later call.

    `java_options` go behind those of the environment.
    """
    environment = settings or load_environment()
    _prepare_process()
    from pyspark.logger import PySparkLogger
    from pyspark.sql import SparkSession

    for name in QUOTING_LOGGERS:
        PySparkLogger.getLogger(name).disabled = True
    builder = SparkSession.builder.appName(app_name).master(environment.spark_master)
    for key, value in properties(environment, java_options).items():
        builder = builder.config(key, value)
    return builder.getOrCreate()


def properties(environment: Environment, java_options: Sequence[str] = ()) -> dict[str, str]:
    """Every Spark property of this environment, as `spark-submit --properties-file` would take them."""
    jars = [str(jar) for jar in spark_jars()]
    machine = {
        "spark.driver.memory": environment.memory(),
        "spark.driver.extraJavaOptions": " ".join([*_java_options(environment), *java_options]),
        # The place in our code of each call of the API costs three more calls of the JVM, and nobody reads it.
        "spark.python.sql.dataFrameDebugging.enabled": "false",
        "spark.sql.warehouse.dir": str(cache_dir() / "warehouse"),
        # Together with spark.jars the driver would load Delta twice; alone, spark.jars keeps it out of the archive.
        **({"spark.driver.extraClassPath": ":".join(jars)} if environment.is_local else {"spark.jars": ",".join(jars)}),
    }
    executors = " ".join([STACK, *SAME_DIGITS, environment.spark.get(EXECUTOR_JAVA, "")]).strip()
    return {**machine, **environment.spark, EXECUTOR_JAVA: executors, **MEANING}


def _java_options(environment: Environment) -> list[str]:
    logging = [f"-Dlog4j2.configurationFile={LOG4J.as_uri()}", f"-Djava.util.logging.config.file={JUL}"]
    return [
        *logging,
        "-Duser.timezone=UTC",
        STACK,
        *SAME_DIGITS,
        *environment.java_options,
        *(cds.java_options() if environment.is_local else ()),
    ]


def _prepare_process() -> None:
    """What Spark and its workers read from the process, before the JVM starts."""
    use_java()
    os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "ERROR")
    # Python's naive datetimes are local time on their way into and out of Spark.
    os.environ["TZ"] = "UTC"
    time.tzset()
    os.environ.setdefault("SPARK_LAUNCHER_OPTS", "-XX:+UseSerialGC -XX:TieredStopAtLevel=1")
    os.environ.setdefault("SPARK_LOCAL_DIRS", tempfile.gettempdir())


def main() -> None:
    """Prints the properties for `spark-submit --properties-file`."""
    environment = load_environment()
    for key, value in sorted({"spark.master": environment.spark_master, **properties(environment)}.items()):
        print(f"{key} {value}")


if __name__ == "__main__":
    main()
