"""Damage to a Delta table, file by file: what its log needs and is missing, and what is not as it was stored."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from twinlake.engine.discover import sha256_of
from twinlake.engine.ops import Ops
from twinlake.engine.publication import Publication
from twinlake.engine.stored_files import LOG, Content, delta_tables, recorded_files

ENTRY = re.compile(r"(?:_delta_log/)?(\d{20})\.json")
CHECKPOINT = re.compile(r"(?:_delta_log/)?(\d{20})\.checkpoint.*")
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
    entries, checkpoints = _versions(names, ENTRY), _versions(names, CHECKPOINT)
    last = max([*entries, *_versions(recorded, ENTRY), version or 0])
    for missing in sorted({*range(_first(entries, checkpoints), last + 1)} - entries):
        yield f"{LOG}/{missing:020}.json", "is missing"
    known = _versions(recorded, CHECKPOINT)
    if known and max(known) > max(checkpoints, default=-1):
        yield f"{LOG}/{max(known):020}.checkpoint.parquet", "is missing"
    for entry in sorted(entries):
        name = f"{entry:020}.json"
        if f"{LOG}/{name}" not in recorded and _actions(log / name) is None:
            yield f"{LOG}/{name}", "cannot be read as JSON"


def _versions(names: Any, pattern: re.Pattern[str]) -> set[int]:
    return {int(found[1]) for name in names if (found := pattern.fullmatch(name))}


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
    import pyarrow as pa
    from deltalake import DeltaTable

    try:
        files = pa.table(DeltaTable(str(folder), version=version).get_add_actions(flatten=True)).to_pylist()
    except Exception as error:  # noqa: BLE001 - whatever the log's reader says, the table is damaged
        yield LOG, f"cannot be read at {'its newest version' if version is None else f'version {version}'} ({error})"
        return
    named = {unquote(file["path"]): file["size_bytes"] for file in files}
    for path, size in sorted({**named, **_deletion_vectors(folder / LOG, named, version)}.items()):
        stored = folder / path
        if not stored.is_file():
            yield path, "is missing"
        elif size is not None and stored.stat().st_size != size:
            yield path, f"has {stored.stat().st_size} bytes, its log says {size}"


def _deletion_vectors(log: Path, named: Mapping[str, int], version: int | None) -> dict[str, None]:
    """The files of deletion vectors of these data files, as far back as log entries go."""
    held: dict[str, str] = {}
    entries = sorted(entry for entry in _versions((f.name for f in log.iterdir()), ENTRY))
    for entry in entries:
        if version is None or entry <= version:
            for action in _actions(log / f"{entry:020}.json") or []:
                if add := action.get("add"):
                    held[unquote(add["path"])] = _vector_file(add.get("deletionVector"))
    return {held[path]: None for path in named if held.get(path)}


def _actions(entry: Path) -> list[dict[str, Any]] | None:
    try:
        return [json.loads(line) for line in entry.read_bytes().splitlines() if line.strip()]
    except ValueError:
        return None


# Delta names a vector's file by a UUID in Z85 (PROTOCOL.md, "Deletion Vector Descriptor Schema"; ZeroMQ RFC 32).
_Z85 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"


def _vector_file(vector: Mapping[str, Any] | None) -> str:
    """The path of a vector's file; empty where there is none, or it stands in the log itself."""
    if not vector or vector["storageType"] != "u":
        return ""
    prefix, text = vector["pathOrInlineDv"][:-20], vector["pathOrInlineDv"][-20:]
    words = [sum(_Z85.index(c) * 85 ** (4 - n) for n, c in enumerate(text[at : at + 5])) for at in range(0, 20, 5)]
    hexed = "".join(f"{word:08x}" for word in words)
    name = "-".join((hexed[:8], hexed[8:12], hexed[12:16], hexed[16:20], hexed[20:]))
    return f"{prefix}/deletion_vector_{name}.bin".lstrip("/")
