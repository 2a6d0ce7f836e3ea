"""Where HL7 v2 messages begin and end in a file: bare, in batches (HL7 2.5.1, 2.10.3) or as an MLLP dump."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from twinlake.engine.wire import Fault, FileFault
from twinlake.engine.wire.text import UTF8_MARK, UTF16_MARKS, decode, undamaged

CHUNK, LONGEST_MESSAGE = 4 << 20, 64 << 20
BLOCK_BEGINS, BLOCK_ENDS = b"\x0b", b"\x1c"
START = re.compile(rb"(?:MSH|FHS|BHS|FTS|BTS)(?=[^A-Za-z0-9\s\x00-\x1f])")
BEFORE_A_START = (b"\r", b"\n", BLOCK_BEGINS, BLOCK_ENDS, UTF8_MARK)
EDGE = b"\r\n" + BLOCK_BEGINS + BLOCK_ENDS
OPENED_BY = {"BTS": "BHS", "FTS": "FHS"}


class Piece(NamedTuple):
    """A message, the head or the foot of a batch, or (name empty) bytes that belong to none."""

    name: str
    data: bytes
    is_cut: bool = False


def pieces(stream: BinaryIO) -> Iterator[Piece]:
    """What the file is made of, in its order; a message of an MLLP block that never ends is cut, if it is the last."""
    is_framed = False
    for block, is_last in _with_last(_blocks(stream)):
        start = START.match(block)
        body, end, after = block.partition(BLOCK_ENDS) if start else (b"", b"", block)
        begins_anew = block.removesuffix(UTF8_MARK).endswith(BLOCK_BEGINS)
        goes_on = is_framed and not end and not begins_anew and not is_last
        if start:
            name = start.group().decode()
            body, *more = [body] if name == "MSH" else re.split(b"[\r\n]", body, maxsplit=1)
            yield Piece(name, _trimmed(body), is_framed and not end and not goes_on)
            after = b"".join(more) + after
        if (rest := _trimmed(after)).strip():
            yield Piece("", rest)
        is_framed = begins_anew or goes_on


def _with_last(blocks: Iterator[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Each block, and whether nothing comes after it."""
    held = next(blocks, None)
    while held is not None:
        following = next(blocks, None)
        yield held, following is None
        held = following


def _trimmed(data: bytes) -> bytes:
    """Without the line ends, block marks and byte-order mark around it."""
    return data.strip(EDGE).removeprefix(UTF8_MARK).removesuffix(UTF8_MARK).strip(EDGE)


def _blocks(stream: BinaryIO) -> Iterator[bytes]:
    """The file cut before each start of a message or batch."""
    held = b""
    for chunk in _chunks(stream):
        held += chunk
        places = [0, *(found.start() for found in START.finditer(held) if _is_start(held, found.start())), len(held)]
        for begin, end in zip(places[:-2], places[1:-1], strict=True):
            if begin < end:
                yield held[begin:end]
        held = held[places[-2] :]
        if len(held) > LONGEST_MESSAGE:
            raise FileFault("message_too_long", f"{LONGEST_MESSAGE >> 20} MiB hold no beginning of a next message")
    if held:
        yield held


def _is_start(data: bytes, place: int) -> bool:
    return place > 0 and data.endswith(BEFORE_A_START, max(0, place - 3), place)


def _chunks(stream: BinaryIO) -> Iterator[bytes]:
    """The bytes, UTF-16 rewritten as UTF-8; a damaged stream is a fault of the whole file."""
    with undamaged():
        chunk = stream.read(CHUNK)
        if not chunk.startswith(UTF16_MARKS):
            while chunk:
                yield chunk
                chunk = stream.read(CHUNK)
            return
        decoder = codecs.getincrementaldecoder("utf-16")()
        try:
            while chunk:
                yield decoder.decode(chunk).encode()
                chunk = stream.read(CHUNK)
            decoder.decode(b"", final=True)
        except UnicodeError as error:
            raise FileFault("not_utf16", "the file begins with a UTF-16 mark and is no UTF-16 text") from error


class Envelope:
    """What heads and feet of batches promise, beside what came."""

    def __init__(self) -> None:
        self.open: dict[str, str] = {}
        self.counted = {"BTS": 0, "FTS": 0}

    def count_message(self) -> None:
        self.counted["BTS"] += 1

    def see(self, name: str, data: bytes) -> Fault | None:
        """Takes note of a head or foot; a foot whose number is not what came is a fault."""
        text = decode(data)[0]
        if name not in OPENED_BY:
            self.open[name] = text
            self.counted["BTS" if name == "BHS" else "FTS"] = 0
            return None
        self.open.pop(OPENED_BY[name], None)
        found, self.counted[name] = self.counted[name], 0
        self.counted["FTS"] += name == "BTS"
        told = text[4:].split(text[3])[0].strip()
        if not told.isdecimal() or int(told[:18]) == found:
            return None
        return Fault(0, text, "batch_count", f"{name}-1 says {told[:18]}, the file holds {found}; some may be lost")

    def left_open(self) -> Iterator[Fault]:
        """Heads without their foot: the file may be cut."""
        for foot, head in OPENED_BY.items():
            if head in self.open:
                yield Fault(0, self.open[head], "cut_batch", f"the file ends without the {foot} of this {head}")
