"""HL7 v2 as it should be, and as it comes."""

from __future__ import annotations

import gzip
import io
import json
import re
import zipfile
from collections import Counter
from io import BytesIO

import hl7
import pytest

from twinlake.catalog.sources._hl7v2_feeds import MERGES
from twinlake.catalog.sources.hl7v2 import SYSTEM
from twinlake.engine.wire import Fault, FileFault, Record, _hl7v2_frames
from twinlake.engine.wire._hl7v2_keys import OF_MERGES, in_utc, patient_of
from twinlake.engine.wire._hl7v2_segments import Separators, segments, separators_of, tokens, unescaped
from twinlake.engine.wire.hl7v2 import as_json, read
from twinlake.engine.wire.text import open_plain

BY = Separators("|", "^", "~", "\\", "&")
HEAD = "MSH|^~\\&|LAB|GHH|||20200301093000+0100||ORU^R01^ORU_R01|M1|P|2.5.1"
PID = "PID|1||77^^^GHH^MR||Doe^Jane||19800102|F"
OBR = "OBR|1|P1|F1^LAB|24331-1^Lipids^LN|||202003010900"
ORU = (HEAD, PID, OBR, "OBX|1|NM|2085-9^HDL^LN||1.2|mmol/L|||||F", "NTE|1||fasting")


def found(data: bytes | str | tuple[str, ...]) -> list[Record | Fault]:
    text = "\r".join(data) + "\r" if isinstance(data, tuple) else data
    return list(read(BytesIO(text.encode() if isinstance(text, str) else text), SYSTEM.feed("message")))


def message(kind: str, *rest: str, control: str = "M1", at: str = "20200301093000", **header: str) -> tuple[str, ...]:
    """A message of a kind such as `ADT^A01`, with MSH-18 where it is told."""
    end = f"||||||{header['charset']}" if header else ""
    return (f"MSH|^~\\&|A|GHH|||{at}||{kind}|{control}|P|2.5{end}", *rest)


def of_kind(kind: str, *messages: tuple[str, ...]) -> list[Record]:
    return [item for m in messages for item in found(m) if isinstance(item, Record) and item.kind == kind]


def rules(items) -> list[str | None]:
    return [item.rule if isinstance(item, Fault) else None for item in items]


def said(record: Record) -> dict:
    return json.loads(as_json(record.raw))


def test_a_message_lands_as_the_things_it_tells_of_each_with_its_context():
    version = "1 20200301083000.000000 M00000000000000000001"
    assert found(ORU) == [
        Record(0, "\r".join((HEAD, PID)), "77^^^GHH", "77^^^GHH", version.replace("1", "0", 1), "person"),
        Record(1, "\r".join((HEAD, PID, OBR)), "77^^^GHH|F1^LAB", "77^^^GHH", version, "order"),
        Record(2, "\r".join(ORU), "77^^^GHH|F1^LAB|20200301090000.000000|2085-9^LN|", "77^^^GHH", version, "result"),
    ]


@pytest.mark.parametrize(("end", "name"), [("\r", "CR"), ("\n", "LF"), ("\r\n", "CRLF")])
def test_line_ends_are_the_same_to_every_reader_and_the_record_says_which_it_had(end, name):
    same = [(item.kind, item.key, item.version) for item in found(ORU)]
    items = found(end.join(ORU) + end)
    assert [(item.kind, item.key, item.version) for item in items] == same
    assert [item.raw for item in items][-1] == end.join(ORU)
    assert said(items[-1]) == {**said(found(ORU)[-1]), "line_end": name}


def test_where_cr_ends_segments_a_line_feed_inside_a_text_is_part_of_it():
    (result,) = of_kind("result", (HEAD, PID, OBR, "OBX|1|TX|1^Note||line one\nline two||||||F", "NTE|1||x"))
    assert said(result)["OBX"]["f5"] == [{"c1": "line one\nline two"}]
    assert said(result)["NTE"] == {"f1": [{"c1": "1"}], "f3": [{"c1": "x"}]}


def test_segments_ended_in_two_ways_are_all_found():
    assert segments("MSH|^~\\&|\rPID|1\nPV1|1\r\nOBX|1\n") == ["MSH|^~\\&|", "PID|1", "PV1|1", "OBX|1"]


