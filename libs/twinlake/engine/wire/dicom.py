"""DICOM: a file is a record; its metadata as the DICOM JSON Model (PS3.18 annex F) and the place of its pixels.

Pixels are neither decoded nor kept, in no transfer syntax: the record says where they lie, how many bytes they are and
the SHA-256 of the file (unzipped). Of other binary values beyond a kilobyte it says only that they are there. A file
that does not hold what it announces, in its elements or in its pixels, is damaged and does not land.
"""

from __future__ import annotations

import json
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from twinlake.declare.source import Feed
from twinlake.engine.wire import Fault, FileFault, Record
from twinlake.engine.wire.binary import CHUNK, digest_and_size
from twinlake.engine.wire.text import undamaged

PREAMBLE, MARK = 128, b"DICM"
# Characters of a binary value in base64 that are kept in the record.
INLINE = 1024
# Bytes that a deflated data set may become.
LARGEST_INFLATED = 1 << 30
DEFLATED = "1.2.840.10008.1.2.1.99"
INSTANCE, PATIENT, ISSUER = "00080018", "00100020", "00100021"
# The issuer by a universal id (PS3.3 table 10-18).
QUALIFIERS, UNIVERSAL_ID = "00100024", "00400032"
PIXELS = (0x7FE00008, 0x7FE00009, 0x7FE00010)
ITEM, ITEMS_END, UNDEFINED = 0xFFFEE000, 0xFFFEE0DD, 0xFFFFFFFF


def read(stream: BinaryIO, feed: Feed) -> Iterator[Record | Fault]:
    """The record of a file whose place nobody knows."""
    return read_at(stream, feed, "")


def read_at(stream: BinaryIO, feed: Feed, path: str) -> Iterator[Record | Fault]:
    """The one record of a file: its key the SOP instance, its person the PatientID and who issued it."""
    sha256, size = digest_and_size(stream)
    with undamaged():
        _check_mark(stream)
        _check_deflated(stream)
        found = _data_set(stream)
        pixels = _pixels(stream, found, size)
    data = _elements(found)
    address = {"path": path or None, "sha256": sha256, "bytes": size, **pixels}
    told = {"address": address, "meta": _elements(found.file_meta), "data": data}
    # A text in a wrong character set may hold halves of letters, which no file of text can.
    raw = json.dumps(told, ensure_ascii=False).encode("utf-8", "backslashreplace").decode()
    yield Record(0, raw, _first(data, INSTANCE), _person(data), None)


def _person(data: dict[str, Any]) -> str | None:
    """As in HL7 v2: equal numbers of two issuers are two persons, `123^^^GHH`."""
    number, qualifiers = _first(data, PATIENT), (data.get(QUALIFIERS, {}).get("Value") or [{}])[0]
    issuer = _first(data, ISSUER) or _first(qualifiers, UNIVERSAL_ID)
    return f"{number}^^^{issuer}" if number and issuer else number


def _first(elements: dict[str, Any], tag: str) -> str | None:
    value = (elements.get(tag, {}).get("Value") or [None])[0]
    return None if value is None else str(value).strip() or None


@contextmanager
def _reading(what: str) -> Iterator[None]:
    """A parser of bytes that may be anything raises whatever it likes."""
    try:
        yield
    except (FileFault, EOFError) as error:
        raise error if isinstance(error, FileFault) else FileFault("cut_dicom", f"{what} goes on") from error
    except RecursionError as error:
        raise FileFault("nested_too_deep", "sequences in sequences beyond what any parser follows") from error
    except Exception as error:
        raise FileFault("damaged_dicom", f"{what} cannot be read ({type(error).__name__})") from error


def _check_mark(stream: BinaryIO) -> None:
    stream.seek(PREAMBLE)
    if stream.read(len(MARK)) != MARK:
        raise FileFault("not_dicom", "no mark DICM after 128 bytes; expected a file of PS3.10 with its meta group")


