"""Feeds, files and runs for tests of the landing: tiny, invented, without Spark where none is needed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from twinlake.declare.source import Feed, System, csv_feed
from twinlake.engine.home import Home, open_home
from twinlake.engine.ingest import ingest, new_files
from twinlake.engine.ledger import read_ledger
from twinlake.engine.run import Run

AS_OF = datetime(2026, 11, 1, tzinfo=UTC)
PERSONS = csv_feed("persons", r"persons\.csv", "id,name,note", "snapshot", key=("id",), person="id")
NOTES = csv_feed("notes", r"notes\.csv", "id,name,note", "snapshot", person="id")
VISIT = Feed(
    name="visit", files=r"(?:[^/]*/)*visit[^/]*\.ndjson", wire="ndjson", schema="id string", delivery="increment",
    key=("id",), person="subject.reference",
)  # fmt: skip
TOY = System("toy", "A system of tests.", (PERSONS, NOTES, VISIT), (), ignored={r"log\.txt": "a log"})
SYSTEMS = {"toy": TOY}
HOSPITAL = 'name = "H"\ntime_zone = "Europe/Dublin"\nidentifier_namespace = "urn:h"\n'


def lay(feeds: Path, files: dict[str, bytes | str], **settings: str) -> Path:
    """Write files under a feeds root; every hospital in them gets a hospital.toml unless one is given."""
    for path, content in files.items():
        target = feeds / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
    for hospital in {Path(path).parts[0] for path in files if "/" in path}:
        toml = feeds / hospital / "hospital.toml"
        if not toml.exists():
            toml.write_text(HOSPITAL + settings.get(hospital, ""), encoding="utf-8")
    return feeds


def landed_row(path: str, sequence: int, sha256: str = "a", **said: Any) -> dict[str, Any]:
    """A row of the landing ledger."""
    row = {"hospital": "h", "system": "toy", "feed": "persons", "path": path, "delivery": "", "delivered_at": AS_OF,
           "sha256": sha256, "bytes": 1, "records_in": 1, "landed": 1, "quarantined": 0, "duplicates": 0, "rekeyed": 0,
           "mended": 0, "erased": 0, "status": "landed", "reason": "", "sequence": sequence, "run_id": "r"}  # fmt: skip
    return {**row, **said}


def toy_run(folder: Path, run_id: str = "run-1", spark: Any = None, day: int = 1) -> Run:
    """A run over `folder/feeds` with the toy system and no tables."""
    home = Home(folder / "home", folder / "feeds")
    open_home(home)
    return Run(
        home=home, run_id=run_id, as_of=AS_OF.replace(day=day), hospitals={}, systems=SYSTEMS, tables={},
        fingerprints={}, rules=lambda table: (), session=lambda: spark,
    )  # fmt: skip


def land(run: Run, hospital: str = "h") -> int:
    """Land a hospital's new files."""
    ledger = read_ledger(run.ops)
    return ingest(run, hospital, new_files(run.home.feeds, hospital, run.systems, ledger), ledger)


def bronze(run: Run, feed: str) -> list[tuple]:
    """What bronze holds of a feed but for what names the run, in order."""
    from deltalake import DeltaTable, QueryBuilder

    names = (
        "path, record_offset, raw_record, record_hash, record_key, source_person_id, source_person_key, delivered_at"
    )
    query = f"select {names} from t order by path, record_offset, delivered_at"
    table = DeltaTable(run.ops.path(f"bronze.toy_{feed}"))
    found = pa.table(QueryBuilder().register("t", table).execute(query))
    return [tuple(row.values()) for row in found.to_pylist()]
