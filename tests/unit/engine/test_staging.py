"""A file is staged whole or not at all, and each of its records is counted once."""

from __future__ import annotations

import gzip
import hashlib

import pyarrow.parquet as pq
import pytest

from tests.support.landing_sample import NOTES, PERSONS, VISIT
from twinlake.engine import staging

HEAD = b"id,name,note\n"


def staged(tmp_path, data, feed=PERSONS):
    source, target = tmp_path / "file", tmp_path / "out" / "file.parquet"
    source.write_bytes(data)
    about, *faults = staging.stage(source, feed, target, "h/toy/file")
    rows = pq.read_table(target).to_pylist() if target.exists() else None
    return about, faults, rows


def test_records_in_are_landed_quarantined_and_duplicates(tmp_path):
    about, faults, rows = staged(tmp_path, HEAD + b"1,Ada,a\n2,Bo\n1,Ada,a\n1,Ada,b\n")
    counts = {n: about[n] for n in ("records_in", "landed", "quarantined", "duplicates", "rekeyed")}
    assert counts == {"records_in": 4, "landed": 2, "quarantined": 1, "duplicates": 1, "rekeyed": 1}
    assert [(r["record_offset"], r["raw_record"]) for r in rows] == [(0, "1,Ada,a"), (3, "1,Ada,b")]
    assert [(f["record_offset"], f["raw_record"], f["rule"]) for f in faults] == [(1, "2,Bo", "field_count")]


def test_a_record_carries_the_start_of_its_sha_256(tmp_path):
    _, _, (row,) = staged(tmp_path, HEAD + "1,Åsa,a\n".encode())
    assert row["record_hash"] == hashlib.sha256("1,Åsa,a".encode()).hexdigest()[:32]
    assert (row["record_key"], row["source_person_id"]) == ("1", "1")


def test_a_record_without_a_key_is_its_own_key(tmp_path):
    about, _, rows = staged(tmp_path, HEAD + b"1,Ada,a\n1,Ada,b\n", NOTES)
    assert [r["record_key"] for r in rows] == [r["record_hash"] for r in rows]
    assert about["rekeyed"] == 0


@pytest.mark.parametrize("cut", [0.1, 0.5, 0.99])
def test_of_a_cut_gzip_nothing_lands(tmp_path, cut, monkeypatch):
    monkeypatch.setattr(staging, "BATCH", 100)
    packed = gzip.compress(HEAD + b"".join(b"%d,Ada,%s\n" % (n, hashlib.sha256(b"%d" % n).digest().hex().encode())
                                           for n in range(5000)))  # fmt: skip
    about, faults, rows = staged(tmp_path, packed[: int(len(packed) * cut)])
    assert (about["rule"], about["quarantined"], faults, rows) == ("damaged_gzip", 1, [], None)


def test_a_plain_file_cut_in_half_lands_its_whole_lines(tmp_path):
    whole = b"".join(b'{"id":"%d","subject":{"reference":"Patient/1"}}\n' % n for n in range(10))
    about, faults, rows = staged(tmp_path, whole[: len(whole) // 2 + 7], VISIT)
    assert (about["landed"], about["quarantined"]) == (len(rows), 1) == (5, 1)
    assert faults[0]["rule"] == "not_json"


def test_an_empty_file_and_a_header_alone(tmp_path):
    assert staged(tmp_path, b"")[0]["rule"] == "empty_file"
    assert staged(tmp_path, HEAD)[0]["records_in"] == 0
    assert staged(tmp_path, b"", VISIT)[0]["records_in"] == 0


def test_a_file_of_nothing_but_faults_is_one_fault(tmp_path, monkeypatch):
    monkeypatch.setattr(staging, "MOST_FAULTS", 50)
    about, faults, rows = staged(tmp_path, b'{"id":"1"}\n' + b"{\n" * 51, VISIT)
    assert (about["rule"], faults, rows) == ("too_many_faults", [], None)
    assert "51 of the first 52" in about["reason"]
    assert len(staged(tmp_path, b'{"id":"1"}\n' + b"{\n" * 50, VISIT)[1]) == 50


def test_faults_are_bounded_in_bytes_too(tmp_path, monkeypatch):
    monkeypatch.setattr(staging, "MOST_FAULT_BYTES", 1000)
    assert staged(tmp_path, (b"{" * 600 + b"\n") * 2, VISIT)[0]["rule"] == "too_many_faults"


def test_batches_end_by_number_and_by_size(tmp_path, monkeypatch):
    lines = b"".join(b'{"id":"%d"}\n' % n for n in range(10))
    monkeypatch.setattr(staging, "BATCH", 3)
    assert len(staged(tmp_path, lines, VISIT)[2]) == 10
    monkeypatch.setattr(staging, "BATCH_BYTES", 1)
    assert pq.ParquetFile(tmp_path / "out" / "file.parquet").num_row_groups == 4
    assert len(staged(tmp_path, lines, VISIT)[2]) == 10
    assert pq.ParquetFile(tmp_path / "out" / "file.parquet").num_row_groups == 10


def test_a_line_of_five_megabytes_lands_as_it_came(tmp_path):
    line = b'{"id":"1","note":"' + b"x" * 5_000_000 + b'"}'
    _, _, (row,) = staged(tmp_path, line + b"\n", VISIT)
    assert row["raw_record"].encode() == line