def test_byte_order_marks_are_no_part_of_a_message():
    one = b"\xef\xbb\xbf" + "\r\n".join(ORU).encode() + b"\r\n"
    assert [item.raw for item in found(one + one)] == 2 * [item.raw for item in found("\r\n".join(ORU))]


def test_a_file_holds_as_many_messages_as_it_has_headers():
    items = found("\r".join((*ORU, *message("ADT^A31", PID, control="M2"), "", *message("ACK", "MSA|AA|M2"))))
    assert Counter(item.kind for item in items) == {"person": 2, "order": 1, "result": 1, "rest": 1}
    assert [item.offset for item in items] == [0, 1, 2, 3, 4]


def test_separators_are_those_the_message_names():
    (result,) = of_kind("result", tuple(line.translate(str.maketrans("|^~&", "$*!:")) for line in ORU))
    assert result.key == "77^^^GHH|F1^LAB|20200301090000.000000|2085-9^LN|"
    assert said(result)["OBX"]["f3"] == [{"c1": "2085-9", "c2": "HDL", "c3": "LN"}]


def test_separators_that_are_left_out_separate_nothing():
    (result,) = of_kind("result", ("MSH|^|LAB||||2020||ORU^R01|1", PID, "OBX|1|CE|A&B^C~D\\T\\||x"))
    assert said(result)["OBX"]["f3"] == [{"c1": "A&B", "c2": "C~D\\T\\"}]


def test_json_has_repetitions_components_and_subcomponents_by_their_numbers():
    pid = 'PID|1||77^^^GHH&2.16&ISO^MR~^^^X||Doe&van~""|||""'
    (person,) = of_kind("person", message("ADT^A08", pid))
    assert said(person)["PID"] == {
        "f1": [{"c1": "1"}],
        "f3": [{"c1": "77", "c4": "GHH", "c4s2": "2.16", "c4s3": "ISO", "c5": "MR"}, {"c4": "X"}],
        "f5": [{"c1": "Doe", "c1s2": "van"}, {"c1": None}],
        "f8": [{"c1": None}],
    }
    assert said(person)["MSH"]["f1"] == [{"c1": "|"}] and said(person)["MSH"]["f2"] == [{"c1": "^~\\&"}]


def test_a_text_or_number_in_obx_5_is_not_cut_into_components():
    (result,) = of_kind("result", (HEAD, PID, OBR, "OBX|1|ST|1^Note||a^b & c~d\\S\\e||||||F"))
    assert said(result)["OBX"]["f5"] == [{"c1": "a^b & c"}, {"c1": "d^e"}]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (r"a\F\b\S\c\T\d\R\e\E\f", "a|b^c&d~e\\f"),
        (r"one\.br\two\.sp2\three\.sp\four", "one\ntwo\n\nthree\nfour"),
        (r"\H\bold\N\ plain\.in+4\x\.fi\\.nf\ ", "bold plainx "),
        (r"a\.sk3\b", "a   b"),
        (r"\XC3A9\t\X0D0A\ ", "\u00e9t\r\n "),
        (r"\XZZ\ \X\ \X00\ ", r"\XZZ\ \X\ \X00\ "),
        (r"\Zown\ \C2842\ \Q\ ", r"\Zown\ \C2842\ \Q\ "),
        (r"C:\temp\new", r"C:\temp\new"),
        ("\\", "\\"),
        (r"ends \T", r"ends \T"),
        (r"\E\T\E\ ", "\\T\\ "),
    ],
)
def test_escapes_are_read_and_what_is_none_stays_as_written(text, meant):
    assert unescaped(text, BY) == meant


