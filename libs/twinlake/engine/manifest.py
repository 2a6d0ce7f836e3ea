"""A backup's manifest: what it is a copy of, and every file of it with size and SHA-256."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from twinlake.declare.errors import DataError
from twinlake.engine.discover import sha256_of

NAME, COPY = "manifest.json", "home"
FORMAT = 1
TOLD = 5


@dataclass(frozen=True)
class Manifest:
    """`files`: path below the copied home → (bytes, sha256)."""

    lake_format: int
    feeds: str
    publication_id: str
    sequence: int
    champions: Mapping[str, str | None]
    files: Mapping[str, tuple[int, str]]

    def write(self, folder: Path) -> None:
        """The last file of a backup: without it there is none."""
        said = {"format": FORMAT, **asdict(self)}
        text = json.dumps({**said, "sha256": _digest(said)}, indent=1, sort_keys=True)
        (folder / NAME).write_text(text + "\n", encoding="utf-8")


def read_manifest(folder: Path) -> Manifest:
    """What a backup says of itself; one that is half done, or was altered since, is refused."""
    file = folder / NAME
    if not file.is_file():
        raise DataError(
            f"{folder} holds no {NAME}: it is no backup, or one that was not finished. "
            "Name a folder that `twinlake backup` made and said so."
        )
    try:
        said: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        signed = said.pop("sha256")
        if signed != _digest(said) or said.pop("format") != FORMAT:
            raise ValueError("altered")
        return Manifest(**{**said, "files": {path: (size, sha) for path, (size, sha) in said["files"].items()}})
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"{file} was altered, or is of another version; nothing is restored. Take another copy."
        ) from error


def _digest(said: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def refuse_altered(folder: Path, manifest: Manifest) -> None:
    """Every file must be there with the content it had, and no other."""
    problems = list(_problems(folder / COPY, manifest.files))
    if problems:
        more = f" and {len(problems) - TOLD} more" if len(problems) > TOLD else ""
        raise DataError(
            f"{folder} is not the backup that was made: {'; '.join(problems[:TOLD])}{more}. "
            "Nothing is restored. Take another copy."
        )


def _problems(root: Path, files: Mapping[str, tuple[int, str]]) -> Iterator[str]:
    for path, (size, sha256) in sorted(files.items()):
        file = root / path
        if not file.is_file():
            yield f"{path} is missing"
        elif file.stat().st_size != size:
            yield f"{path} has {file.stat().st_size} bytes, expected {size}"
        elif sha256_of(file) != sha256:
            yield f"{path} was altered"
    there = (file.relative_to(root).as_posix() for file in sorted(root.rglob("*")) if not file.is_dir())
    yield from (f"{path} was added" for path in there if path not in files)
