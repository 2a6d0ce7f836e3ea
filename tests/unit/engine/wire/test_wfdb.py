"""WFDB files as PhysioNet describes them, and as they come: a header, its samples and its annotations."""

from __future__ import annotations

import gzip
import hashlib
import json
import struct
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.device_files import mark
from twinlake.declare.source import Feed
from twinlake.engine.staging import stage
from twinlake.engine.wire import FileFault, Record, records_of

FEED = Feed(
    name="recording", files=r"(?:[^/]+/)*(?P<person>[^/]+)/[^/]+\.(?:hea|dat|atr)", wire="wfdb", schema="record string",
    delivery="increment",
)  # fmt: skip
HEADER = (
    b"# a comment\n7 2 360 1000 12:30:00 05/11/2024\r\n"
    b"7.dat 212 200(1024)/mV 11 1024 0 0 0 MLII\n7.dat 212 100/uV 11 0 0 0 0 V5\n"
)
SEGMENTED = b"7/3 1 250 100 12:30:00 05/11/2024\n7a 50\n~ 20\n7b 30\n"

# 1 is N, 5 is V, 28 is a change of rhythm with a note of two bytes, 14 is noise: codes of ecgcodes.h.
MARKS = mark(28, 18) + struct.pack("<H", 63 << 10 | 2) + b"(N" + mark(1, 59) + mark(5, 300) + mark(14, 10) + b"\0\0"


def read(data: bytes, path: str = "h/waveform/2024-11-06/ada/7.hea") -> tuple[Record, dict]:
    (found,) = records_of(BytesIO(data), FEED, path)
    return found, json.loads(found.raw)


def fault(data: bytes, path: str = "h/waveform/ada/7.hea") -> str:
    with pytest.raises(FileFault) as caught:
        read(data, path)
    return caught.value.rule


def test_a_header_keeps_its_text_and_what_it_says_of_each_signal():
    found, told = read(HEADER)
    assert (found.kind, found.key, told["record"], told["text"]) == ("header", "ada/7.hea", "ada/7", HEADER.decode())
    assert (told["frequency"], told["begun"], told["sample_count"]) == (360.0, "2024-11-05T12:30:00", 1000)
    first, second = told["signals"]
    # 2 x 1000 samples of 12 bits, two to three bytes.
    assert (first["file"], first["format"], first["expected_bytes"]) == ("ada/7.dat", "212", 3000)
    assert (first["name"], first["unit"], first["gain"], first["baseline"]) == ("MLII", "mV", 200.0, 1024)
    assert (second["name"], second["unit"], second["gain"], second["baseline"]) == ("V5", "uV", 100.0, 0)


@pytest.mark.parametrize("line", [b"", b" 0 12 0 0 0 0 II", b" 0(512)/mV 12 0 0 0 0 II", b" 0.0/uV 12", b" /mV 12"])
def test_a_signal_without_gain_is_not_calibrated_and_has_no_unit(line):
    """WFDB's header(5): a gain of zero or none. What its readers then assume (200 in a mV) the header does not say."""
    _, told = read(b"7 2 250 10\n7.dat 16" + line + b"\n# 200/mV\n7.dat 16 1.5e2(3)/mV 12 0 0 0 0 V\n")
    assert [(s["gain"], s["unit"]) for s in told["signals"]] == [(None, None), (150.0, "mV")]


def test_a_gain_without_a_unit_is_in_millivolts():
    """Header(5): the unit that is left out is the mV."""
    _, told = read(b"7 1 250 10\n7.dat 16 200\n")
    assert (told["signals"][0]["gain"], told["signals"][0]["unit"]) == (200.0, "mV")


@pytest.mark.parametrize(
    ("line", "expected"),
    [(b"7.dat 16", 20), (b"7.dat 80", 10), (b"7.dat 24", 30), (b"7.dat 212", 15), (b"7.dat 310", 14),
     (b"7.dat 16+24", 44), (b"7.dat 16x4", 80), (b"7.dat 508", None)],
)  # fmt: skip
def test_the_length_of_a_sample_file_follows_from_its_format(line, expected):
    _, told = read(b"7 1 250 10\n" + line + b" 200 12 0 0 0 0 II\n")
    assert told["signals"][0]["expected_bytes"] == expected


def test_a_header_without_a_day_does_not_know_when_it_began():
    assert read(b"7 1 250 10 12:30:00\n7.dat 16\n")[1]["begun"] is None


def test_a_header_of_segments_says_so_and_has_no_signals_of_its_own():
    _, told = read(b"7/2 1 250 100\n7a 50\n7b 50\n")
    assert (told["is_multi_segment"], told["signals"]) == (True, [])


def test_a_header_of_segments_tells_when_the_whole_began_and_where_in_it_each_segment_does():
    """A layout has no samples, and `~` is a gap of 20: 7b begins after 50 + 20."""
    _, told = read(b"7/4 1 250 120 12:30:00 05/11/2024\n7_layout 0\n7a 50\n~ 20\n7b 50\n")
    assert (told["frequency"], told["begun"], told["sample_count"]) == (250.0, "2024-11-05T12:30:00", 120)
    assert told["segments"] == [
        {"record": "ada/7_layout", "offset": 0}, {"record": "ada/7a", "offset": 0}, {"record": "ada/7b", "offset": 70},
    ]  # fmt: skip