@pytest.mark.parametrize(
    ("charset", "encoding", "name"),
    [
        ("", "utf-8", "M\u00fcller"),
        ("UNICODE UTF-8", "utf-8", "\u65e9"),
        ("8859/1", "latin-1", "M\u00fcller"),
        ("8859/15~UNICODE UTF-8", "iso8859_15", "\u20ac"),
        ("GB 18030-2000", "gb18030", "\u5b7b\u4e02\u8ba3"),
        ("BIG-5", "big5", "\u529f\u8b1d"),
        ("ISO IR87", "iso2022_jp", "\u65e5\u672c\u8a9e"),
        ("KS X 1001", "euc_kr", "\uac00"),
    ],
)
def test_a_message_is_read_in_the_character_set_that_it_names(charset, encoding, name):
    """The second bytes of \u8ba3 in GB 18030 and of \u529f in Big-5 are separators: 0x7C, 0x5C, 0x7E."""
    lines = message("ADT^A08", f"PID|1||77||{name}^Jo", charset=charset)
    (person,) = found("\r".join(lines).encode(encoding))
    assert said(person)["PID"]["f5"] == [{"c1": name, "c2": "Jo"}]


def test_a_utf_16_file_is_read():
    assert [i.raw for i in found("\r\n".join(ORU).encode("utf-16"))] == [i.raw for i in found("\r\n".join(ORU))]


def test_an_unknown_character_set_does_not_matter_to_ascii():
    assert rules(found(message("ADT^A08", PID, charset="OWN"))) == [None]


BAD = [
    (b"MSH|^~\\&|A|B|||2020||ADT^A01|1\rPID|1||4711||M\xfcller", "not_utf8"),
    (b"MSH|^~\\&|A|B|||2020||ADT^A01|1||||||||8859/99\rPID|1||4711||M\xfcller", "unknown_charset"),
    (b"MSH|^~\\&|A|B|||2020||ADT^A01|1||||||||ASCII\rPID|1||4711||M\xc3\xbcller", "wrong_charset"),
    (b"MSH|^~\\&|A|B|||2020||ADT^A01|1\rPID|1||4711\x00", "nul_byte"),
    (b"MSH|^^\\&|A|B|||2020||ADT^A01|1\rPID|1||4711", "bad_separators"),
    (b"MSH||A|B|||2020||ADT^A01|1\rPID|1||4711", "bad_separators"),
    (b"MSH|", "bad_separators"),
    (b"MSH|^~\\&|A|B|||2020||ADT^A01|1\rpid|1||7", "not_a_segment"),
    (b"MSH|^~\\&|A|B|||2020||ADT^A01|1\nPID|1||4711\nand a text that goes on", "not_a_segment"),
    (b"MSH|^~\\&|A|B|||2020||ADT^A01|1\rPID^1^^7", "not_a_segment"),
    (b"MSH|^~\\&|A|B|||2020", "no_message_type"),
    (b"MSH|^~\\&|A|B|||2020||^|1\rPID|1||4711", "no_message_type"),
    (b"MSH|^~\\&|A|B|||2020||ADT^A01|1|P|3.0\rPID|1||4711", "wrong_version"),
]


@pytest.mark.parametrize(("data", "rule"), BAD)
def test_a_bad_message_is_kept_whole_and_costs_no_other(data, rule):
    good = "\r".join(message("ADT^A31", PID)).encode()
    items = found(b"\r".join((good, data, good)))
    assert rules(items) == [None, rule, None]
    assert items[1].raw == data.decode("utf-8", "backslashreplace").replace("\x00", "\\x00")


@pytest.mark.parametrize(("data", "rule"), BAD)
def test_no_reason_holds_a_value_of_the_message(data, rule):
    (fault,) = found(data)
    assert "ller" not in fault.reason and "4711" not in fault.reason


def framed(*messages: tuple[str, ...]) -> bytes:
    return b"".join(b"\x0b" + ("\r".join(m) + "\r").encode() + b"\x1c\r" for m in messages)


def test_an_mllp_dump_holds_what_its_blocks_hold():
    other = message("ADT^A31", PID, control="M2")
    assert [i.raw for i in found(framed(ORU, other))] == [i.raw for m in (ORU, other) for i in found(m)]


def test_an_mllp_block_without_its_end_is_a_cut_message():
    whole, other = framed(ORU), framed(message("ADT^A31", PID))
    assert rules(found(whole[:-9] + other)) == ["cut_message", None]
    assert rules(found(other + whole[:-9])) == [None, "cut_message"]


