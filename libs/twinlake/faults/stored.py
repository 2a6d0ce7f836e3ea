"""What a lake holds, read without Spark: the digest of each table's rows as they are stored, and what is amiss."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from twinlake.engine.damage import damage
from twinlake.engine.integrity import missing_records, unbalanced_files
from twinlake.engine.ops import Ops
from twinlake.engine.publication import last_publication, require_publication

# What names a run and not the data.
BOOKKEEPING = {"_file_hash", "_run_id", "_ingested_at"}
WHOLE = 1 << 64


def digests(lake: Path) -> dict[str, str]:
    """Of each published table at its published version, and of bronze as it is: rows, and the sum of their hashes."""
    ops = Ops(lake)
    bronze = {f"bronze.{p.name}": None for p in sorted((lake / "bronze").iterdir())}
    named: dict[str, int | None] = {**bronze, **require_publication(ops).versions}
    return {name: _digest(ops, name, version) for name, version in sorted(named.items())}


def _digest(ops: Ops, name: str, version: int | None) -> str:
    rows = ops.ask(f"select * from {name.split('.')[1]}", {name: version})
    told = (repr(sorted((k, v) for k, v in row.items() if k not in BOOKKEEPING)) for row in rows)
    total = sum(int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) for text in told)
    return f"{len(rows)}:{total % WHOLE}"


def amiss(lake: Path) -> list[str]:
    """Ledgers that do not balance, records and files that are missing or altered."""
    ops = Ops(lake)
    return [*unbalanced_files(ops), *missing_records(ops), *map(str, damage(ops, require_publication(ops)))]


def misread(lake: Path) -> Iterator[str]:
    """What a reader sees wrong now: a publication of parts, or a table without the rows it was published with."""
    ops = Ops(lake)
    published = last_publication(ops)
    if published is None:
        return
    made = [row for row in ops.rows("publication") if row["sequence"] == published.sequence]
    if len({(row["publication_id"], row["run_id"]) for row in made}) > 1 or len(made) > len(published.versions):
        yield f"publication {published.sequence} is mixed of several"
    for name, version in published.versions.items():
        (found,) = ops.ask(f"select count(*) as n from {name.split('.')[1]}", {name: version})
        if found["n"] != published.rows[name]:
            yield f"{name} has {found['n']} rows at version {version}, published were {published.rows[name]}"
