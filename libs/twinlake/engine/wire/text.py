"""Bytes checked before anything parses them: compression, encoding, NUL, line ends."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from twinlake.engine.wire import FileFault

GZIP = b"\x1f\x8b"
UTF8_MARK = b"\xef\xbb\xbf"
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
# Bytes of one line; a file without line ends must not be read into memory whole.
LONGEST_LINE = 128 << 20
# Bytes that are read at once.
BLOCK = 1 << 20
# Bytes of a file that is one document and can only be read as a whole.
LARGEST_DOCUMENT = 256 << 20


@contextmanager
def open_plain(path: Path) -> Iterator[BinaryIO]:
    """The file's bytes, unzipped if they are gzip, whatever the file is called."""
    with path.open("rb") as file:
        zipped = file.read(2) == GZIP
        file.seek(0)
        if not zipped:
            yield file
            return
        with gzip.open(file, "rb") as unzipped:
            yield unzipped  # type: ignore[misc]


@contextmanager
def undamaged() -> Iterator[None]:
    """What is zipped and cut or damaged is a fault of the whole file."""
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise FileFault("damaged_gzip", f"the compressed file is cut or damaged ({type(error).__name__})") from error


def lines(stream: BinaryIO) -> Iterator[bytes]:
    """Physical lines without their newline (a CR before it is left); a damaged stream is a fault of the whole file."""
    found = _split(stream)
    for line in found:
        yield _without_mark(line)
        break
    yield from found


def _split(stream: BinaryIO) -> Iterator[bytes]:
    begun: list[bytes] = []
    with undamaged():
        while block := stream.read(BLOCK):
            first, *others = block.split(b"\n")
            begun.append(first)
            if sum(map(len, begun)) > LONGEST_LINE:
                raise FileFault("line_too_long", f"a line is longer than {LONGEST_LINE >> 20} MiB")
            if others:
                yield b"".join(begun)
                yield from others[:-1]
                begun = others[-1:]
    if last := b"".join(begun):
        yield last


def all_bytes(stream: BinaryIO, most: int) -> bytes:
    """The whole file, if it is not longer than that."""
    with undamaged():
        data = stream.read(most + 1)
    if len(data) > most:
        raise FileFault("file_too_large", f"more than {most >> 20} MiB in one document; send it in parts")
    return data


def document(stream: BinaryIO) -> bytes:
    """All bytes of a file that is one text, without its mark; a boundless one is a fault of the whole file."""
    return _without_mark(all_bytes(stream, LARGEST_DOCUMENT))


def _without_mark(line: bytes) -> bytes:
    if line.startswith(UTF16_MARKS):
        raise FileFault("not_utf8", "the file begins with a UTF-16 mark; expected UTF-8")
    return line.removeprefix(UTF8_MARK)


def decode(line: bytes) -> tuple[str, str | None]:
    """The line as text, and the rule it breaks, if any; undecodable bytes are kept as \\x escapes."""
    if b"\x00" in line:
        return line.decode("utf-8", "backslashreplace").replace("\x00", "\\x00"), "nul_byte"
    try:
        return line.decode("utf-8"), None
    except UnicodeDecodeError:
        return line.decode("utf-8", "backslashreplace"), "not_utf8"