def test_what_stands_between_messages_is_kept_as_a_fault():
    items = found(b"a log line\r\n" + framed(ORU) + b"connection closed\n" + framed(message("ADT^A31", PID)))
    assert rules(items) == ["outside_message", None, None, None, "outside_message", None]
    assert [i.raw for i in items if isinstance(i, Fault)] == ["a log line", "connection closed"]


def batch(*lines: str | tuple[str, ...]) -> str:
    return "\r".join("\r".join((line,) if isinstance(line, str) else line) for line in lines) + "\r"


def test_a_batch_is_its_messages():
    whole = batch("FHS|^~\\&|X", "BHS|^~\\&|X", ORU, message("ADT^A31", PID), "BTS|2", "FTS|1")
    assert Counter(i.kind for i in found(whole)) == {"person": 2, "order": 1, "result": 1}
    assert found(batch("FHS|^~\\&|X", "BHS|^~\\&|X", "BTS|0", "FTS|1")) == []


def test_a_batch_that_lost_a_message_lands_the_others_and_says_so():
    lost = batch("FHS|^~\\&|X", "BHS|^~\\&|X", message("ADT^A31", PID), "BTS|2", "FTS|1")
    assert rules(found(lost)) == [None, "batch_count"]
    assert "says 2, the file holds 1" in found(lost)[1].reason
    two = batch("FHS|^~\\&|X", "BHS|^~\\&|X", ORU, "BTS|1", "BHS|^~\\&|X", ORU, ORU, "BTS|1", "FTS|3")
    assert [r for r in rules(found(two)) if r] == ["batch_count", "batch_count"]


def test_lines_after_a_head_or_foot_that_are_no_message_are_a_fault():
    items = found(batch("BHS|^~\\&|X", "PID|1||4711", message("ADT^A31", PID), "BTS|1", "the end"))
    assert [(i.rule, i.raw) for i in items if isinstance(i, Fault)] == [
        ("outside_message", "PID|1||4711"), ("outside_message", "the end"),
    ]  # fmt: skip


def test_a_batch_without_its_foot_may_be_cut():
    cut = batch("FHS|^~\\&|X", "BHS|^~\\&|X", message("ADT^A31", PID))
    assert rules(found(cut)) == [None, "cut_batch", "cut_batch"]
    assert [i.offset for i in found(cut)] == [0, 1, 2]


@pytest.mark.parametrize("data", [b'{"resourceType":"Patient"}', b"a,b\n1,2\n", b"PID|1||7\r", b"MSHX|", b"\x00\x01"])
def test_a_file_without_any_message_is_refused(data):
    with pytest.raises(FileFault, match="not_hl7v2"):
        found(data)


@pytest.mark.parametrize("data", [b"", b"\r\n\r\n", b"\xef\xbb\xbf", b"\x0b\x1c\r"])
def test_an_empty_file_holds_nothing(data):
    assert found(data) == []


def test_a_cut_gzip_is_refused_whole(tmp_path):
    file = tmp_path / "a.hl7.gz"
    file.write_bytes(gzip.compress("\r".join(ORU).encode())[:-20])
    with open_plain(file) as stream, pytest.raises(FileFault, match="damaged_gzip"):
        list(read(stream, SYSTEM.feed("message")))


def test_a_file_without_end_is_refused_before_it_fills_memory(monkeypatch):
    monkeypatch.setattr(_hl7v2_frames, "LONGEST_MESSAGE", 1 << 16)
    monkeypatch.setattr(_hl7v2_frames, "CHUNK", 1 << 12)
    with pytest.raises(FileFault, match="message_too_long"):
        found("\r".join(ORU).encode() + b"\rOBX|1|TX|" + b"x" * (1 << 17))


@pytest.mark.parametrize("chunk", [1, 2, 3, 7, 64])
def test_where_a_file_is_cut_into_chunks_does_not_matter(monkeypatch, chunk):
    data = b"junk\r\xef\xbb\xbf" + framed(ORU, message("ADT^A31", PID)) + "\r".join(ORU).encode()
    whole = found(data)
    monkeypatch.setattr(_hl7v2_frames, "CHUNK", chunk)
    assert found(data) == whole


