"""NDJSON as it should be, and as it comes."""

from __future__ import annotations

import json
import random

import orjson
import pytest

from twinlake.engine.wire import Fault, FileFault, Record


def rules(found):
    return [item.rule if isinstance(item, Fault) else None for item in found]


def test_a_record_has_its_key_its_person_and_its_version(read_json):
    line = '{"id":"v1","subject":{"reference":"Patient/p1"},"meta":{"lastUpdated":"2026-01-01"}}'
    assert read_json(line.encode()) == [Record(0, line, "v1", "p1", "2026-01-01")]


@pytest.mark.parametrize(
    ("reference", "person"),
    [
        ("Patient/p1", "p1"),
        ("https://host:8443/fhir/Patient/p1", "p1"),
        ("Patient/p1/_history/3", "p1"),
        ("urn:uuid:p1", "p1"),
        ("p1", "p1"),
        ("Group/p1", None),
        ("https://host/fhir/Device/p1/_history/2", None),
        ("#p1", None),
        ("Patient?identifier=urn:mrn|7", None),
        ("", None),
        (None, None),
        (["Patient/p1"], None),
    ],
)
def test_a_reference_names_the_person_behind_it(read_json, reference, person):
    (found,) = read_json(json.dumps({"id": "v1", "subject": {"reference": reference}}).encode())
    assert found.person == person


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b""])
def test_line_ends_blank_lines_and_a_mark_are_no_part_of_a_record(read_json, end):
    found = read_json(b'\xef\xbb\xbf{"id":"1"}\n\n  \r\n{"id":"2"}' + end)
    assert [(item.offset, item.raw) for item in found] == [(0, '{"id":"1"}'), (1, '{"id":"2"}')]


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        (b'{"id":"1"', "not_json"),
        (b'[{"id":"1"}]', "not_json"),
        (b'"text"', "not_json"),
        (b"null", "not_json"),
        (b'{"id":"1"}{"id":"2"}', "not_json"),
        (b'{"id":NaN}', "not_json"),
        (b'{"id":"\\ud800"}', "not_json"),
        (b'{"id":1e999}', "not_json"),
        (b'{"id":"\xe9"}', "not_utf8"),
        (b'{"id":"\x00"}', "nul_byte"),
        (b'{"id":"1","id":"1"}', "duplicate_key"),
        (b'{"a":{"b":[{"c":1,"c":2}]}}', "duplicate_key"),
        (b'{"a":1,"\\u0061":2}', "duplicate_key"),
    ],
)
def test_a_bad_line_costs_itself_and_no_other(read_json, line, rule):
    found = read_json(b'{"id":"0"}\n' + line + b'\n{"id":"2"}\n')
    assert rules(found) == [None, rule, None]


def test_a_duplicate_key_is_found_where_rewriting_gives_a_line_of_the_same_length(read_json):
    """`1e7` is written back as `10000000.0`: as many bytes more as the second key took away."""
    line = b'{"a":1,"a":1e7 }'
    assert len(orjson.dumps(orjson.loads(line))) == len(line)
    assert rules(read_json(line)) == ["duplicate_key"]


@pytest.mark.parametrize("depth", [240, 260, 700, 1000, 1500, 100_000])
def test_deep_nesting_is_a_record_or_a_fault_never_a_crash(read_json, depth):
    found = read_json(b'{"id":"1","a":' + b"[" * depth + b"]" * depth + b"}\n" + b'{"id":"2"}\n')
    assert len(found) == 2 and found[1].key == "2"
    assert isinstance(found[0], Record) == (depth == 240)


def test_a_number_with_five_thousand_digits_is_a_fault(read_json):
    assert rules(read_json(b'{"id":' + b"9" * 5000 + b"}")) == ["not_json"]


def test_whole_numbers_beyond_a_double_stay_exact(read_json):
    line = '{"id":9007199254740993,"value":123456789012345678901234567890,"dose":5.10}'
    (found,) = read_json(line.encode())
    assert (found.raw, found.key) == (line, "9007199254740993")


def test_a_key_that_no_parser_holds_exactly_is_no_key(read_json):
    """Two such ids would be one double; without a key each record stands for itself."""
    found = read_json(
        b'{"id":123456789012345678901234}\n{"id":123456789012345678901235}\n{"id":{"x":1}}\n{"id":true}\n'
    )
    assert [item.key for item in found] == [None] * 4


def test_a_line_separator_inside_a_text_ends_no_line(read_json):
    line = json.dumps({"id": "1", "note": "a\u2028b\u0085c\x1cd"}, ensure_ascii=False)
    assert [item.raw for item in read_json(line.encode() + b"\n")] == [line]


def test_utf_16_is_refused_as_a_file(read_json):
    with pytest.raises(FileFault, match="UTF-16"):
        read_json('{"id":"1"}\n'.encode("utf-16"))


def test_utf_16_without_a_mark_lands_nothing(read_json):
    assert set(rules(read_json('{"id":"1"}\n{"id":"2"}\n'.encode("utf-16-le")))) == {"nul_byte"}


def test_a_pretty_printed_file_lands_nothing(read_json):
    found = read_json(json.dumps({"id": "1", "a": [1, {"b": 2}]}, indent=1).encode())
    assert "not_json" in rules(found) and not [item for item in found if isinstance(item, Record) and item.key]


def test_random_duplicates_are_found_as_a_plain_parser_finds_them(read_json):
    chance = random.Random(7)
    for _ in range(2000):
        pairs = [(chance.choice("abc"), chance.choice(["1", "1e9", "10.0", '"x"', '"\\u0078"', " 2", "[1e8]"]))
                 for _ in range(chance.randint(1, 3))]  # fmt: skip
        line = "{" + ",".join(f'"{key}":{value}' for key, value in pairs) + "}"
        is_twice = len({key for key, _ in pairs}) < len(pairs)
        assert rules(read_json(line.encode())) == ["duplicate_key" if is_twice else None], line


@pytest.mark.parametrize(
    ("modifier", "is_refused"),
    [
        ({"modifierExtension": [{"url": "urn:negated", "valueBoolean": True}]}, True),
        ({"component": [{"code": {}, "modifierExtension": [{"url": "urn:negated"}]}]}, True),
        ({"contained": [{"resourceType": "Medication", "modifierExtension": [{"url": "urn:negated"}]}]}, True),
        ({"implicitRules": "urn:rules"}, True),
        ({"modifierExtension": []}, False),
        ({"note": [{"text": "a modifierExtension is only talked of"}]}, False),
        ({"extension": [{"url": "urn:told"}]}, False),
    ],
)
def test_what_an_extension_may_turn_round_is_no_record(read_json, modifier, is_refused):
    sound, doubtful = (
        {"resourceType": "Observation", "id": "v1"},
        {"resourceType": "Observation", "id": "v2", **modifier},
    )
    found = read_json(b"\n".join(orjson.dumps(each) for each in (sound, doubtful)))
    assert rules(found) == [None, "modifier_extension" if is_refused else None]
