"""Compression is recognised by its bytes; a damaged stream is told as such."""

from __future__ import annotations

import gzip

import pytest

from twinlake.engine.wire import FileFault
from twinlake.engine.wire.text import lines, open_plain

TEXT = b"".join(b"%d,line\n" % n for n in range(5000))


def read(path):
    with open_plain(path) as stream:
        return list(lines(stream))


@pytest.mark.parametrize(
    ("name", "packed"), [("a.csv", False), ("a.csv.gz", True), ("a.csv", True), ("a.csv.gz", False)]
)
def test_a_file_is_what_its_bytes_are_whatever_its_name(tmp_path, name, packed):
    (tmp_path / name).write_bytes(gzip.compress(TEXT) if packed else TEXT)
    assert read(tmp_path / name) == TEXT.splitlines()


def test_a_gzip_of_two_parts_is_read_to_its_end(tmp_path):
    (tmp_path / "a.gz").write_bytes(gzip.compress(b"one\n") + gzip.compress(b"two\n"))
    assert read(tmp_path / "a.gz") == [b"one", b"two"]


@pytest.mark.parametrize("keep", [2, 5, 10, 11, 200, -9, -8, -1])
def test_a_gzip_cut_anywhere_is_damaged(tmp_path, keep):
    (tmp_path / "a.gz").write_bytes(gzip.compress(TEXT)[:keep])
    with pytest.raises(FileFault) as caught:
        read(tmp_path / "a.gz")
    assert caught.value.rule == "damaged_gzip"


@pytest.mark.parametrize("place", [3, 30, 1000, -6, -2])
def test_a_gzip_with_a_wrong_byte_is_damaged_or_the_same(tmp_path, place):
    packed = bytearray(gzip.compress(TEXT))
    packed[place] ^= 0xFF
    (tmp_path / "a.gz").write_bytes(packed)
    with pytest.raises(FileFault) as caught:
        read(tmp_path / "a.gz")
    assert caught.value.rule == "damaged_gzip"


def test_bytes_after_the_end_of_a_gzip_are_damage(tmp_path):
    (tmp_path / "a.gz").write_bytes(gzip.compress(TEXT) + b"trailing")
    with pytest.raises(FileFault):
        read(tmp_path / "a.gz")


def test_nothing_is_left_open(tmp_path):
    (tmp_path / "a.gz").write_bytes(gzip.compress(TEXT))
    with open_plain(tmp_path / "a.gz") as stream:
        inner = stream.fileobj
    assert inner.closed