@pytest.mark.parametrize(
    "field", ["|" * 20_000, "^" * 20_000, "~" * 20_000, "&" * 20_000, "\\" * 20_001, "x" * 3_000_000]
)
def test_a_hostile_field_is_a_record_like_any_other(field):
    (result,) = of_kind("result", (HEAD, PID, f"OBX|1|CE|1^A||{field}"))
    assert said(result)["OBX"]["f3"] == [{"c1": "1", "c2": "A"}]


@pytest.mark.parametrize(
    ("identifiers", "person"),
    [
        ("77", "77"),
        ("77^^^GHH^MR", "77^^^GHH"),
        ("77^^^GHH&2.16.1&ISO^MR", "77^^^GHH"),
        ("77^^^&2.16.1&ISO^MR", "77^^^2.16.1"),
        ("123456789^^^USSSA^SS~77^5^M11^GHH^MR", "77^^^GHH"),
        ("9^^^EMPI^PI~77^^^GHH^MR", "77^^^GHH"),
        ("3^^^NHS^NHSNMBR~77^^^GHH^MRN", "77^^^GHH"),
        ("77^^^GHH~9^^^X^VN", "77^^^GHH"),
        ("^^^GHH^MR~9^^^X", "9^^^X"),
        ('""^^^GHH^MR', ""),
        ("123456789^^^USSSA^SS", ""),
        ("", ""),
    ],
)
def test_a_patient_is_the_identifier_of_the_surest_type_with_its_authority(identifiers, person):
    assert patient_of(identifiers, BY) == person


def test_a_patient_without_pid_3_is_the_one_in_pid_2():
    (person,) = of_kind("person", message("ADT^A31", "PID|1|55^^^OLD|"))
    assert person.person == "55^^^OLD"


def test_a_corrected_result_is_a_later_version_of_the_same_key():
    preliminary = message("ORU^R01", PID, "OBR|1||F1|X", "OBX|1|NM|A^a^L||7|||||P|||20200301", at="202003010800")
    final = message("ORU^R01", PID, "OBR|2||F1|X", "OBX|9|NM|A^a^L||8|||||C|||2020030100", at="202003010801")
    first, second = of_kind("result", preliminary, final)
    assert first.identity == second.identity and first.version < second.version


def test_values_of_other_times_under_one_order_are_other_results_and_a_correction_is_of_its_time():
    """A standing order by OBR-7, a tolerance test by OBX-14, which counts first."""
    obrs = [f"OBR|1|S1||HR|||20200301{hour}" for hour in ("08", "12")]
    standing = [message("ORU^R01", PID, "ORC|RE|S1", obr, "OBX|1|NM|HR||80") for obr in obrs]
    assert len({item.key for item in of_kind("result", *standing)}) == 2
    values = [f"OBX|1|NM|GLU||{value}||||||F|||20200301{hour}00" for value, hour in ((90, "08"), (180, "09"))]
    first, second = of_kind("result", message("ORU^R01", PID, "OBR|1||F1|OGTT|||2020030107", *values))
    mended = "OBX|1|NM|GLU||130||||||C|||20200301090000"
    (correction,) = of_kind("result", message("ORU^R01", PID, "OBR|1||F1|OGTT|||2020030107", mended, at="2021"))
    assert first.identity != second.identity == correction.identity and second.version < correction.version


def test_two_lines_of_one_text_are_two_results_wherever_they_come_again():
    lines = (PID, "OBR|1||F1|X", "OBX|1|TX|A^a^L||one", "OBX|2|TX|A^a^L||two")
    keys = [item.key for item in of_kind("result", message("ORU^R01", *lines), message("ORU^R01", *lines))]
    assert keys == 2 * ["77^^^GHH|F1||A^L|", "77^^^GHH|F1||A^L|#2"]


def test_results_without_an_order_are_told_apart_by_time():
    first, second = (
        message("ORU^R01", PID, f"OBX|1|NM|8867-4^Pulse^LN||60||||||F|||2020030{n}") for n in (1, 2)
    )  # fmt: skip
    assert len({item.key for item in of_kind("result", first, second)}) == 2


