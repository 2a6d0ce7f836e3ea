"""Bytes of devices' files written by hand: DICOM elements (PS3.5 section 7.1) and marks of WFDB annotations."""

from __future__ import annotations

import struct
import zlib

MARK = bytes(128) + b"DICM"
LITTLE, BIG, IMPLICIT = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2"
DEFLATED, JPEG = "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.4.50"
LONG = (b"OB", b"OW", b"SQ", b"UN")


def element(tag: int, vr: bytes, value: bytes, order: str = "<", *, implicit: bool = False, length: int | None = None):
    """One element, as PS3.5 section 7.1 has it."""
    size = len(value) if length is None else length
    head = struct.pack(f"{order}HH", tag >> 16, tag & 0xFFFF)
    if implicit:
        return head + struct.pack("<I", size) + value
    return head + vr + (struct.pack(f"{order}HI", 0, size) if vr in LONG else struct.pack(f"{order}H", size)) + value


def text(value: str) -> bytes:
    return value.encode() + b" " * (len(value) % 2)


def data_set(order: str = "<", *, implicit: bool = False, pixels: bytes | None = b"\1\2\3\4", **more) -> bytes:
    said = ((0x00080018, b"UI", b"1.2.3\0"), (0x00080060, b"CS", b"CT"), (0x00100010, b"PN", text("Doe^Jane")),
            (0x00100020, b"LO", text("p1")), (0x0020000D, b"UI", b"1.2\0"))  # fmt: skip
    made = b"".join(element(*one, order, implicit=implicit) for one in said)
    return made + (b"" if pixels is None else element(0x7FE00010, b"OW", pixels, order, implicit=implicit, **more))


def file_of(syntax: str, data: bytes) -> bytes:
    uid = syntax.encode() + b"\0" * (len(syntax) % 2)
    meta = element(0x00020010, b"UI", uid)
    return MARK + element(0x00020000, b"UL", struct.pack("<I", len(meta))) + meta + data


def deflated(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


def fragments(*parts: bytes, end: bytes = struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)) -> bytes:
    return b"".join(struct.pack("<HHI", 0xFFFE, 0xE000, len(p)) + p for p in parts) + end


def mark(code: int, samples: int) -> bytes:
    """A pair of bytes of the MIT annotation format: six bits of code, ten bits of distance, little-endian."""
    return struct.pack("<H", code << 10 | samples)
