"""CSV as it should be, and as it comes: each bad line costs itself, a bad header the file."""

from __future__ import annotations

import pytest

from twinlake.declare.errors import DeclarationError
from twinlake.declare.source import Layout, csv_feed
from twinlake.engine.wire import Fault, FileFault, Record
from twinlake.engine.wire.csv import alone

HEAD = b"id,name,note\n"
GOOD = [Record(0, "1,Ada,well", "1", "1", None), Record(1, "2,Bo,ill", "2", "2", None)]


def rules(found):
    return [item.rule if isinstance(item, Fault) else None for item in found]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(HEAD + b"1,Ada,well\n2,Bo,ill\n", id="as RFC 4180 wants it"),
        pytest.param(HEAD + b"1,Ada,well\n2,Bo,ill", id="last line without newline"),
        pytest.param((HEAD + b"1,Ada,well\n2,Bo,ill\n").replace(b"\n", b"\r\n"), id="CRLF"),
        pytest.param((HEAD + b"1,Ada,well\n2,Bo,ill\n").replace(b"\n", b"\r\r\n"), id="CR CR LF"),
        pytest.param(b"\xef\xbb\xbf" + HEAD + b"1,Ada,well\n2,Bo,ill\n", id="byte order mark"),
        pytest.param(b'"id","name","note"\n1,Ada,well\n2,Bo,ill\n', id="quoted header"),
        pytest.param(HEAD + b"\n1,Ada,well\n\r\n\n2,Bo,ill\n\n", id="blank lines"),
    ],
)
def test_the_same_records_come_out_of_every_way_to_write_them(read_csv, data):
    assert read_csv(data) == GOOD


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (b"name,id,note", "another order"),
        (b"id,name", "missing ['note']"),
        (b"id,name,note,extra", "unknown ['extra']"),
        (b"id,name,note,note", "a column stands twice"),
        (b"id;name;note", "has 0 of the 3 names"),
        (b"id,name,note ", "missing ['note'], unknown ['note ']"),
        (b'id,"name,note', "expected id,name,note"),
        (b"id,name,n\x00te", "expected id,name,note"),
        (b"\xff\xfei\x00d\x00", "UTF-16"),
        (b"", "expected id,name,note"),
        (b"\xef\xbb\xbf", "expected id,name,note"),
    ],
)
def test_a_wrong_header_is_a_fault_of_the_whole_file(read_csv, header, said):
    with pytest.raises(FileFault) as caught:
        read_csv(header + b"\n1,Ada,well\n")
    assert said in caught.value.reason


def test_an_empty_file_has_no_header(read_csv):
    with pytest.raises(FileFault) as caught:
        read_csv(b"")
    assert caught.value.rule == "empty_file"


def test_a_file_without_header_does_not_show_its_first_patient(read_csv):
    with pytest.raises(FileFault) as caught:
        read_csv(b"17,Zebedee,Secret\n18,Ada,well\n")
    assert caught.value.rule == "wrong_header"
    assert "Zebedee" not in str(caught.value) and "Secret" not in str(caught.value)


def test_a_header_alone_is_a_file_without_records(read_csv):
    assert read_csv(HEAD) == read_csv(HEAD.rstrip()) == []


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        (b"1,Ada", "field_count"),
        (b"1,Ada,well,again", "field_count"),
        (b"   ", "field_count"),
        (b"1,A\xe9a,well", "not_utf8"),
        (b"1,A\x00a,well", "nul_byte"),
        (b'1,"Ada,well', "unbalanced_quote"),
        (b'1,Ada,well"', "unbalanced_quote"),
        (b'1,"Ada"x,well', "unbalanced_quote"),
    ],
)
def test_a_bad_line_costs_itself_and_no_other(read_csv, line, rule):
    found = read_csv(HEAD + b"1,Ada,well\n" + line + b"\n2,Bo,ill\n")
    assert rules(found) == [None, rule, None]
    assert [item.offset for item in found] == [0, 1, 2]
    assert [item.raw for item in found if isinstance(item, Record)] == ["1,Ada,well", "2,Bo,ill"]


def test_what_cannot_be_decoded_is_kept_as_escapes(read_csv):
    assert [item.raw for item in read_csv(HEAD + b"1,A\xe9a,x\n2,B\x00,y\n")] == ["1,A\\xe9a,x", "2,B\\x00,y"]


def test_a_file_that_is_cut_loses_its_last_line_only(read_csv):
    found = read_csv(HEAD + b"1,Ada,well\n2,Bo,ill\n3,Ce")
    assert rules(found) == [None, None, "field_count"]


def test_newlines_and_commas_in_quotes_belong_to_the_record(read_csv):
    (found,) = read_csv(HEAD + b'1,"Ada, the ""first""","line one\nline, two\n\nline four"\n')
    assert found == Record(0, '1,"Ada, the ""first""","line one\nline, two\n\nline four"', "1", "1", None)


def test_a_line_end_inside_quotes_stays_as_it_was(read_csv):
    first, second = read_csv(b'id,name,note\r\n1,Ada,"one\r\ntwo\nthree"\r\n2,Bo,ill\r\n')
    assert (first.raw, second.raw) == ('1,Ada,"one\r\ntwo\nthree"', "2,Bo,ill")


def test_a_bad_byte_in_a_text_of_several_lines_is_one_fault(read_csv):
    found = read_csv(HEAD + b'1,Ada,"one\ntw\xe9\nthree"\n2,Bo,ill\n')
    assert [item.raw for item in found] == ['1,Ada,"one\ntw\\xe9\nthree"', "2,Bo,ill"]
    assert rules(found) == ["not_utf8", None]