def test_versions_compare_in_utc_and_control_ids_by_their_numbers():
    west, east = "20200301093000-0500", "20200301100000+0100"
    assert in_utc(west) == "20200301143000.000000" > in_utc(east) == "20200301090000.000000"
    assert in_utc("2020") == "20200101000000.000000" and in_utc("20200301093000.25") == "20200301093000.250000"
    assert in_utc("20201399") == in_utc("yesterday") == in_utc("00010101000000+1400") == in_utc("") == ""
    first, second = of_kind("person", *(message("ADT^A08", PID, control=f"N{n}") for n in (9, 10)))
    assert first.version < second.version


def test_what_a_laboratory_says_of_a_person_never_replaces_what_registration_said():
    registered, later = of_kind("person", message("ADT^A04", PID), message("ORU^R01", PID, at="20300101"))
    assert registered.identity == later.identity and registered.version > later.version


def test_a_cancel_of_a_visit_is_its_later_version():
    pv1 = "PV1|1|I|W^1^2^GHH||||||||||||||||V9^^^GHH|||||||||||||||||||||||||202003010900"
    admit, cancel = of_kind(
        "visit", message("ADT^A01", PID, pv1), message("ADT^A11", PID, pv1, at="20200302")
    )  # fmt: skip
    assert admit.key == cancel.key == "V9^^^GHH" and admit.version < cancel.version
    assert (said(cancel)["patient"], said(cancel)["visit"]) == ("77^^^GHH", "V9^^^GHH")
    (mentioned,) = of_kind("visit", message("ORU^R01", PID, pv1, at="2030"))
    assert mentioned.version < admit.version


def test_a_visit_without_a_number_is_its_account():
    pid = "PID|1||77^^^GHH^MR|||||||||||||||ACC1"
    (visit,) = of_kind("visit", message("ADT^A01", pid, "PV1|1|I"))
    assert (visit.key, said(visit)["visit"]) == ("ACC1", "ACC1")
    (bare,) = of_kind("visit", message("ADT^A01", PID, "PV1|1|I"))
    assert (bare.key, said(bare)["visit"]) == (None, None)


def test_a_merge_names_the_retired_person_and_keeps_the_survivor():
    items = found(message("ADT^A40", "EVN|A40|2020", PID, "MRG|56^^^GHH^MR"))
    assert [(i.kind, i.key, i.person) for i in items] == [
        ("person", "77^^^GHH", "77^^^GHH"), ("merge", "56^^^GHH", "56^^^GHH"),
    ]  # fmt: skip
    assert said(items[1])["PID"]["f3"][0]["c1"] == "77"
    assert (said(items[1])["patient"], said(items[1])["prior"]) == ("77^^^GHH", "56^^^GHH")


def test_a_merge_of_accounts_is_no_later_version_of_a_merge_of_the_patient():
    by_event = {
        event: found(message(f"ADT^{event}", PID, "MRG|56^^^GHH^MR||ACC1||V1"))[1] for event in ("A40", "A44", "A45")
    }
    assert {event: (item.key, item.person) for event, item in by_event.items()} == {
        "A40": ("56^^^GHH", "56^^^GHH"), "A44": ("56^^^GHH|ACC1|V1", "56^^^GHH"),
        "A45": ("56^^^GHH|ACC1|V1", "56^^^GHH"),
    }  # fmt: skip


def test_each_patient_of_a_message_has_their_own_context():
    other = PID.replace("77", "78")
    items = found(message("ORU^R01", PID, "PV1|1|I", "OBR|1||F1", "OBX|1|NM|A||1", other, "OBR|1||F1", "OBX|1|NM|A||2"))
    assert [(i.kind, i.person) for i in items if i.kind == "result"] == [("result", "77^^^GHH"), ("result", "78^^^GHH")]
    assert "PV1" not in said(items[-1])


