"""Bytes of formats that are no text: read whole up to a limit, or only counted and hashed."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from twinlake.engine.wire import FileFault

CHUNK = 1 << 20


@contextmanager
def undamaged() -> Iterator[None]:
    """What is zipped and cut is a fault of the whole file."""
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise FileFault("damaged_gzip", f"the compressed file is cut or damaged ({type(error).__name__})") from error


def all_bytes(stream: BinaryIO, most: int) -> bytes:
    """The whole file, if it is not longer than that."""
    with undamaged():
        data = stream.read(most + 1)
    if len(data) > most:
        raise FileFault("file_too_large", f"more than {most >> 20} MiB; expected less in a file of this kind")
    return data


def digest_and_size(stream: BinaryIO) -> tuple[str, int]:
    """SHA-256 in hex and number of a file's bytes, unzipped; nothing of it is kept in memory."""
    sha256, size = hashlib.sha256(), 0
    with undamaged():
        while chunk := stream.read(CHUNK):
            sha256.update(chunk)
            size += len(chunk)
    return sha256.hexdigest(), size
