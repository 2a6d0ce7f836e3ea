"""DICOM files in every transfer syntax: what is kept of them, and which are damaged."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import struct
import warnings
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.device_files import (
    BIG,
    DEFLATED,
    IMPLICIT,
    JPEG,
    LITTLE,
    data_set,
    deflated,
    element,
    file_of,
    fragments,
    text,
)
from twinlake.declare.source import Feed
from twinlake.engine.staging import stage
from twinlake.engine.wire import FileFault, Record, records_of
from twinlake.engine.wire.text import open_plain

FEED = Feed(name="instance", files=r".*", wire="dicom", schema="data string", delivery="increment")


def read(data: bytes, path: str = "h/dicom/2024-01-01/1.dcm") -> tuple[Record, dict]:
    (found,) = records_of(BytesIO(data), FEED, path)
    return found, json.loads(found.raw)


def fault(data: bytes) -> str:
    with pytest.raises(FileFault) as caught:
        read(data)
    assert "Doe" not in str(caught.value)
    return caught.value.rule


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(file_of(LITTLE, data_set()), id="explicit little-endian"),
        pytest.param(file_of(BIG, data_set(">")), id="explicit big-endian"),
        pytest.param(file_of(IMPLICIT, data_set(implicit=True)), id="implicit"),
        pytest.param(file_of(DEFLATED, deflated(data_set())), id="deflated"),
        pytest.param(file_of(JPEG, data_set(pixels=fragments(b"", b"\xff\xd8"), length=0xFFFFFFFF)), id="encapsulated"),
        pytest.param(file_of(LITTLE, data_set(pixels=None)), id="no pixels"),
    ],
)
def test_the_same_metadata_comes_out_of_every_transfer_syntax(data):
    found, told = read(data)
    assert (found.key, found.person, found.kind) == ("1.2.3", "p1", None)
    assert told["data"] == {
        "00080018": {"vr": "UI", "Value": ["1.2.3"]},
        "00080060": {"vr": "CS", "Value": ["CT"]},
        "00100010": {"vr": "PN", "Value": [{"Alphabetic": "Doe^Jane"}]},
        "00100020": {"vr": "LO", "Value": ["p1"]},
        "0020000D": {"vr": "UI", "Value": ["1.2"]},
    }
    assert told["address"]["path"] == "h/dicom/2024-01-01/1.dcm"
    assert (told["address"]["bytes"], told["address"]["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())


@pytest.mark.parametrize(
    ("syntax", "data"),
    [(LITTLE, data_set()), (BIG, data_set(">")), (IMPLICIT, data_set(implicit=True))],
    ids=["little", "big", "implicit"],
)
def test_the_address_leads_to_the_pixels_and_no_pixel_is_kept(syntax, data):
    whole = file_of(syntax, data)
    found, told = read(whole)
    start, length = told["address"]["pixel_offset"], told["address"]["pixel_bytes"]
    assert whole[start : start + length] == b"\1\2\3\4"
    assert "7FE00010" not in told["data"] and base64.b64encode(b"\1\2\3\4").decode() not in found.raw


def test_encapsulated_pixels_are_addressed_with_all_their_fragments():
    pixels = fragments(b"", b"\xff\xd8\xff\xd9", b"\xff\xd8\1\2")
    whole = file_of(JPEG, data_set(pixels=pixels, length=0xFFFFFFFF))
    address = read(whole)[1]["address"]
    assert whole[address["pixel_offset"] :][: address["pixel_bytes"]] == pixels


def test_pixels_of_a_deflated_file_have_no_place_of_their_own():
    address = read(file_of(DEFLATED, deflated(data_set())))[1]["address"]
    assert (address["pixel_offset"], address["pixel_bytes"]) == (None, None)


def test_other_bulk_is_named_and_not_kept():
    bulk = bytes(range(256)) * 20
    told = read(file_of(LITTLE, data_set(pixels=None) + element(0x60003000, b"OW", bulk)))[1]
    assert told["data"]["60003000"] == {"vr": "OW", "BulkDataURI": "#60003000"}


def test_what_is_no_instance_of_anything_is_read_without_key_and_person():
    found, _ = read(file_of(LITTLE, element(0x00080060, b"CS", b"CT")))
    assert (found.key, found.person) == (None, None)


@pytest.mark.parametrize(
    ("issuer", "universal", "expected"),
    [
        ("", "", "p1"),
        ("GHH", "", "p1^^^GHH"),
        ("", "2.16.840.1", "p1^^^2.16.840.1"),
        ("GHH ", "2.16.840.1", "p1^^^GHH"),
    ],
)
def test_equal_numbers_of_two_issuers_are_two_persons(issuer, universal, expected):
    named = element(0x00100020, b"LO", text("p1")) + (element(0x00100021, b"LO", text(issuer)) if issuer else b"")
    item = struct.pack("<HH2sHI", 0x0040, 0x0032, b"UT", 0, len(text(universal))) + text(universal)
    within = struct.pack("<HHI", 0xFFFE, 0xE000, len(item)) + item
    qualifiers = element(0x00100024, b"SQ", within) if universal else b""
    found, _ = read(file_of(LITTLE, element(0x00080018, b"UI", b"1.2.3\0") + named + qualifiers))
    assert found.person == expected


def test_an_issuer_without_a_number_names_nobody():
    found, _ = read(file_of(LITTLE, element(0x00080018, b"UI", b"1.2.3\0") + element(0x00100021, b"LO", b"GHH ")))
    assert found.person is None


WHOLE = file_of(LITTLE, data_set())


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        pytest.param(b"", "not_dicom", id="nothing"),
        pytest.param(b"\x89PNG" + bytes(200), "not_dicom", id="another format"),
        pytest.param(data_set(), "not_dicom", id="no preamble and no meta group"),
        pytest.param(WHOLE[:-1], "cut_pixels", id="cut in the pixels"),
        pytest.param(WHOLE[:-17], "cut_dicom", id="cut in an element"),
        pytest.param(WHOLE[:-10], "cut_dicom", id="cut in the head of the pixels"),
        pytest.param(file_of(DEFLATED, deflated(data_set())[:-5]), "cut_dicom", id="cut in the deflated"),
        pytest.param(file_of(DEFLATED, b"\xff" * 50), "damaged_dicom", id="not deflated at all"),
        pytest.param(file_of(JPEG, data_set(pixels=fragments(b"\xff\xd8", end=b""), length=0xFFFFFFFF)), "cut_pixels",
                     id="fragments without end"),
        pytest.param(file_of(JPEG, data_set(pixels=fragments(b"\xff\xd8")[:9], length=0xFFFFFFFF)), "cut_pixels",
                     id="cut in a fragment"),
        pytest.param(file_of(JPEG, data_set(pixels=b"\1" * 20, length=0xFFFFFFFF)), "damaged_dicom", id="no fragments"),
        pytest.param(file_of(LITTLE, data_set(pixels=None) + element(0x00280008, b"IS", b"1A")), "damaged_dicom",
                     id="a whole number that is none"),
        pytest.param(file_of(LITTLE, data_set(pixels=None) + element(0x300A0070, b"SQ", b"", length=0xFFFFFFFF)),
                     "damaged_dicom", id="a sequence without end"),
        pytest.param(file_of(LITTLE, element(0x00080018, b"UI", b"1.2\0", length=60000)), "cut_dicom",
                     id="an element longer than the file"),
    ],
)  # fmt: skip
def test_a_damaged_file_does_not_land(data, rule):
    assert fault(data) == rule


def nested(levels: int) -> bytes:
    inner = b""
    for _ in range(levels):
        item = struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF) + inner + struct.pack("<HHI", 0xFFFE, 0xE00D, 0)
        inner = element(0x300A0070, b"SQ", item + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0), length=0xFFFFFFFF)
    return inner


def test_sequences_may_be_nested_but_not_without_end():
    assert "300A0070" in read(file_of(LITTLE, nested(20)))[1]["data"]
    assert fault(file_of(LITTLE, nested(3000))) == "nested_too_deep"


def test_a_bomb_is_not_inflated(monkeypatch):
    monkeypatch.setattr("twinlake.engine.wire.dicom.LARGEST_INFLATED", 1 << 20)
    bomb = file_of(DEFLATED, deflated(data_set(pixels=bytes(4 << 20))))
    assert len(bomb) < 10_000 and fault(bomb) == "file_too_large"


def test_names_in_another_character_set_are_read_and_those_in_a_wrong_one_are_kept_as_they_are():
    def named(charset: bytes, name: bytes) -> str:
        said = element(0x00080005, b"CS", charset) + element(0x00100010, b"PN", name)
        return read(file_of(LITTLE, said))[1]["data"]["00100010"]["Value"][0]["Alphabetic"]

    assert named(b"ISO_IR 100", "Müller^Jö ".encode("latin-1")) == "Müller^Jö"
    assert named(b"ISO_IR 192", "王^明".encode()) == "王^明"
    assert named(b"ISO_IR 192", b"M\xfcller").startswith("M")
    assert named(b"NOTHING ", b"Doe ") == "Doe"


def test_a_warning_of_the_library_reaches_nobody():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read(file_of(LITTLE, data_set(pixels=None) + element(0x00200013, b"IS", b"1.0 ")))


def test_a_zipped_file_lands_with_the_digest_of_what_is_in_it(tmp_path: Path):
    source = tmp_path / "1.dcm.gz"
    source.write_bytes(gzip.compress(WHOLE))
    (about,) = stage(source, FEED, tmp_path / "out.parquet", "h/dicom/1.dcm.gz")
    assert (about["landed"], about["quarantined"]) == (1, 0)
    source.write_bytes(gzip.compress(WHOLE)[:-9])
    (about,) = stage(source, FEED, tmp_path / "out.parquet", "h/dicom/1.dcm.gz")
    assert (about["rule"], about["quarantined"]) == ("damaged_gzip", 1)


@pytest.mark.parametrize("at", range(132, len(WHOLE) - 4, 7))
def test_wherever_a_file_is_cut_it_does_not_land_as_a_whole_one(at):
    try:
        told = read(WHOLE[:at])[1]
    except FileFault:
        return
    # Between two elements of the top level no file of DICOM says that more should follow.
    assert told["address"]["pixel_offset"] is None


@pytest.mark.shared_data
def test_of_the_sample_files_all_are_read_but_the_three_made_to_be_bad(shared_data):
    faults, kept = {}, 0
    with ZipFile(shared_data / "dicom_samples/dicom_samples.zip") as samples:
        for name in samples.namelist():
            try:
                kept += len(list(records_of(BytesIO(samples.read(name)), FEED, f"h/dicom/{name}")))
            except FileFault as found:
                faults[name.rsplit("/", 1)[-1]] = found.rule
    assert kept == 25
    assert faults == {"MR_truncated.dcm": "cut_pixels", "badVR.dcm": "damaged_dicom", "no_meta.dcm": "not_dicom"}


def test_of_the_library_s_own_files_each_is_read_or_damaged_as_its_maker_says():
    import pydicom

    folder = Path(pydicom.__file__).parent / "data/test_files"
    if not folder.is_dir():
        pytest.skip("the library came without its test files")
    faults: dict[str, set[str]] = {}
    kept = 0
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and p.suffix not in {".py", ".pyc"}):
        try:
            with open_plain(path) as stream:
                kept += len(list(records_of(stream, FEED, f"h/dicom/{path.name}")))
        except FileFault as found:
            faults.setdefault(found.rule, set()).add(path.name)
    assert faults == {
        "cut_pixels": {"MR_truncated.dcm"}, "cut_dicom": {"rtplan_truncated.dcm"}, "damaged_dicom": {"badVR.dcm"},
        "not_dicom": {
            "ExplVR_BigEndNoMeta.dcm", "ExplVR_LitEndNoMeta.dcm", "no_meta.dcm", "rtstruct.dcm", "README", "README.txt",
            "crayons.icc", "rtplan.dump", "rtstruct.dump", "test1.json", "test_PN.json",
        },
    }  # fmt: skip
    assert kept > 150


MUTATION = st.tuples(st.integers(128, len(WHOLE)), st.integers(0, 6), st.binary(max_size=6))
SEVERAL = file_of(LITTLE, data_set(pixels=None) + nested(3) + element(0x7FE00010, b"OW", b"\1\2\3\4"))


@settings(max_examples=500)
@given(st.sampled_from([WHOLE, SEVERAL]), st.lists(MUTATION, min_size=1, max_size=4))
def test_whatever_the_bytes_a_file_is_one_record_or_one_fault(data, changes):
    for at, out, put in changes:
        data = data[:at] + put + data[at + out :]
    try:
        (found,) = records_of(BytesIO(data), FEED, "h/dicom/1.dcm")
    except FileFault:
        return
    assert found.raw.encode() and json.loads(found.raw)["address"]["bytes"] == len(data)