def test_what_the_pharmacy_encoded_counts_and_not_what_was_asked_of_it():
    asked = ("RXO|A^Asked^L|1||mg", "RXR|IV")
    encoded = ("TQ1|1||||||20200301", "RXE||B^Given^L|2||mg", "TQ1|1||||||20200302", "RXR|PO", "RXC|B|X")
    order = message("RDE^O11", PID, "ORC|NW|P1|F1", *asked, *encoded)
    (drug,) = of_kind("prescription", order)
    assert drug.key == "77^^^GHH|P1"
    assert [line[:3] for line in drug.raw.split("\r")] == ["MSH", "PID", "ORC", "RXE", "TQ1", "RXR", "RXC"]
    (rest,) = of_kind("rest", order)
    assert [line[:3] for line in rest.raw.split("\r")] == ["MSH", "PID", "RXO", "RXR", "TQ1"]
    (request,) = of_kind("prescription", message("OMP^O09", PID, "ORC|NW|P1", *asked))
    assert request.key == drug.key


def test_an_order_control_alone_is_a_later_version_of_the_order_and_one_with_an_order_is_its_context():
    asked = message("OMP^O09", PID, "ORC|NW|P1", "RXO|A^Asked^L|1||mg")
    controls = message("OMP^O09", PID, "ORC|CA|P1", "TQ1|1", "ORC|NW|P2", "ODS|D", "ORC|NW|P3", "OBR|1||F3", at="2021")
    first, later = of_kind("prescription", asked, controls)
    assert first.identity == later.identity and first.version < later.version
    assert [line[:3] for line in later.raw.split("\r")] == ["MSH", "PID", "ORC", "TQ1"]
    (rest,) = of_kind("rest", controls)
    assert [line[:3] for line in rest.raw.split("\r")] == ["MSH", "PID", "ORC", "ODS"]


def test_an_immunisation_is_known_by_its_number_and_another_giving_by_its_time():
    rxa = ("RXA|0|1|20200301||08^HepB^CVX|0.5|mL", "RXA|0|1|20200301||08^HepB^CVX|0.6|mL")
    vaccines = of_kind("administration", *(message("VXU^V04", PID, "ORC|RE||I1", line) for line in rxa))
    assert {item.key for item in vaccines} == {"77^^^GHH|I1"}
    given = [message("RAS^O17", PID, "ORC|RE|P1", f"RXA|0|1|2020030{n}||A^a^L|1") for n in (1, 2)]
    assert len({item.key for item in of_kind("administration", *given)}) == 2


def test_immunisations_under_the_number_that_means_none_are_told_apart_by_day_and_vaccine():
    given = [(1, "08"), (2, "08"), (1, "20")]
    lines = [part for day, cvx in given for part in ("ORC|RE||9999^CDC", f"RXA|0|1|2020030{day}||{cvx}^x^CVX|0.5|mL")]
    keys = [item.key for item in of_kind("administration", message("VXU^V04", PID, *lines))]
    again = [item.key for item in of_kind("administration", message("VXU^V04", PID, *lines[2:4]))]
    assert len({*keys}) == 3 and again == keys[1:2] and not any("#" in key for key in keys)


def test_an_appointment_is_its_schedule_and_its_resources():
    lines = ("SCH|P1|F1", "TQ1|1", PID, "PV1|1|O", "RGS|1", "AIS|1||X", "NTE|1||bring it", "AIL|1")
    (booked,) = of_kind("appointment", message("SIU^S12", *lines))
    assert (booked.key, booked.person) == ("77^^^GHH|F1", "77^^^GHH")
    names = [line[:3] for line in booked.raw.split("\r")]
    assert names == ["MSH", "PID", "PV1", "SCH", "TQ1", "RGS", "AIS", "NTE", "AIL"]


def test_a_note_belongs_to_the_segment_before_it():
    lines = (PID, OBR, "SPM|1", "NTE|1||of the specimen", "OBX|1|NM|A||1", "PRT||AD", "NTE|1||of the result")
    items = found(message("ORU^R01", *lines))
    assert "of the result" in next(i.raw for i in items if i.kind == "result")
    assert "of the specimen" in next(i.raw for i in items if i.kind == "rest")


def test_no_message_is_without_a_record():
    assert [(i.kind, i.person) for i in found(message("ADT^A31"))] == [("rest", None)]