def test_of_samples_only_place_length_and_digest_are_kept():
    data = bytes(range(256)) * 50
    found, told = read(data, "h/waveform/2024-11-06/ada/7.dat")
    assert found.kind == "samples"
    assert told == {
        "record": "ada/7", "file": "ada/7.dat", "path": "h/waveform/2024-11-06/ada/7.dat", "bytes": 12800,
        "sha256": hashlib.sha256(data).hexdigest(),
    }  # fmt: skip


def test_annotations_are_told_with_their_sample_and_which_of_them_are_beats():
    found, told = read(MARKS, "h/waveform/ada/7.atr")
    assert (found.kind, found.key, told["annotator"]) == ("annotation", "ada/7.atr", "atr")
    assert [(m["sample"], m["symbol"], m["is_beat"], m["note"]) for m in told["marks"]] == [
        (18, "+", False, "(N"), (77, "N", True, None), (377, "V", True, None), (387, "~", False, None),
    ]  # fmt: skip
    assert [m["name"] for m in told["marks"]][1:3] == ["Normal beat", "Premature ventricular contraction"]


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        pytest.param(b"", "not_wfdb_header", id="nothing"),
        pytest.param(b"{}", "not_wfdb_header", id="JSON"),
        pytest.param(b"7 2 360 1000\n7.dat 212\n", "signal_count", id="cut after the first signal"),
        pytest.param(HEADER[:14], "not_wfdb_header", id="cut in the record line"),
        pytest.param(HEADER.replace(b"MLII", b"ML\x00I"), "nul_byte", id="NUL"),
        pytest.param(HEADER.replace(b"MLII", b"ML\xe9I"), "not_utf8", id="Latin-1"),
        pytest.param(b"7/1 1 360 100\n7a " + b"9" * 30 + b"\n", "not_wfdb_header", id="a segment no file holds"),
        pytest.param(b"7 1 360 " + b"9" * 30 + b"\n7.dat 16\n", "not_wfdb_header", id="a length no file has"),
    ],
)
def test_a_bad_header_is_a_fault_of_the_file(data, rule):
    assert fault(data) == rule


@pytest.mark.parametrize("cut", [1, 2, 3, len(MARKS) - 2])
def test_annotations_that_are_cut_are_noticed_even_between_two_marks(cut):
    assert fault(MARKS[:-cut], "h/waveform/ada/7.atr") == "cut_annotation"


@pytest.mark.parametrize("data", [b"\xff\xff\xff\xff\0\0", b"\0\xec\0\0\0\0", mark(58, 1) + b"\0\0"])
def test_bytes_that_are_no_annotations_are_refused(data):
    assert fault(data, "h/waveform/ada/7.atr") == "not_wfdb_annotation"


def test_a_file_that_is_too_large_or_empty_is_refused(monkeypatch):
    monkeypatch.setattr("twinlake.engine.wire.wfdb.LARGEST", 10)
    assert fault(HEADER) == "file_too_large"
    assert fault(b"", "h/waveform/ada/7.dat") == "empty_file"


def test_a_file_lands_zipped_or_not_and_belongs_to_the_person_of_its_folder(tmp_path: Path):
    for name, data in (("7.dat", b"\1\2\3"), ("7.dat.gz", gzip.compress(b"\1\2\3"))):
        source = tmp_path / name
        source.write_bytes(data)
        (about,) = stage(source, FEED, tmp_path / "out.parquet", f"h/waveform/ada/{name}")
        assert (about["landed"], about["quarantined"]) == (1, 0)
        import pyarrow.parquet as pq

        (row,) = pq.read_table(tmp_path / "out.parquet").to_pylist()
        assert (row["source_person_id"], row["record_kind"]) == ("ada", "samples")
        assert json.loads(row["raw_record"])["sha256"] == hashlib.sha256(b"\1\2\3").hexdigest()
        assert json.loads(row["raw_record"])["path"] == f"h/waveform/ada/{name}"


def test_cut_gzip_is_quarantined_as_a_whole(tmp_path: Path):
    source = tmp_path / "7.dat.gz"
    source.write_bytes(gzip.compress(bytes(1000))[:-4])
    (about,) = stage(source, FEED, tmp_path / "out.parquet", "h/waveform/ada/7.dat.gz")
    assert (about["rule"], about["quarantined"]) == ("damaged_gzip", 1)


@pytest.mark.shared_data
def test_record_100_has_its_2273_beats_and_its_samples_are_all_there(shared_data):
    folder = shared_data / "ecg_mitbih100"
    told = {e: read((folder / f"100.{e}").read_bytes(), f"h/waveform/100/100.{e}")[1] for e in ("hea", "dat", "atr")}
    assert sum(m["is_beat"] for m in told["atr"]["marks"]) == 2273
    assert len(told["atr"]["marks"]) == 2274
    assert told["hea"]["signals"][0]["expected_bytes"] == told["dat"]["bytes"] == 1_950_000


MUTATION = st.tuples(st.floats(0, 1), st.integers(0, 4), st.binary(max_size=4))


@settings(max_examples=300)
@given(
    st.sampled_from([(HEADER, "hea"), (SEGMENTED, "hea"), (MARKS, "atr")]), st.lists(MUTATION, min_size=1, max_size=3)
)
def test_whatever_the_bytes_a_file_is_one_record_or_one_fault(file, changes):
    data, ending = file
    for place, out, put in changes:
        at = int(place * len(data))
        data = data[:at] + put + data[at + out :]
    try:
        (found,) = records_of(BytesIO(data), FEED, f"h/waveform/ada/7.{ending}")
    except FileFault:
        return
    assert found.raw.encode() and json.loads(found.raw)["record"] == "ada/7"
