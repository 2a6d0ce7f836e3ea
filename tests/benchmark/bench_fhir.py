"""FHIR's way in, MB of NDJSON a second: to bronze with ledger and to silver.measurement, beside the plain ways.

Run by `twinlake bench fhir [--megabytes N] [--runs N]`. It multiplies the Observations of the invented network (new ids
for each copy) into four files, then times, the least of several runs each: Spark's own `json(schema)` to Delta, raw
lines with a hash to Delta, DuckDB to Parquet, and ours: landing, and conforming what has landed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from jobs import ingest
from jobs._daily import take
from jobs._run import Opened, moment, open_run
from twinlake.catalog.sources.fhir_r4_bulk import SYSTEM
from twinlake.synthetic.network import make_network

AS_OF, FILES = "2026-11-01", 4
BEFORE = ("empi.source_person", "silver.concept", "silver.location", "silver.person")
HOSPITAL = 'name = "Bench"\ntime_zone = "UTC"\nidentifier_namespace = "urn:bench"\n'
SCHEMA = SYSTEM.feed("observation").schema


def main() -> None:
    """Measure and print."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--megabytes", type=int, default=256)
    given.add_argument("--runs", type=int, default=3)
    options = given.parse_args()
    with tempfile.TemporaryDirectory(prefix="twinlake-bench-") as scratch:
        folder = Path(scratch)
        megabytes = lay(folder, options.megabytes)
        for what, seconds in measured(folder, options.runs):
            print(f"{what:<34} {seconds:7.1f} s {megabytes / seconds:8.1f} MB/s", flush=True)


def lay(folder: Path, megabytes: int) -> float:
    """One hospital's Patient file and four Observation files; megabytes of the latter."""
    network = make_network(200, 4, 7, folder / "network", print)
    found = sorted(network.feeds.glob("*/fhir_r4_bulk/*/Observation.ndjson"))[0]
    target = folder / "feeds" / "bench" / "fhir_r4_bulk" / AS_OF
    target.mkdir(parents=True)
    (target.parents[1] / "hospital.toml").write_text(HOSPITAL)
    shutil.copy(found.with_name("Patient.ndjson"), target)
    lines = [line for line in found.read_bytes().splitlines(keepends=True) if line.startswith(b"{")]
    copies = (_copies(lines, n, FILES) for n in range(FILES))
    for n, copy in enumerate(copies):
        with (target / f"Observation.{n}.ndjson").open("wb") as out:
            while out.tell() < megabytes * 1e6 / FILES:
                out.writelines(next(copy))
    return sum(p.stat().st_size for p in target.glob("Observation.*")) / 1e6


def _copies(lines: list[bytes], first: int, step: int) -> Iterator[list[bytes]]:
    """The lines again and again, each time under other ids."""
    head = b'"resourceType":"Observation","id":"'
    assert all(head in line for line in lines), "an Observation whose id does not come first"
    while True:
        yield [line.replace(head, b"%s%d-" % (head, first), 1) for line in lines]
        first += step


def measured(folder: Path, runs: int) -> Iterator[tuple[str, float]]:
    """Each way's name and least seconds."""
    files = str(folder / "feeds" / "bench" / "fhir_r4_bulk" / AS_OF / "Observation.*.ndjson")
    opened = _opened(folder, "warm")
    spark = opened.run.spark
    spark.range(10).write.format("delta").save(str(folder / "warm"))

    def plain(name: str) -> None:
        rows = spark.read.schema(SCHEMA).json(files) if name == "json" else spark.read.text(files).selectExpr(
            "*", "sha2(value, 256) as hash"
        )  # fmt: skip
        rows.write.format("delta").mode("overwrite").save(str(folder / name))

    yield "Spark json(schema) to Delta", _least(runs, lambda: plain("json"))
    yield "raw line and hash to Delta", _least(runs, lambda: plain("raw"))
    yield "DuckDB to Parquet", _least(runs, lambda: _duckdb(files, folder / "duck.parquet"))
    landed, conformed = [], []
    for n in range(runs):
        opened = _opened(folder, f"home-{n}")
        landed.append(_seconds(lambda o=opened: ingest.land(o, "bench")))  # type: ignore[misc]
        for node in opened.plan.nodes:
            if node.verb == "link" or node.target in BEFORE:
                take(opened, node)
        node = next(x for x in opened.plan.nodes if x.target == "silver.measurement")
        conformed.append(_seconds(lambda o=opened, x=node: take(o, x)))  # type: ignore[misc]
    yield "twinlake to bronze, with ledger", min(landed)
    yield "twinlake to silver.measurement", min(conformed)


def _opened(folder: Path, home: str) -> Opened:
    os.environ["TWINLAKE_HOME"] = str(folder / home)
    return open_run(folder / "feeds", moment(AS_OF), home)


def _duckdb(files: str, target: Path) -> None:
    import duckdb

    with duckdb.connect() as connection:
        connection.execute("set threads = 2")
        connection.read_json(files, format="newline_delimited").write_parquet(str(target))


def _least(runs: int, work: Callable[[], object]) -> float:
    return min(_seconds(work) for _ in range(runs))


def _seconds(work: Callable[[], object]) -> float:
    started = time.monotonic()
    work()
    return time.monotonic() - started


if __name__ == "__main__":
    main()
