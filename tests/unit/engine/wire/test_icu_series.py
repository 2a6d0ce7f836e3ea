"""A stay's file of series: every reading belongs to the stay that the first record names."""

from __future__ import annotations

import json
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinlake.declare.source import Feed
from twinlake.engine.wire import Fault, FileFault, Record
from twinlake.engine.wire.icu_series import as_json, read

SERIES = Feed(
    name="series", files=r"\d+\.txt", wire="icu_series", schema="time string, parameter string, value string",
    delivery="increment",
)  # fmt: skip
HEAD = b"Time,Parameter,Value\n00:00,RecordID,132539\n"


def found(data: bytes) -> list[Record | Fault]:
    return list(read(BytesIO(data), SERIES))


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_every_record_is_the_stays(end):
    records = found(HEAD.replace(b"\n", end) + b"00:00,Age,54" + end + b"00:07,GCS,15" + end)
    assert [(r.offset, r.raw, r.person) for r in records] == [
        (0, "00:00,RecordID,132539", "132539"),
        (1, "00:00,Age,54", "132539"),
        (2, "00:07,GCS,15", "132539"),
    ]


def test_two_values_of_one_minute_are_two_records_and_equal_lines_of_two_stays_too():
    one = found(HEAD + b"00:07,GCS,15\n00:07,GCS,14\n")
    other = found(HEAD.replace(b"132539", b"132540") + b"00:07,GCS,15\n")
    assert len({r.identity for r in (*one, *other)}) == 5


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        (b"00:07,GCS", "not_a_reading"),
        (b"00:07,,15", "not_a_reading"),
        (b"7,GCS,15", "not_a_reading"),
        (b"00:60,GCS,15", "not_a_reading"),
        (b"-01:00,GCS,15", "not_a_reading"),
        (b"00:07,GCS,15,3", "not_a_reading"),
        (b"00:07," + b"x" * 5000 + b",15", "not_a_reading"),
        (b"00:00,RecordID,7", "other_stay"),
        (b"00:07,GCS,\xff", "not_utf8"),
        (b"00:07,GCS,1\x005", "nul_byte"),
    ],
)
def test_a_bad_line_costs_itself(line, rule):
    _, bad, last = found(HEAD + line + b"\n00:08,HR,80\n")
    assert isinstance(bad, Fault) and (bad.offset, bad.rule) == (1, rule)
    assert isinstance(last, Record) and last.raw == "00:08,HR,80"


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"", "no_record_id"),
        (b"Time,Parameter,Value\n", "no_record_id"),
        (b"Time,Parameter,Value\n00:07,GCS,15\n", "no_record_id"),
        (b"Time,Parameter,Value\n00:00,RecordID,\n", "no_record_id"),
        (b"Time,Parameter,Value\n00:00,RecordID,-1\n", "no_record_id"),
        (b"RecordID,SAPS-I,SOFA\n132539,6,1\n", "wrong_header"),
        (b"\x1f\x8b broken", "wrong_header"),
    ],
)
def test_a_file_that_names_no_stay_is_nobodys(data, rule):
    with pytest.raises(FileFault) as caught:
        found(data)
    assert caught.value.rule == rule and "132539" not in caught.value.reason


def test_a_cut_file_keeps_its_whole_lines():
    whole = HEAD + b"".join(b"%02d:00,HR,%d\n" % (hour, 80 + hour) for hour in range(10))
    records = found(whole[: len(whole) - 4])
    assert len(records) == 11 and isinstance(records[-1], Record | Fault)


def test_as_json_names_the_fields():
    assert json.loads(as_json("35:19,Temp,37.1")) == {"time": "35:19", "parameter": "Temp", "value": "37.1"}
    assert json.loads(as_json("35:19,Temp,"))["value"] is None


@given(st.text())
def test_as_json_never_raises(raw):
    assert json.loads(as_json(raw)).keys() == {"time", "parameter", "value"}