@pytest.fixture(scope="module")
def samples(shared_data) -> dict[str, bytes]:
    with zipfile.ZipFile(shared_data / "hl7v2_messages" / "hl7v2_139.zip") as archive:
        return {name: archive.read(name) for name in sorted(archive.namelist()) if name.endswith(".hl7")}


def parsed(data: bytes) -> hl7.Message:
    """By python-hl7, which knows CR only and no byte-order mark, and strips the blanks at a message's end."""
    text = data.decode("utf-8-sig").replace("\r\n", "\r").replace("\n", "\r")
    return hl7.parse("\r".join(line for line in text.split("\r") if line.strip()))


def flat(cut) -> list[str]:
    """The leaves of fields, repetitions, components and sub-components with where they stand; python-hl7 leaves a level
    out where there is one thing only.
    """
    return [
        f"{f}.{r}.{c}.{s}={text}"
        for f, field in enumerate(cut)
        for r, repetition in enumerate(field)
        for c, component in enumerate(repetition)
        for s, text in enumerate(component)
        if text
    ]


def as_ours(field) -> list[list[list[str]]]:
    def leaves(component) -> list[str]:
        return [component] if isinstance(component, str) else [str(text) for text in component]

    def components(repetition) -> list[list[str]]:
        return [[repetition]] if isinstance(repetition, str) else [leaves(component) for component in repetition]

    return [components(repetition) for repetition in field] if not isinstance(field, str) else [[[field]]]


@pytest.mark.shared_data
def test_every_real_message_is_read_and_none_of_its_segments_is_lost(samples):
    assert len(samples) == 139
    for name, data in samples.items():
        items = found(data)
        assert not [i for i in items if isinstance(i, Fault)], name
        kept = {line.rstrip() for item in items for line in segments(item.raw)}
        theirs = {str(segment).rstrip() for segment in parsed(data)}
        assert kept == theirs, name


@pytest.mark.shared_data
def test_all_real_messages_in_one_file_are_as_many_as_the_headers_of_python_hl7(samples):
    whole = b"\n".join(samples.values())
    assert len(found(whole)) == sum(len(found(data)) for data in samples.values())
    told = hl7.split_file("FHS|^~\\&\r" + "\r".join(str(parsed(d)) for d in samples.values()))
    heads = {segments(item.raw)[0].rstrip() for item in found(whole)}
    assert len(told) == 139 and heads == {segments(m)[0].rstrip() for m in told}


@pytest.mark.shared_data
def test_every_field_of_every_real_message_is_what_python_hl7_finds(samples):
    compared = 0
    for name, data in samples.items():
        by = separators_of("MSH|^~\\&|")
        for segment in parsed(data):
            ours, theirs = flat(tokens(str(segment), by)), flat([as_ours(field) for field in segment])
            assert ours == theirs, (name, str(segment)[:3])
            compared += len(ours)
    assert compared > 30_000


@pytest.mark.shared_data
def test_every_text_of_every_real_record_is_in_its_json(samples):
    for data in samples.values():
        for item in found(data):
            told = json.loads(as_json(item.raw))
            leaves = Counter(
                text for segment in told.values() if isinstance(segment, dict) for field in segment.values()
                for repetition in field for text in repetition.values()
            )  # fmt: skip
            each = segments(item.raw)
            texts = Counter(unescaped(t.partition("=")[2], BY) for line in each for t in flat(tokens(line, BY))[1:])
            names = Counter(name[:3] for name, segment in told.items() if isinstance(segment, dict))
            assert names == Counter(line[:3] for line in each)
            whole = "\n".join(text for text in leaves if text)
            assert all(text in whole or text == '""' for text in texts - leaves)


def test_the_stream_is_read_in_pieces_not_as_a_whole():
    class Counting(io.BytesIO):
        largest = 0

        def read(self, size=-1):
            self.largest = max(self.largest, size if size > 0 else 1 << 40)
            return super().read(size)

    stream = Counting("\r".join(ORU).encode())
    assert list(read(stream, SYSTEM.feed("message"))) and stream.largest == _hl7v2_frames.CHUNK


def test_what_is_keyed_as_a_merge_of_patients_is_what_counts_as_one():
    assert {*re.findall("A[0-9]{2}", MERGES)} == OF_MERGES
