"""Tables one under another in one CSV file: each record knows which table it stands in."""

from __future__ import annotations

import json
from io import BytesIO

import pytest

from twinlake.declare.source import Feed
from twinlake.engine.wire import Fault, FileFault, Record
from twinlake.engine.wire.stacked_csv import as_json, read

WORDS = Feed(
    name="words", files=r"words\.csv", wire="stacked_csv", schema="field_1 string, field_2 string", delivery="snapshot",
    key=("field_1",),
)  # fmt: skip
TWO = b"type_id,description\r\n1,Emergency\r\n2,Urgent\r\n,\r\nplace_id,description\r\n1, Home\r\n"


def found(data: bytes) -> list[Record | Fault]:
    return list(read(BytesIO(data), WORDS))


def test_equal_ids_of_two_tables_are_two_records():
    records = found(TWO)
    assert [(r.offset, r.kind, r.key, r.raw) for r in records] == [
        (0, "type_id", "1", "1,Emergency"),
        (1, "type_id", "2", "2,Urgent"),
        (2, "place_id", "1", "1, Home"),
    ]
    assert [r.identity for r in records] == ["type_id|1", "type_id|2", "place_id|1"]


@pytest.mark.parametrize("between", [b"\n", b"\r\n", b",\n", b"  \n", b"\n\n,\r\n"])
def test_any_empty_line_ends_a_table(between):
    data = b"a_id,words\n1,x\n" + between + b"b_id,words\n1,y\n"
    assert [r.kind for r in found(data)] == ["a_id", "b_id"]


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        (b"3", "field_count"),
        (b"3,a,b", "field_count"),
        (b'3,"a', "unbalanced_quote"),
        (b"3,\xff", "not_utf8"),
        (b"3,\x00", "nul_byte"),
    ],
)
def test_a_bad_line_costs_itself(line, rule):
    first, bad, last = found(b"a_id,words\n1,x\n" + line + b"\n2,y\n")
    assert (first.key, last.key) == ("1", "2")
    assert isinstance(bad, Fault) and (bad.offset, bad.rule) == (1, rule)


@pytest.mark.parametrize(
    "data", [b"1,Emergency\n2,Urgent\n", b"a_id\n1,x\n", b"\x89PNG\r\n", b"a_id,words\n1,x\n\n2,y\n"]
)
def test_a_table_without_header_could_be_anything(data):
    with pytest.raises(FileFault) as caught:
        found(data)
    assert caught.value.rule == "wrong_header" and "Emergency" not in caught.value.reason


def test_as_json_is_the_fields_by_place_and_never_raises():
    assert json.loads(as_json('19,"Expired at home. Medicaid only, hospice."')) == {
        "field_1": "19",
        "field_2": "Expired at home. Medicaid only, hospice.",
    }
    assert json.loads(as_json("7,")) == {"field_1": "7", "field_2": None}
    assert json.loads(as_json("")) == {} and json.loads(as_json('"')) == {}
