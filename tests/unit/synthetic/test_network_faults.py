"""Every fault in the truth stands in the feeds, at the place that the truth names."""

from __future__ import annotations

import gzip
import random

import pytest

from twinlake.synthetic.faults.record import Fault, Record, Spoiled, put

KINDS = {
    *("unknown_unit", "missing_unit", "impossible_value", "orphan", "entered_in_error", "duplicate_record"),
    *("cut_line", "duplicate_key", "bad_utf8", "short_row", "no_year_of_birth"),
    *("cut_file", "empty_file", "unknown_system"),
}
MARKS = {
    "unknown_unit": lambda raw: b"RLU" in raw,
    "impossible_value": lambda raw: b"900" in raw or b"-72" in raw,
    "entered_in_error": lambda raw: b"entered-in-error" in raw,
    "cut_line": lambda raw: not raw.endswith(b"}"),
    "duplicate_key": lambda raw: raw.count(b'"status":') == 2,
    "bad_utf8": lambda raw: b"\xe9" in raw,
    "short_row": lambda raw: raw.count(b",") == 6,
    "no_year_of_birth": lambda raw: b"birthDate" not in raw and b",," in raw or b'"Patient"' in raw,
}


def records(made, fault):
    path = made.network.feeds / fault["hospital"] / fault["path"]
    lines = (gzip.open if path.suffix == ".gz" else open)(path, "rb").read().splitlines()
    return lines[1:] if ".csv" in path.name else lines


def test_every_kind_of_fault_is_there(made):
    assert {fault["kind"] for fault in made.truth("faults")} == KINDS == set(made.network.faults)


def test_each_faulty_record_stands_where_the_truth_says(made):
    for fault in (fault for fault in made.truth("faults") if fault["kind"] in MARKS):
        assert MARKS[fault["kind"]](records(made, fault)[int(fault["record_offset"])]), fault


def test_a_duplicate_is_the_same_line_as_a_sound_one(made):
    faulty = {(fault["hospital"], fault["path"], fault["record_offset"]) for fault in made.truth("faults")}
    for fault in (fault for fault in made.truth("faults") if fault["kind"] == "duplicate_record"):
        lines = records(made, fault)
        first = lines.index(lines[int(fault["record_offset"])])
        assert first < int(fault["record_offset"])
        assert (fault["hospital"], fault["path"], str(first)) not in faulty


def test_the_cut_file_cannot_be_unpacked_and_the_empty_one_is_empty(made):
    cut, empty = (next(f for f in made.truth("faults") if f["kind"] == kind) for kind in ("cut_file", "empty_file"))
    with pytest.raises(EOFError), gzip.open(made.network.feeds / cut["hospital"] / cut["path"]) as packed:
        packed.read()
    assert (made.network.feeds / empty["hospital"] / empty["path"]).stat().st_size == 0


def test_only_sound_records_are_spoiled_and_no_more_than_there_are():
    spoil = Fault("k", "f", 5, lambda raw: raw != b"c", lambda raw, luck: Spoiled(raw + b"!", "w", "i"))
    spoiled = put(spoil, [Record(b"a"), Record(b"b", kind="earlier"), Record(b"c")], random.Random(1))
    assert spoiled == [Record(b"a!", "k", "w", "i"), Record(b"b", kind="earlier"), Record(b"c")]
