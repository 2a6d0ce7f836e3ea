"""How much a run has before it: over few rows queries are interpreted and Java compiled once, over many both fully."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from twinlake.engine.consumed import consumed, is_made_otherwise
from twinlake.engine.discover import find_files
from twinlake.engine.ledger import Ledger, read_ledger
from twinlake.engine.ops import PUBLISHED
from twinlake.engine.session import start_session

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from twinlake.engine.run import Run

# Up to here compiling the generated code costs more than it saves (measured on the demo's network: 83 MB unzipped).
FEW_BYTES = 96 << 20
# Of a small delivery the tables that it changes are proved whole. The demo's have 240,000 rows.
FEW_ROWS = 500_000
# A gzipped export holds some eight times its bytes (Synthea's FHIR and CSV 10, MIMIC's tables 7).
ZIPPED = 8
COMPILED = {
    "spark.sql.codegen.wholeStage": "true",
    "spark.sql.codegen.factoryMode": "FALLBACK",
    "spark.sql.adaptive.enabled": "true",
}
# Over few rows a plan made once will do: planning again after each stage took an eighth of a validation's CPU.
INTERPRETED = {
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.adaptive.enabled": "false",
}
# Rows times rules: from here a proof costs less compiled (measured on the demo's measurements: 14 CPU-s, not 45).
MANY_VERDICTS = 1_000_000
# A JVM of minutes ends before its second compiler has paid: over half of a small step's CPU went into that.
QUICK_JAVA = ("-XX:TieredStopAtLevel=1",)
LEDGER = "ops.landing_ledger"


def suited_session(run: Run) -> SparkSession:
    """The session that suits how much there is to do; the rows are the same either way."""
    is_small = pending_bytes(run) <= FEW_BYTES and _stored_rows(run) <= FEW_ROWS
    spark = start_session(java_options=QUICK_JAVA if is_small else ())
    for name, value in (INTERPRETED if is_small else COMPILED).items():
        spark.conf.set(name, value)
    return spark


def compiled_session(run: Run) -> SparkSession:
    """A session beside the run's, over the same Spark, whose queries are compiled."""
    beside = run.spark.newSession()
    for name, value in COMPILED.items():
        beside.conf.set(name, value)
    return beside


def _stored_rows(run: Run) -> int:
    states = (run.ops.state(table.full_name) for table in run.tables.values())
    return sum(state.rows for state in states if state)


def pending_bytes(run: Run) -> int:
    """Bytes of the feeds' files that no publication holds; of all, where a table is to be made by another declaration.

    A guess by names and sizes, without a look into the files: being wrong costs time only.
    """
    ledger = read_ledger(run.ops)
    arriving = sum(_arriving(run, hospital, ledger.current) for hospital in run.hospitals)
    return arriving + sum(_unzipped(str(row["path"]), int(str(row["bytes"] or 0))) for row in _unpublished(run, ledger))


def _unzipped(path: str, size: int) -> int:
    return size * ZIPPED if path.endswith(".gz") else size


def _arriving(run: Run, hospital: str, known: Mapping[str, Mapping[str, object]]) -> int:
    files = [file for file in find_files(run.home.feeds, hospital, run.systems) if file.feed]
    return sum(
        _unzipped(file.path, file.bytes) for file in files if file.bytes != known.get(file.path, {}).get("bytes")
    )


def _unpublished(run: Run, ledger: Ledger) -> list[Mapping[str, object]]:
    states = {table.full_name: consumed(run, table.full_name) for table in run.tables.values()}
    if any(is_made_otherwise(state, run.fingerprints.get(name, "")) for name, state in states.items()):
        return list(ledger.rows)
    steps = [(row["run_id"], (row["stage"], row["state"])) for row in run.ops.rows("run")]
    published = {run_id for run_id, step in steps if step == PUBLISHED}
    # What a killed run landed the next one publishes: all tables have consumed it.
    seen = [state.inputs[LEDGER] for state in states.values() if state and LEDGER in state.inputs]
    last = next((step for run_id, step in reversed(steps) if run_id != run.run_id), None)
    taken = {_place(row) for row in read_ledger(run.ops, min(seen)).rows} if seen and last == PUBLISHED else set()
    return [row for row in ledger.rows if row["run_id"] not in published and _place(row) not in taken]


def _place(row: Mapping[str, object]) -> tuple[object, ...]:
    return row["path"], row["sequence"], row["mended"]
