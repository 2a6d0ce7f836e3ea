"""Whatever a file holds: each record is accounted for, and what was kept is what came."""

from __future__ import annotations

import gzip
import tempfile
from io import BytesIO
from pathlib import Path

import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.landing_sample import PERSONS, VISIT
from twinlake.engine.staging import stage
from twinlake.engine.wire import FileFault, reader
from twinlake.engine.wire.text import decode

CSV = (
    b'id,name,note\n1,Ada,well\n2,"Bo, jr","a ""b"" c"\n3,Ce,"line one\nline two"\n4,D\xc3\xa9,ill\n1,Ada,well\n5,Ed,\n'
)
JSON = (
    b'{"id":"1","subject":{"reference":"Patient/1"},"v":5.10}\n{"id":"2","a":[{"b":{}}]}\n'
    b'{"id":"3","n":"\xc3\xa9\\n\\u00e9"}\n{"id":"1","subject":{"reference":"Patient/1"},"v":5.10}\n'
)
ODD = st.sampled_from(
    [b'"', b"\n", b"\r", b"\r\n", b",", b"\x00", b"\xff", b"\xef\xbb\xbf", b"{", b"}", b"[", b"\\", b"1e9"]
)
BYTES = st.one_of(ODD, st.binary(min_size=0, max_size=3))
MUTATION = st.tuples(st.floats(0, 1), st.integers(0, 4), BYTES)


def mutated(data: bytes, changes: list[tuple[float, int, bytes]]) -> bytes:
    """At each place some bytes are taken out and others put in."""
    for place, out, put in changes:
        at = int(place * len(data))
        data = data[:at] + put + data[at + out :]
    return data


def staged(data: bytes, feed) -> tuple[dict, list[dict], list[dict]]:
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "in", Path(folder) / "out.parquet"
        source.write_bytes(data)
        about, *faults = stage(source, feed, target, "p")
        return about, faults, pq.read_table(target).to_pylist() if target.exists() else []


def check_accounts(data: bytes, feed) -> None:
    about, faults, rows = staged(data, feed)
    if about.get("rule"):
        assert (about["quarantined"], faults, rows) == (1, [], [])
        return
    assert about["records_in"] == about["landed"] + about["quarantined"] + about["duplicates"]
    assert (len(rows), len(faults)) == (about["landed"], about["quarantined"])
    offsets = [item["record_offset"] for item in (*rows, *faults)]
    assert len(set(offsets)) == len(offsets) and all(0 <= n < about["records_in"] for n in offsets)


def check_nothing_is_lost(data: bytes, feed, head: int) -> None:
    """The records, one after another, are the file's lines: only blank ones and CRs at a line's end are gone."""
    try:
        found = list(reader(feed.wire)(BytesIO(data), feed))
    except FileFault:
        return
    kept = "\n".join(item.raw for item in found).split("\n")
    lines = data.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    came = [decode(line.rstrip(b"\r"))[0] for line in lines]
    if feed.wire == "csv":
        while came and not came[0]:
            came = came[1:]
    assert [k.rstrip("\r") for k in kept if k.strip()] == [c for c in came[head:] if c.strip()]


@settings(max_examples=400)
@given(st.lists(MUTATION, max_size=4))
def test_every_record_of_a_mutated_csv_is_accounted_for(changes):
    check_accounts(mutated(CSV, changes), PERSONS)


@settings(max_examples=400)
@given(st.lists(MUTATION, max_size=4))
def test_every_record_of_a_mutated_ndjson_is_accounted_for(changes):
    check_accounts(mutated(JSON, changes), VISIT)


@settings(max_examples=200)
@given(st.lists(MUTATION, min_size=1, max_size=3))
def test_a_mutated_gzip_lands_whole_or_not_at_all(changes):
    check_accounts(mutated(gzip.compress(CSV, mtime=0), changes), PERSONS)


@settings(max_examples=400)
@given(st.lists(MUTATION, max_size=4))
def test_the_records_of_a_mutated_csv_are_its_lines(changes):
    check_nothing_is_lost(CSV[:13] + mutated(CSV[13:], changes), PERSONS, 1)


@settings(max_examples=400)
@given(st.lists(MUTATION, max_size=4))
def test_the_records_of_a_mutated_ndjson_are_its_lines(changes):
    check_nothing_is_lost(mutated(JSON, changes), VISIT, 0)