@pytest.mark.parametrize("stray", [b'2,"Bo,ill', b'2,B"o,ill', b'2,Bo,ill"'])
def test_a_stray_quote_swallows_none_of_a_thousand_lines(read_csv, stray):
    before, after = ([b"%d,Ada,well" % n for n in range(k, k + 1500)] for k in (10, 5000))
    found = read_csv(HEAD + b"\n".join([*before, stray, *after]) + b"\n")
    assert len(found) == 3001
    assert [(item.offset, item.raw) for item in found if isinstance(item, Fault)] == [(1500, stray.decode())]


def test_two_stray_quotes_swallow_nothing_between_them(read_csv):
    found = read_csv(HEAD + b'1,"Ada,well\n2,Bo,ill\n3,C"e,well\n4,Di,ill\n')
    assert rules(found) == ["unbalanced_quote", None, "unbalanced_quote", None]


def test_only_what_rfc_4180_reads_as_one_record_is_one(read_csv):
    """Where quotes pair and the fields are right in number no reader can know better."""
    (found,) = read_csv(HEAD + b'1,"Ada\n2,Bo,ill\n3,Ce",well\n')
    assert found.key == "1"


def test_a_key_of_several_columns_that_are_all_empty_is_no_key(read_csv):
    feed = csv_feed("x", "x", "id,name,note", "snapshot", key=("id", "name"))
    found = read_csv(HEAD + b",,one\n,,two\n1,,three\n", feed)
    assert [item.key for item in found] == [None, None, "1\x1f"]


def test_a_line_of_five_megabytes_is_a_line(read_csv):
    (found,) = read_csv(HEAD + b'1,Ada,"' + b"x" * 5_000_000 + b'"\n')
    assert len(found.raw) == 5_000_008


def test_a_file_without_line_ends_is_refused_before_it_fills_the_memory(read_csv, monkeypatch):
    monkeypatch.setattr("twinlake.engine.wire.text.LONGEST_LINE", 1000)
    monkeypatch.setattr("twinlake.engine.wire.text.BLOCK", 300)
    with pytest.raises(FileFault) as caught:
        read_csv(HEAD + b"x" * 1001)
    assert caught.value.rule == "line_too_long"


OLDER = Layout("name,NR,remark", {"NR": "id"})
SAME_PLACES = Layout("number,name,note", {"number": "id"})
DRIFTED = csv_feed(
    "persons", r"persons\.csv", "id,name,note", "snapshot", key=("id",), person="id", layouts=(OLDER, SAME_PLACES)
)


def test_a_declared_layout_is_read_and_its_records_keep_its_header(read_csv):
    found = read_csv(b"name,NR,remark\r\nAda,1,well\r\nBo,2\r\n", DRIFTED)
    assert found[0] == Record(0, "name,NR,remark\nAda,1,well", "1", "1", None)
    assert (found[1].rule, found[1].raw) == ("field_count", "name,NR,remark\nBo,2")


def test_a_layout_that_only_renames_columns_leaves_its_records_as_they_are(read_csv):
    assert read_csv(b"number,name,note\n1,Ada,well\n", DRIFTED) == [GOOD[0]]


def test_the_case_of_a_header_is_no_difference(read_csv):
    assert read_csv(b"ID,Name,NOTE\n1,Ada,well\n", DRIFTED) == [GOOD[0]]
    assert read_csv(b"NAME,nr,Remark\nAda,1,well\n", DRIFTED)[0].raw == "name,NR,remark\nAda,1,well"


def test_a_key_is_the_same_in_every_layout(read_csv):
    files = (b"id,name,note\n7,Ada,well\n", b"name,NR,remark\nAda,7,well\n", b"number,name,note\n7,Ada,well\n")
    assert {read_csv(file, DRIFTED)[0].identity for file in files} == {"7"}


@pytest.mark.parametrize("header", [b"name,id,note", b"NR,name,remark", b"name,NR", b"name,NR,remark,more"])
def test_a_header_that_no_layout_declares_is_still_wrong(read_csv, header):
    with pytest.raises(FileFault) as caught:
        read_csv(header + b"\nAda,1,well\n", DRIFTED)
    assert caught.value.rule == "wrong_header"
    assert caught.value.reason.endswith("expected id,name,note or name,NR,remark or number,name,note")


@pytest.mark.parametrize("file", [b"name,NR,remark\nAda,1,well\n", b"id,name,note\n1,Ada,well\n"])
def test_a_record_can_be_read_alone_whatever_its_layout(read_csv, file):
    (record,) = read_csv(file, DRIFTED)
    assert read_csv(alone(record.raw, DRIFTED).encode(), DRIFTED) == [record]


def test_a_stray_quote_in_another_layout_swallows_no_line(read_csv):
    found = read_csv(b'name,NR,remark\n"Ada,1,well\nBo,2,ill\n', DRIFTED)
    assert rules(found) == ["unbalanced_quote", None]


@pytest.mark.parametrize(
    ("layouts", "said"),
    [
        ((Layout("name,note"),), "lacks id"),
        ((Layout("id,ID,name"),), "says twice what id is"),
        ((Layout("id,nom", {"nom": "nome"}),), "renames nome"),
        ((Layout("id,nom", {"nam": "name"}),), "renames nam"),
        ((Layout("id,name,note"),), "stands twice"),
        ((Layout("id,name"), Layout("id,name")), "stands twice"),
    ],
)
def test_a_layout_that_cannot_be_meant_is_refused(layouts, said):
    with pytest.raises(DeclarationError, match=said):
        csv_feed("x", "x", "id,name,note", "snapshot", key=("id",), layouts=layouts)


def test_a_column_may_have_spaces_and_brackets():
    assert csv_feed("x", "x", "Service (from) date,Name", "snapshot").columns == ("Service (from) date", "Name")
