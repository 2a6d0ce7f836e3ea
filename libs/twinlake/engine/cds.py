"""A class-data archive: the JVM's classes in one mapped file, tied to one Java and class path; Spark starts faster."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from twinlake.declare.errors import ConfigurationError, PlatformError
from twinlake.engine.environment import cache_dir
from twinlake.engine.jars import spark_home, spark_jars
from twinlake.engine.java import find_java_home

RECORD_TO = "TWINLAKE_CDS_RECORD"


def archive() -> Path:
    """Where the archive for this Java and these jars stands, or would."""
    return cache_dir() / "cds" / f"{_whose()}-{_fingerprint()}.jsa"


def java_options() -> tuple[str, ...]:
    """JVM options that read the archive, write it, or do neither; a stale one is ignored in silence (`Xshare:auto`)."""
    record = os.environ.get(RECORD_TO)
    if record:
        return (f"-XX:ArchiveClassesAtExit={record}", *_QUIET)
    ready = archive()
    return (f"-XX:SharedArchiveFile={ready}", "-Xshare:auto", *_QUIET) if ready.is_file() else ()


def make_archive() -> Path:
    """Runs a small session that touches what every run touches, and keeps the classes it loaded."""
    ready = archive()
    if ready.is_file():
        return ready
    ready.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=ready.parent, prefix=".recording-") as scratch:
        _record(Path(scratch))
        _remove_older(ready.parent)
        (Path(scratch) / "classes.jsa").rename(ready)
    return ready


_QUIET = ("-Xlog:cds=off", "-Xlog:cds+dynamic=off")


def _whose() -> str:
    """The Spark it is of: a cache may serve several checkouts, and none removes another's."""
    return hashlib.sha256(str(spark_home()).encode()).hexdigest()[:8]


def _fingerprint() -> str:
    """The JVM checks names, sizes and times of its class path; so do we, to remake the archive when they change."""
    java = find_java_home()
    release = java / "release"
    parts = [str(java), release.read_text(encoding="utf-8") if release.is_file() else ""]
    for jar in [*sorted((spark_home() / "jars").glob("*.jar")), *spark_jars()]:
        status = jar.stat()
        parts.append(f"{jar} {status.st_size} {status.st_mtime_ns}")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _record(scratch: Path) -> None:
    variables = os.environ | {RECORD_TO: str(scratch / "classes.jsa"), "TWINLAKE_ENV": "ci"}
    command = [sys.executable, "-m", "twinlake.engine.cds", "rehearse", str(scratch / "lake")]
    done = subprocess.run(command, env=variables, capture_output=True, text=True, cwd=scratch, check=False)
    if done.returncode != 0 or not (scratch / "classes.jsa").is_file():
        log = scratch.parent / "record.log"
        log.write_text(done.stdout + done.stderr, encoding="utf-8")
        raise PlatformError(f"Could not record the class-data archive; Spark works without it, slower. Log: {log}.")


def _remove_older(folder: Path) -> None:
    for older in folder.glob(f"{_whose()}-*.jsa"):
        older.unlink()


def rehearse(lake: str) -> None:
    """Text, JSON and CSV in; Delta written, changed, deleted from, merged and read; a join, a window and Arrow out."""
    from twinlake.engine.session import start_session

    spark = start_session("twinlake-rehearsal")
    for statement in _rehearsal(lake):
        spark.sql(statement)
    spark.table("rehearsal").toPandas()
    spark.read.option("header", True).csv(f"{lake}/csv").count()
    spark.read.text(f"{lake}/csv").count()
    spark.stop()


def _rehearsal(lake: str) -> tuple[str, ...]:
    table = f"delta.`{lake}/table`"
    merge = f"""MERGE INTO {table} t USING rehearsal s ON t.id = s.id
                WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *"""
    return (
        """CREATE OR REPLACE TEMPORARY VIEW rehearsal AS
           SELECT id, cast(id % 7 AS string) AS person, current_date() AS day, cast(id AS double) / 3 AS value,
                  from_json('{"a":[{"b":1}]}', 'a array<struct<b:int>>') AS record FROM range(200)""",
        f"""INSERT OVERWRITE DIRECTORY '{lake}/csv' USING csv OPTIONS (header true)
            SELECT id, person, value FROM rehearsal""",
        f"""CREATE TABLE {table} USING delta CLUSTER BY (person)
            TBLPROPERTIES (delta.enableDeletionVectors = true, delta.enableChangeDataFeed = true)
            AS SELECT * FROM rehearsal""",
        f"DELETE FROM {table} WHERE person IN ('1', '2')",
        f"INSERT INTO {table} SELECT * FROM rehearsal WHERE person IN ('1', '2')",
        merge,
        f"""CREATE OR REPLACE TEMPORARY VIEW ranked AS
            SELECT t.*, row_number() OVER (PARTITION BY t.person ORDER BY t.day, t.value) AS position,
                   sum(cast(s.value AS decimal(38, 6))) OVER (PARTITION BY s.person) AS total,
                   xxhash64(t.person) AS hash
            FROM {table} t JOIN rehearsal s ON t.id = s.id LEFT ANTI JOIN (SELECT 0 AS id) z ON t.id = z.id""",
        f"""CREATE TABLE delta.`{lake}/ranked` USING delta
            AS SELECT person, max(position) AS n, max(hash) AS h FROM ranked GROUP BY person""",
    )


def main(arguments: list[str]) -> None:
    """`rehearse LAKE` is the recorded child; without arguments the archive is made if it is missing."""
    if arguments:
        rehearse(arguments[1])
        return
    try:
        print(make_archive())
    except (ConfigurationError, PlatformError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main(sys.argv[1:])
