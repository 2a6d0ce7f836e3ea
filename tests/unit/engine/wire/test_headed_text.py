"""Text files of notes: headers, an empty line, the text; what is broken costs its own note only."""

from __future__ import annotations

import json
from io import BytesIO

import pytest

from twinlake.declare.source import Feed
from twinlake.engine.wire import Fault, FileFault, Record, headed_text
from twinlake.engine.wire.headed_text import as_json, read

FEED = Feed(
    "notes", r".*\.txt", "headed_text", "note_id string, patient_id string, text string", "increment",
    key=("note_id",), person="patient_id", version="updated_at",
)  # fmt: skip


def notes(data: bytes) -> list[Record | Fault]:
    return list(read(BytesIO(data), FEED))


def test_a_note_is_its_headers_and_its_text() -> None:
    (record,) = notes(b"Note-ID: n1\nPatient-Id:  p1 \nUPDATED-AT: 2026-01-02\nTitle:\n\nNo fever.\n\nCough.\n")
    assert (record.key, record.person, record.version) == ("n1", "p1", "2026-01-02")
    assert json.loads(as_json(record.raw)) == {
        "note_id": "n1", "patient_id": "p1", "updated_at": "2026-01-02", "text": "No fever.\n\nCough.",
    }  # fmt: skip


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("feed", [b"\f", b"\f\n", b"\n\f\n", b"\f\f"])
def test_a_form_feed_begins_the_next_note(end: bytes, feed: bytes) -> None:
    note = b"Note-ID: %d" + end + end + b"text %d" + end
    found = notes(note % (1, 1) + feed + note % (2, 2))
    assert [(r.offset, r.key) for r in found] == [(0, "1"), (1, "2")]
    assert [json.loads(as_json(r.raw))["text"].strip() for r in found] == ["text 1", "text 2"]


def test_a_mark_in_front_chinese_and_a_file_without_its_last_newline() -> None:
    (record,) = notes("\ufeffNote-ID: 一\n\n否认发热".encode())
    assert record.key == "一" and json.loads(as_json(record.raw))["text"] == "否认发热"


@pytest.mark.parametrize(
    ("page", "rule"),
    [(b"just a text\n\nwithout headers", "no_header"), (b"Note-ID: 1\nno empty line", "no_header"),
     (b"Note-ID: 1\n\n \n", "no_text"), (b"Note-ID: 1\nNote-ID: 2\n\nx", "duplicate_header"),
     (b"Text: 1\n\nx", "duplicate_header"), (b"Note-ID: 1\n\n\xff\xfe", "not_utf8"),
     (b"Note-ID: 1\n\na\x00b", "nul_byte"), (b"X" * 100 + b": 1\n\nx", "no_header")],
)  # fmt: skip
def test_a_broken_note_is_kept_with_its_rule_and_the_others_land(page: bytes, rule: str) -> None:
    first, broken, last = notes(b"Note-ID: a\n\nx\f" + page + b"\fNote-ID: z\n\ny")
    assert (first.key, last.key, broken.rule, broken.offset) == ("a", "z", rule, 1)
    assert broken.raw and "p1" not in broken.reason


def test_a_note_without_its_key_lands_by_its_content() -> None:
    (record,) = notes(b"Patient-ID: p1\n\nx")
    assert record.key is None and record.person == "p1"


def test_an_empty_file_has_no_notes_and_an_endless_note_is_refused(monkeypatch) -> None:
    assert notes(b"") == notes(b"\n\f\n \f") == []
    monkeypatch.setattr(headed_text, "LONGEST_NOTE", 1000)
    with pytest.raises(FileFault, match="note_too_long"):
        notes(b"Note-ID: 1\n\n" + b"line\n" * 1000)


@pytest.mark.parametrize("raw", ["", "x", "a: 1", "a: 1\n\n", "\x00", "a" * 100_000])
def test_as_json_never_raises(raw: str) -> None:
    assert isinstance(json.loads(as_json(raw)), dict)
