"""FHIR's way in, MB of NDJSON a second: to bronze with ledger and to silver.measurement, beside the plain ways.

Run by `twinlake bench fhir [--megabytes N] [--runs N]`. It multiplies the Observations of the invented network (new ids
for each copy, the same persons) into four files, then times, the least of several runs each: Spark's own `json(schema)`
to Delta, raw lines with a hash to Delta, DuckDB to Parquet, and ours. Ours to bronze is the whole landing of the files:
their hashes, every record checked, dealt a key and counted, quarantine, Delta commit, ledger. Ours to silver is the
whole conform step of `silver.measurement` from that bronze, for the first time: parsed, converted, judged, written, and
validated with Great Expectations. MB are always those of the Observation files as they lie.
"""

from __future__ import annotations

import argparse
import gzip
import shutil
import tempfile
from collections.abc import Iterator
from functools import partial
from itertools import count
from pathlib import Path

from jobs import ingest
from jobs._daily import take
from jobs._run import Opened
from tests.support.benched import Spent, lay_hospital, least, opened, spent
from twinlake.catalog.sources.fhir_r4_bulk import SYSTEM
from twinlake.plan import Node
from twinlake.synthetic.network import make_network

FILES = 4
SCHEMA = SYSTEM.feed("observation").schema


def main() -> None:
    """Measure and print."""
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--megabytes", type=int, default=256)
    given.add_argument("--runs", type=int, default=3)
    options = given.parse_args()
    with tempfile.TemporaryDirectory(prefix="twinlake-bench-") as scratch:
        folder = Path(scratch)
        megabytes = lay(folder, options.megabytes)
        print(f"{megabytes:.0f} MB of Observations in {FILES} files, the least of {options.runs} runs", flush=True)
        for what, took in measured(folder, options.runs):
            rates = f"{megabytes / took.clock:8.1f} MB/s {megabytes / took.cpu:8.1f} MB/CPU-s"
            print(f"{what:<48} {took.clock:7.1f} s {rates}", flush=True)


def lay(folder: Path, megabytes: int) -> float:
    """One hospital's Patient file and four Observation files; megabytes of the latter."""
    network = make_network(200, 4, 7, folder / "network", print)
    found = sorted(network.feeds.glob("*/fhir_r4_bulk/*/Observation.ndjson*"))[0]
    target = lay_hospital(folder / "feeds", SYSTEM.name)
    shutil.copy(next(found.parent.glob("Patient.ndjson*")), target)
    text = gzip.decompress(found.read_bytes()) if found.suffix == ".gz" else found.read_bytes()
    lines = [line for line in text.splitlines(keepends=True) if line.startswith(b"{")]
    copies = _copies(lines)
    for n in range(FILES):
        with (target / f"Observation.{n}.ndjson").open("wb") as out:
            while out.tell() < megabytes * 1e6 / FILES:
                out.write(next(copies))
    return sum(p.stat().st_size for p in target.glob("Observation.*")) / 1e6


def _copies(lines: list[bytes]) -> Iterator[bytes]:
    """The lines again and again, each time under other ids."""
    head = b'"resourceType":"Observation","id":"'
    kept = [line for line in lines if head in line]
    assert len(kept) > len(lines) * 0.99, "Observations whose id does not come first"
    for copy in count():
        for line in kept:
            yield line.replace(head, b"%s%d-" % (head, copy), 1)


def measured(folder: Path, runs: int) -> Iterator[tuple[str, Spent]]:
    """Each way's name and what it took."""
    files = str(next((folder / "feeds").glob("bench/*/*")) / "Observation.*.ndjson")
    spark = opened(folder / "feeds", folder / "warm").run.spark
    spark.range(10).write.format("delta").save(str(folder / "first"))

    def plain(name: str) -> None:
        read = spark.read
        rows = read.schema(SCHEMA).json(files) if name == "json" else read.text(files)
        hashed = rows if name == "json" else rows.selectExpr("*", "sha2(value, 256) as hash")
        hashed.write.format("delta").mode("overwrite").save(str(folder / name))

    yield "Spark json(schema) to Delta", least(runs, partial(plain, "json"))
    yield "Spark raw line and hash to Delta", least(runs, partial(plain, "raw"))
    yield "DuckDB to Parquet", least(runs, partial(_duckdb, files, folder / "duck.parquet"))
    landed, conformed = zip(*(_ours(opened(folder / "feeds", folder / f"run-{n}")) for n in range(runs)), strict=True)
    yield "twinlake to bronze, with ledger", min(landed)
    yield "twinlake bronze to silver.measurement, validated", min(conformed)


def _ours(lake: Opened) -> tuple[Spent, Spent]:
    """What it takes to land the files, and to make silver.measurement of them once the tables before it stand."""
    landed = spent(partial(ingest.land, lake, "bench"))
    *before, measurement = _steps_to("silver.measurement", lake)
    for node in before:
        take(lake, node)
    return landed, spent(partial(take, lake, measurement))


def _steps_to(target: str, lake: Opened) -> list[Node]:
    """The steps behind the landing that a table waits for, and its own, in their order."""
    wanted = {target}
    for node in reversed(lake.plan.nodes):
        if node.name in wanted:
            wanted.update(node.after)
    return [node for node in lake.plan.nodes if node.name in wanted and node.verb != "ingest"]


def _duckdb(files: str, target: Path) -> None:
    import duckdb

    with duckdb.connect() as connection:
        connection.execute("set threads = 2")
        connection.read_json(files, format="newline_delimited").write_parquet(str(target))


if __name__ == "__main__":
    main()
