"""What every file of the lake was when it was published: size and SHA-256, so that an altered one is known by name."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from twinlake.engine.delta_log import LOG
from twinlake.engine.discover import sha256_of
from twinlake.engine.ops import Ops

NAME = "stored_file"
# Delta writes these again and again; all other files are written once and never changed.
REWRITTEN = ("_last_checkpoint", "._last_checkpoint.crc")
HASHED_AT_ONCE = 4
Content = tuple[int, str]


def record_files(ops: Ops, sequence: int) -> None:
    """Keep size and hash of each file that came since the last publication; this table's own are left out."""
    known = {(row["table"], row["path"]) for row in ops.rows(NAME)}
    found = [(table, path) for table in delta_tables(ops.lake) for path in _paths(ops, table)]
    new = [each for each in found if each not in known]

    def row(each: tuple[str, str]) -> dict[str, object]:
        file = Path(ops.path(each[0])) / each[1]
        return {"sequence": sequence, "table": each[0], "path": each[1], "bytes": file.stat().st_size,
                "sha256": sha256_of(file)}  # fmt: skip

    with ThreadPoolExecutor(HASHED_AT_ONCE) as pool:
        ops.append(NAME, list(pool.map(row, new)))


def recorded_files(ops: Ops) -> dict[str, dict[str, Content]]:
    """By table, its files as they were when they were published: path → (bytes, sha256)."""
    found: dict[str, dict[str, Content]] = {}
    for row in ops.rows(NAME):
        found.setdefault(row["table"], {})[row["path"]] = (row["bytes"], row["sha256"])
    return found


def delta_tables(lake: Path) -> list[str]:
    """Every table that has a log."""
    return sorted(f"{log.parent.parent.name}.{log.parent.name}" for log in lake.glob(f"*/*/{LOG}"))


def _paths(ops: Ops, table: str) -> list[str]:
    folder = Path(ops.path(table))
    if table == f"ops.{NAME}":
        return []
    files = (file for file in sorted(folder.rglob("*")) if file.is_file() and file.name not in REWRITTEN)
    return [file.relative_to(folder).as_posix() for file in files]
