"""Looks for a person in every file below a folder, whatever its kind: the proof that nothing of them is left."""

from __future__ import annotations

import gzip
import os
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from twinlake.engine.subject import words

CHUNK = 64 << 20


@dataclass(frozen=True)
class Sought:
    """Words, as which they stand in texts, numbers of 64 bits, and numbers that people may write with hyphens."""

    texts: tuple[str, ...]
    keys: tuple[int, ...] = ()
    numbers: tuple[str, ...] = ()

    @property
    def pattern(self) -> str:
        return words(self.texts, self.numbers)


@dataclass(frozen=True)
class Whereabouts:
    """How many files were searched, and those (below the folder) in which each of what was sought stands."""

    files: int
    found: tuple[tuple[str, ...], ...]


def search(root: Path, sought: Sequence[Sought], leave_out: Sequence[Path] = ()) -> Whereabouts:
    """Search every file: Parquet decoded, through all columns and what is nested in them; archives unpacked."""
    files = [f for f in sorted(_files(root)) if f.is_file() and f not in leave_out]
    found: list[list[str]] = [[] for _ in sought]
    for file in files:
        place = file.relative_to(root).as_posix()
        for number, bears in enumerate(_bears(file, place, sought)):
            if bears:
                found[number].append(place)
    return Whereabouts(len(files), tuple(map(tuple, found)))


def _files(root: Path) -> Iterator[Path]:
    """Every file below a folder, behind links too; no folder twice."""
    seen: set[Path] = set()
    for folder, folders, names in os.walk(root, followlinks=True):
        place = Path(folder)
        if place.resolve() in seen:
            folders.clear()
            continue
        seen.add(place.resolve())
        yield from (place / name for name in names)


def _bears(file: Path, place: str, sought: Sequence[Sought]) -> list[bool]:
    found = [bool(each.texts) and re.search(each.pattern, place, re.IGNORECASE) is not None for each in sought]
    for part in _parts(file):
        for number, each in enumerate(sought):
            found[number] = found[number] or _stands_in(part, each)
        if all(found):
            break
    return found


def _parts(file: Path) -> Iterator[pa.Array | bytes]:
    """What a file says, piece by piece: columns of Parquet, else bytes as they are and as they unpack."""
    if file.suffix == ".parquet":
        try:
            with pq.ParquetFile(file) as opened:
                for batch in opened.iter_batches():
                    for column in batch.columns:
                        yield from _leaves(column)
            return
        except pa.ArrowException:
            # Half a file of a writer that was killed: what there is can only be read as bytes.
            pass
    with file.open("rb") as stream:
        yield from _chunks(stream)
    yield from _unpacked(file)


def _unpacked(file: Path) -> Iterator[bytes]:
    try:
        if zipfile.is_zipfile(file):
            with zipfile.ZipFile(file) as archive:
                for name in archive.namelist():
                    yield name.encode()
                    with archive.open(name) as member:
                        yield from _chunks(member)
        elif file.suffix in (".gz", ".tgz"):
            with gzip.open(file) as stream:
                yield from _chunks(stream)
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError):
        # What does not unpack was searched as it is.
        return


def _chunks(stream: Any) -> Iterator[bytes]:
    """Pieces that overlap by more than a word is long."""
    before = b""
    while piece := stream.read(CHUNK):
        yield before + piece
        before = piece[-1024:]


def _leaves(column: Any) -> Iterator[pa.Array]:
    """The plain arrays that a nested one is made of."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        yield from _leaves(column.dictionary_decode())
    elif pa.types.is_struct(kind):
        for child in column.flatten():
            yield from _leaves(child)
    elif pa.types.is_map(kind):
        yield from _leaves(column.keys)
        yield from _leaves(column.items)
    elif pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        yield from _leaves(column.flatten())
    else:
        yield column


def _stands_in(part: pa.Array | bytes, sought: Sought) -> bool:
    if isinstance(part, bytes):
        return bool(sought.texts) and re.search(sought.pattern.encode(), part, re.IGNORECASE) is not None
    kind = part.type
    if pa.types.is_integer(kind):
        return bool(sought.keys) and bool(
            pc.any(pc.is_in(part.cast(pa.int64()), pa.array(sought.keys, pa.int64()))).as_py()
        )
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_binary(kind):
        hits = pc.match_substring_regex(part, sought.pattern, ignore_case=True) if sought.texts else None
        return hits is not None and bool(pc.any(hits).as_py())
    return False
