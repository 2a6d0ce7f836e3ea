"""Damage to a Delta table, file by file: what its log needs and is missing, and what is not as it was stored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from twinlake.engine.delta_log import CHECKPOINT, ENTRY, LOG, DeltaLog, read_entry, versions
from twinlake.engine.discover import sha256_of
from twinlake.engine.ops import Ops
from twinlake.engine.publication import Publication
from twinlake.engine.stored_files import Content, delta_tables, recorded_files

# Made from the tables before them; `empi.steward_decision` is not.
DERIVED = ("empi", "silver", "gold", "twins", "serving")
GIVEN = "empi.steward_decision"
Recorded = Mapping[str, Content]


@dataclass(frozen=True)
class Damage:
    """A file of a table, and what is wrong with it."""

    table: str
    file: str
    what: str

    def __str__(self) -> str:
        return f"{self.table}: {self.file} {self.what}"

    @property
    def is_mendable(self) -> bool:
        """Whether the table can be made anew in its place: it is derived, and its log, which says where, is whole."""
        return self.table.split(".")[0] in DERIVED and self.table != GIVEN and not self.file.startswith(LOG)


def damage(ops: Ops, published: Publication) -> Iterator[Damage]:
    """Of every table, as published or else as it is now."""
    recorded = recorded_files(ops)
    names = {*delta_tables(ops.lake), *recorded, *published.versions}
    for name in sorted(names):
        folder = Path(ops.path(name))
        for file, what in _of_table(folder, published.versions.get(name), recorded.get(name, {})):
            yield Damage(name, file, what)


def _of_table(folder: Path, version: int | None, recorded: Recorded) -> Iterator[tuple[str, str]]:
    found = {**dict(_log(folder / LOG, version, recorded)), **dict(_altered(folder, recorded))}
    if not any(file.startswith(LOG) for file in found):
        # Readers see what is published, the next run goes on from the newest.
        found = {**dict(_data(folder, version)), **dict(_data(folder, None)), **found}
    yield from sorted(found.items())


def _log(log: Path, version: int | None, recorded: Recorded) -> Iterator[tuple[str, str]]:
    """Entries that are needed and missing, and those that are no JSON."""
    names = [file.name for file in log.iterdir()] if log.is_dir() else []
    entries, checkpoints = versions(names, ENTRY), versions(names, CHECKPOINT)
    last = max([*entries, *versions(recorded, ENTRY), version or 0])
    for missing in sorted({*range(_first(entries, checkpoints), last + 1)} - entries):
        yield f"{LOG}/{missing:020}.json", "is missing"
    known = versions(recorded, CHECKPOINT)
    if known and max(known) > max(checkpoints, default=-1):
        yield f"{LOG}/{max(known):020}.checkpoint.parquet", "is missing"
    for entry in sorted(entries):
        name = f"{entry:020}.json"
        if f"{LOG}/{name}" not in recorded and read_entry(log / name) is None:
            yield f"{LOG}/{name}", "cannot be read as JSON"


def _first(entries: set[int], checkpoints: set[int]) -> int:
    """The oldest entry that must be there: Delta takes out old ones up to a checkpoint, and no others."""
    oldest = min(entries, default=0)
    return oldest if oldest in {0, *checkpoints, *(c + 1 for c in checkpoints)} else 0


def _altered(folder: Path, recorded: Recorded) -> Iterator[tuple[str, str]]:
    """Files that are there and not as they were stored."""
    for path, (size, sha256) in recorded.items():
        file = folder / path
        if not file.is_file():
            continue
        if file.stat().st_size != size:
            yield path, f"has {file.stat().st_size} bytes, {size} were stored"
        elif sha256_of(file) != sha256:
            yield path, "was altered since it was stored"


def _data(folder: Path, version: int | None) -> Iterator[tuple[str, str]]:
    """Files that the log names at this version (None: the newest) and that are missing or have another size."""
    from deltalake import DeltaTable

    try:
        opened = DeltaTable(str(folder), version=version).version()
    except Exception as error:  # noqa: BLE001 - whatever the log's reader says, the table is damaged
        yield LOG, f"cannot be read at {'its newest version' if version is None else f'version {version}'} ({error})"
        return
    files = DeltaLog(folder).files(opened).values()
    vectors = {file.vector: None for file in files if file.vector}
    for path, size in sorted({**{file.path: file.bytes for file in files}, **vectors}.items()):
        stored = folder / path
        if not stored.is_file():
            yield path, "is missing"
        elif size is not None and stored.stat().st_size != size:
            yield path, f"has {stored.stat().st_size} bytes, its log says {size}"