def _check_deflated(stream: BinaryIO) -> None:
    """The library inflates in memory, whatever comes; so it is done once before, piece by piece."""
    from pydicom.filereader import read_dataset

    with _reading("the meta group"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        meta = read_dataset(stream, False, True, stop_when=lambda tag, *_: tag.group != 2)
        is_deflated = str(meta.get("TransferSyntaxUID", "")) == DEFLATED
    if is_deflated:
        with _reading("the deflated data set"):
            _inflate(stream)


def _inflate(stream: BinaryIO) -> None:
    inflater, size = zlib.decompressobj(-zlib.MAX_WBITS), 0
    rest = stream.read(CHUNK)
    while rest and not inflater.eof:
        size += len(inflater.decompress(rest, CHUNK))
        if size > LARGEST_INFLATED:
            raise FileFault("file_too_large", f"inflates to more than {LARGEST_INFLATED >> 20} MiB")
        rest = inflater.unconsumed_tail or stream.read(CHUNK)
    if not inflater.eof:
        raise FileFault("cut_dicom", "the deflated data set ends before its end")


class _Watched:
    """A stream that notices when a reader wants more than there is: the library often takes what it gets.

    At the end of a whole file one element is looked for in vain; within sequences that happens again.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self.stream, self.cut, self.empty = stream, False, 0
        self.seek, self.tell = stream.seek, stream.tell

    def read(self, size: int = -1) -> bytes:
        data = self.stream.read(size)
        self.cut = self.cut or 0 < len(data) < size
        self.empty += size > 0 and not data
        return data


def _data_set(stream: BinaryIO) -> Any:
    """All elements before the pixels."""
    from pydicom import dcmread

    stream.seek(0)
    watched = _Watched(stream)
    with _reading("an element"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = dcmread(watched, stop_before_pixels=True)
    if watched.cut or (found and watched.empty > 1):
        raise FileFault("cut_dicom", "the file ends within an element or a sequence")
    return found


def _is_at_pixels(stream: BinaryIO, found: Any) -> bool:
    here, head = stream.tell(), stream.read(4)
    stream.seek(here)
    return len(head) == 4 and _tag(head, found) in PIXELS


def _tag(head: bytes, found: Any) -> int:
    group, element = struct.unpack("<HH" if found.original_encoding[1] else ">HH", head)
    return group << 16 | element


def _pixels(stream: BinaryIO, found: Any, size: int) -> dict[str, int | None]:
    """First byte and length of the pixels in the file; a deflated data set has no such place."""
    if not _is_at_pixels(stream, found):
        return {"pixel_offset": None, "pixel_bytes": None}
    length = _pixel_length(stream, found)
    offset = stream.tell()
    end = _end_of_fragments(stream, size) if length == UNDEFINED else offset + length
    if end > size:
        raise FileFault("cut_pixels", f"the pixels end {end - size} bytes after the file")
    return {"pixel_offset": offset, "pixel_bytes": end - offset}


def _pixel_length(stream: BinaryIO, found: Any) -> int:
    """Steps over the element's head; some files are explicit up to their pixels only."""
    is_implicit, is_little = found.original_encoding
    head = stream.read(8)
    length = head[4:] if is_implicit or not head[4:6].isalpha() else stream.read(4)
    return int.from_bytes(length, "little" if is_little else "big")


def _end_of_fragments(stream: BinaryIO, size: int) -> int:
    """Where encapsulated pixels end (PS3.5 section A.4): item after item is stepped over."""
    while len(head := stream.read(8)) == 8:
        group, element, length = struct.unpack("<HHI", head)
        tag = group << 16 | element
        if tag == ITEMS_END:
            return stream.tell()
        if tag != ITEM or length == UNDEFINED:
            raise FileFault("damaged_dicom", "the fragments of the pixels are no sequence of items")
        if stream.tell() + length > size:
            return stream.tell() + length
        stream.seek(length, 1)
    raise FileFault("cut_pixels", "the fragments of the pixels have no end")


def _elements(found: Any) -> dict[str, Any]:
    """Tag → value representation and values; an element whose value its representation forbids damages the file."""
    return dict(_element(found, tag) for tag in sorted(found.keys()))


def _element(found: Any, tag: Any) -> tuple[str, Any]:
    with warnings.catch_warnings(), _reading(f"({tag.group:04X},{tag.element:04X})"):
        warnings.simplefilter("ignore")
        told = found[tag].to_json_dict(lambda one: f"#{one.tag:08X}", INLINE)
        json.dumps(told, allow_nan=False)
    return f"{tag.group:04X}{tag.element:04X}", told
