"""Every fault in the truth stands in the feeds, at the place that the truth names, and the wires find no other."""

from __future__ import annotations

import gzip
import random
from collections import Counter

import pytest

from twinlake.engine.wire import Fault as WireFault
from twinlake.synthetic.faults.record import Fault, Record, Spoiled, put
from twinlake.synthetic.plan import charts
from twinlake.synthetic.silo import PROFILES

# Kind in the truth → rule of the wire that quarantines the record, or the file as a whole.
QUARANTINED = {
    "cut_line": "not_json", "duplicate_key": "duplicate_key", "bad_utf8": "not_utf8", "short_row": "field_count",
    "cut_message": "cut_message", "no_message_type": "no_message_type", "empty_entry": "no_resource",
    "absent_allele": "bad_genotype", "short_line": "field_count", "cut_file": "damaged_gzip",
    "empty_file": "empty_file", "broken_document": "not_xml",
}  # fmt: skip
# Kinds that only the tables can tell, or that are none: they land.
LANDED = {
    *("orphan", "entered_in_error", "duplicate_record"),
    *("no_year_of_birth", "corrected_result", "unreadable_text", "failed_filter", "future_value", "no_amount"),
    *("ends_before_start", "unknown_system", "wrong_date", "left_before_arrival"),
}
MARKS = {
    "entered_in_error": lambda raw: b"entered-in-error" in raw,
    "cut_line": lambda raw: not raw.endswith(b"}"),
    "duplicate_key": lambda raw: raw.count(b'"status":') == 2,
    "bad_utf8": lambda raw: b"\xe9" in raw,
    "no_year_of_birth": lambda raw: b"birthDate" not in raw and b",," in raw or b'"Patient"' in raw,
    "cut_message": lambda raw: not raw.endswith(b"\x1c\r"),
    "corrected_result": lambda raw: b"|C|||" in raw,
    "unreadable_text": lambda raw: b'"data":"!!' in raw,
    "failed_filter": lambda raw: b"\tLowQual\t" in raw,
    "absent_allele": lambda raw: b"\t0|9" in raw,
    "future_value": lambda raw: b"2036" in raw,
    "left_before_arrival": lambda raw: b",2001-01-01T" in raw,
    "no_amount": lambda raw: b",n/a," in raw,
    "wrong_date": lambda raw: b"20261345" in raw,
    "broken_document": lambda raw: b"</entry>" not in raw,
    "empty_entry": lambda raw: b'"resource":' not in raw,
}


def lines_of(made, fault):
    """The lines of a file that are records."""
    lines = made.lines_at(made.network.feeds / fault["hospital"] / fault["path"])
    heads = sum(line.startswith(b"#") for line in lines) if ".vcf" in fault["path"] else 0
    return lines[heads + (".csv" in fault["path"] or fault["path"].endswith(".json")) :]


def test_every_kind_of_fault_is_there(made):
    assert {fault["kind"] for fault in made.truth("faults")} == {*QUARANTINED, *LANDED} <= set(made.network.faults)


def test_every_system_has_faults_of_its_own(made):
    systems = {system for profile in PROFILES for system in profile.systems}
    assert {fault["system"] for fault in made.truth("faults")} == {*systems, "pacs"}


def test_of_several_files_the_first_alone_is_befallen(made):
    readings = {path.name for path in made.network.feeds.joinpath("northgate/cgm").glob("N*.csv")}
    befallen = {fault["path"] for fault in made.truth("faults") if fault["system"] == "cgm"}
    assert len(readings) > 1 and befallen == {f"cgm/{min(readings)}"}


def test_the_wires_quarantine_what_the_truth_says_and_nothing_else(any_made):
    for hospital, profile in zip(any_made.network.hospitals, PROFILES, strict=True):
        for system in profile.systems:
            here = [f for f in any_made.truth("faults") if (f["hospital"], f["system"]) == (hospital, system)]
            said = Counter(QUARANTINED[f["kind"]] for f in here if f["kind"] in QUARANTINED)
            found = Counter(
                record.rule for _, record in any_made.records(hospital, system) if isinstance(record, WireFault)
            )
            assert found == said, (hospital, system)


def test_each_faulty_record_stands_where_the_truth_says(any_made):
    for fault in (fault for fault in any_made.truth("faults") if fault["kind"] in MARKS):
        assert MARKS[fault["kind"]](lines_of(any_made, fault)[int(fault["record_offset"])]), fault


def test_each_measured_value_stands_where_the_truth_says_as_it_was_sent(made, plan):
    faulty = {(f["hospital"], f["path"].removesuffix(".gz"), f["record_offset"]) for f in made.truth("faults")}
    found = Counter()
    for told in made.measured():
        if (told["hospital"], told["path"], str(told["record_offset"])) in faulty:
            continue
        file = next(made.network.feeds.joinpath(told["hospital"]).glob(f"{told['path']}*"))
        line = lines_of(made, {**told, "path": str(file.relative_to(made.network.feeds / told["hospital"]))})
        raw = line[told["record_offset"]]
        assert all(told[sent].encode() in raw for sent in ("sent_code", "sent_value", "sent_unit")), told
        found[told["system"]] += 1
    # Five values a visit.
    visits = sum(len(chart.desk.visits) for chart in charts(plan, 0))
    assert found.keys() == {profile.systems[0] for profile in PROFILES} and found.total() > 0.95 * 5 * visits


def test_what_was_measured_is_what_was_sent_where_nothing_is_wrong(made):
    # The generator's values of a mass are sent in mg/dL, or in mmol/L by the molar laboratory.
    sound = [told for told in made.measured() if not told["fault"]]
    assert sound and all(float(told["sent_value"]) == told["value"] for told in sound)
    molar = {told["hospital"] for told in sound if told["unit"] == "mmol/L"}
    assert molar == {"northgate"}


def test_a_duplicate_is_the_same_line_as_a_sound_one(made):
    faulty = {(fault["hospital"], fault["path"], fault["record_offset"]) for fault in made.truth("faults")}
    for fault in (fault for fault in made.truth("faults") if fault["kind"] == "duplicate_record"):
        lines = [line.removesuffix(b",") for line in lines_of(made, fault)]
        first = lines.index(lines[int(fault["record_offset"])])
        assert first == int(fault["original_offset"]) < int(fault["record_offset"])
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
