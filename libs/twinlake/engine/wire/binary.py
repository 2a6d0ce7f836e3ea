"""Bytes of formats that are no text: only counted and hashed."""

from __future__ import annotations

import hashlib
from typing import BinaryIO

from twinlake.engine.wire.text import undamaged

CHUNK = 1 << 20


def digest_and_size(stream: BinaryIO) -> tuple[str, int]:
    """SHA-256 in hex and number of a file's bytes, unzipped; nothing of it is kept in memory."""
    sha256, size = hashlib.sha256(), 0
    with undamaged():
        while chunk := stream.read(CHUNK):
            sha256.update(chunk)
            size += len(chunk)
    return sha256.hexdigest(), size
