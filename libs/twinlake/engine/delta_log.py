"""A table's Delta log, entry by entry: what each commit says, which files a version is made of, and one more commit."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote
from uuid import uuid4

from twinlake.declare.errors import DataError

if TYPE_CHECKING:
    from deltalake import DeltaTable

LOG = "_delta_log"
ENTRY = re.compile(r"(?:_delta_log/)?(\d{20})\.json")
# Only what was finished: a writer that was killed leaves `….parquet#1`.
CHECKPOINT = re.compile(r"(?:_delta_log/)?(\d{20})\.checkpoint(?:\.[\w-]+)*\.parquet")
# In a commit's userMetadata: the rows are those of that earlier version, in other files.
ROWS_OF = "rows_of"
Action = Mapping[str, Any]


@dataclass(frozen=True)
class DataFile:
    """A file of rows; `vector` is the file that says which of its rows were deleted, empty where none were."""

    path: str
    bytes: int
    written_at: int
    vector: str


class DeltaLog:
    """The log of the table in a folder."""

    def __init__(self, table: Path) -> None:
        self.table, self.folder = table, table / LOG

    @cached_property
    def names(self) -> list[str]:
        return sorted(file.name for file in self.folder.iterdir()) if self.folder.is_dir() else []

    def entries(self) -> set[int]:
        return versions(self.names, ENTRY)

    def checkpoint_before(self, version: int) -> int:
        """The newest checkpoint that is not after `version`; -1 if there is none."""
        return max((c for c in versions(self.names, CHECKPOINT) if c <= version), default=-1)

    def entry(self, version: int) -> Path:
        """Where a commit stands."""
        return self.folder / f"{version:020}.json"

    def actions(self, version: int) -> list[Action]:
        """What one commit did."""
        found = read_entry(self.entry(version))
        if found is None:
            raise DataError(f"{self.table}: entry {version} of its log is missing or no JSON. See `twinlake verify`.")
        return found

    def said(self, version: int) -> Action:
        """What a commit says of itself; nothing where its entry is gone."""
        actions = read_entry(self.entry(version)) or []
        return {"version": version, **next((a["commitInfo"] for a in actions if "commitInfo" in a), {})}

    def history(self, newest: int) -> Iterator[Action]:
        """What the commits up to `newest` say of themselves, the newest first, as far back as entries go."""
        version = newest
        while self.entry(version).is_file():
            yield self.said(version)
            version -= 1

    def files(self, version: int) -> dict[str, DataFile]:
        """The files of rows that a version is made of, by path."""
        return next(held for _, held in self.replay(version, version))

    def replay(self, first: int, last: int) -> Iterator[tuple[int, dict[str, DataFile]]]:
        """Each version of a stretch with its files; the mapping is the same one, which the next version changes."""
        held: dict[str, DataFile] = {}
        start = self.checkpoint_before(first)
        for version in range(max(start, 0), last + 1):
            actions = self._checkpoint(version) if version == start else self.actions(version)
            # A file some of whose rows are deleted is removed and added in one commit.
            for gone in (action["remove"] for action in actions if action.get("remove")):
                held.pop(unquote(gone["path"]), None)
            held |= {unquote(a["add"]["path"]): _data_file(a["add"]) for a in actions if a.get("add")}
            if version >= first:
                yield version, held

    def oldest(self) -> int:
        """The oldest version whose files the log still tells."""
        return 0 if 0 in self.entries() else min(versions(self.names, CHECKPOINT), default=0)

    def changes(self, since: int, newest: int) -> set[str]:
        """Every file that tells how rows changed in the commits after `since`."""
        told = (a for version in range(since + 1, newest + 1) for a in self.actions(version))
        return {path for action in told for path in _told(action)}

    def _checkpoint(self, version: int) -> list[Action]:
        import pyarrow.parquet as pq

        if version < 0:
            return []
        parts = sorted(self.folder.glob(f"{version:020}.checkpoint*.parquet"))
        if not parts:
            raise DataError(f"{self.table}: checkpoint {version} of its log is missing. See `twinlake verify`.")
        return [row for part in parts for row in pq.read_table(part, columns=["add"]).to_pylist()]

    def sum_up(self, opened: DeltaTable) -> None:
        """Write a checkpoint of a version of this table."""
        # Of the file that names the last one Hadoop keeps a checksum, by which Spark would not believe the new one.
        (self.folder / "._last_checkpoint.crc").unlink(missing_ok=True)
        opened.create_checkpoint()

    def rearrange(self, newest: int, gone: Iterable[DataFile], new: Iterable[Action], said: str, *, same: bool) -> None:
        """One more commit, after `newest`: files in the place of others. `same`: no row came or went."""
        now = int(time.time() * 1000)
        actions = [
            {"commitInfo": {"timestamp": now, "operation": "OPTIMIZE", "operationParameters": {}, "userMetadata": said,
                            "engineInfo": "twinlake"}},
            *({"remove": {"path": file.path, "deletionTimestamp": now, "dataChange": not same, "partitionValues": {},
                          "extendedFileMetadata": True, "size": file.bytes}} for file in gone),
            *({"add": {"partitionValues": {}, "dataChange": not same, **file}} for file in new),
        ]  # fmt: skip
        part = self.folder / f".{uuid4()}.part"
        part.write_text("".join(json.dumps(action) + "\n" for action in actions), encoding="utf-8")
        try:
            # Fails where another commit took the version.
            os.link(part, self.entry(newest + 1))
        finally:
            part.unlink()


def versions(names: Iterable[str], pattern: re.Pattern[str]) -> set[int]:
    """The versions that file names of a log tell."""
    return {int(found[1]) for name in names if (found := pattern.fullmatch(name))}


def read_entry(entry: Path) -> list[Action] | None:
    """The actions of a log entry; None if it is gone or no JSON."""
    try:
        return [json.loads(line) for line in entry.read_bytes().splitlines() if line.strip()]
    except (ValueError, FileNotFoundError):
        return None


def rows_of(commit: Action) -> int:
    """The version in which the rows came to be that a commit leaves."""
    said = commit.get("userMetadata") or ""
    return int(json.loads(said)[ROWS_OF]) if f'"{ROWS_OF}"' in said else int(commit["version"])


def _data_file(add: Mapping[str, Any]) -> DataFile:
    return DataFile(unquote(add["path"]), add["size"], add["modificationTime"], vector_file(add.get("deletionVector")))


def _told(action: Action) -> Iterator[str]:
    for said in (action.get(kind) for kind in ("add", "remove", "cdc")):
        if said and (said.get("dataChange") or "cdc" in action):
            yield unquote(said["path"])
            if vector := vector_file(said.get("deletionVector")):
                yield vector


# Delta names a vector's file by a UUID in Z85 (PROTOCOL.md, "Deletion Vector Descriptor Schema"; ZeroMQ RFC 32).
_Z85 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"


def vector_file(vector: Mapping[str, Any] | None) -> str:
    """The path of a vector's file; empty where there is none, or it stands in the log itself."""
    if not vector or vector["storageType"] != "u":
        return ""
    prefix, text = vector["pathOrInlineDv"][:-20], vector["pathOrInlineDv"][-20:]
    words = [sum(_Z85.index(c) * 85 ** (4 - n) for n, c in enumerate(text[at : at + 5])) for at in range(0, 20, 5)]
    hexed = "".join(f"{word:08x}" for word in words)
    name = "-".join((hexed[:8], hexed[8:12], hexed[12:16], hexed[16:20], hexed[20:]))
    return f"{prefix}/deletion_vector_{name}.bin".lstrip("/")
