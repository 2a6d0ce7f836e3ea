"""A made network becomes a lake: files balance, every shape's facts arrive, faults are where the truth says."""

from __future__ import annotations

import shutil
from collections import Counter

import orjson
import pytest

from tests.support.tiny_lake import TinyLake
from twinlake.engine.integrity import unbalanced_files
from twinlake.engine.wire import Record
from twinlake.engine.wire.hl7v2 import as_json
from twinlake.synthetic.silo import PROFILES

# Building a lake of all tables takes minutes.
pytestmark = [pytest.mark.nightly, pytest.mark.timeout(1800)]

# What each system at least brings.
BRINGS = {
    **dict.fromkeys(("fhir_r4_bulk", "fhir_bundle", "synthea_csv", "hl7v2", "omop_cdm", "ccda"), "measurement"),
    "clinical_notes": "note", "synthea_claims": "cost", "wearable": "device_reading", "cgm": "device_reading",
    "genotype": "variant_call", "operations": "bed_event",
}  # fmt: skip
# Kind in the truth → the table and the rule that quarantine it.
RULES = {
    "impossible_value": ("measurement", "measurement.value_in_range"),
    "wrong_date": ("measurement", "measurement.measurement_datetime_present"),
    "unreadable_text": ("note", "note.note_text_present"),
    "future_value": ("device_reading", "device_reading.device_reading_datetime_not_in_future"),
    "ends_before_start": ("device_reading", "device_reading.device_reading_end_datetime_after_start"),
    "left_before_arrival": ("bed_event", "bed_event.bed_event_end_datetime_after_start"),
    "no_amount": ("cost", "cost.some_amount"),
    "no_year_of_birth": ("source_person", "source_person.no_year_of_birth"),
}


@pytest.fixture(scope="module")
def lake(spark, made, tmp_path_factory) -> TinyLake:
    folder = tmp_path_factory.mktemp("lake")
    shutil.copytree(made.network.feeds, folder / "feeds")
    built = TinyLake(folder)
    built.run()
    return built


def test_every_file_balances(lake):
    assert list(unbalanced_files(lake.ops)) == []
    assert len(lake.ops.rows("landing_ledger")) > 50


@pytest.mark.parametrize("system", [system for profile in PROFILES for system in profile.systems])
def test_the_facts_of_every_shape_reach_silver(lake, system):
    assert any(row["system"] == system for row in lake.rows(f"silver.{BRINGS[system]}"))


@pytest.mark.parametrize("kind", RULES)
def test_a_fault_is_quarantined_for_its_reason_where_the_truth_says(lake, made, kind):
    table, rule = RULES[kind]
    broken = [row for row in lake.rows(f"quarantine.{table}") if row["rule"] == rule]
    said = Counter(fault["hospital"] for fault in made.truth("faults") if fault["kind"] == kind)
    found = Counter(row["hospital"] for row in broken)
    # A person without a birth date takes their values with them.
    assert (
        said and all(0 < found[hospital] <= count for hospital, count in said.items()) and found.keys() == said.keys()
    )


def test_an_unknown_unit_is_kept_and_not_converted(lake, made):
    rows = [row for row in lake.rows("silver.measurement") if row["unit_source_value"] == "RLU"]
    said = sum(fault["kind"] == "unknown_unit" for fault in made.truth("faults"))
    assert 0 < len(rows) <= said and {row["conversion_rule"] for row in rows} == {"unit_unknown"}


def test_of_a_corrected_result_the_correction_counts(lake, made):
    newest: dict[str, Record] = {}
    for name, record in made.records("harbor_view", "hl7v2"):
        is_result = name.startswith("oru") and isinstance(record, Record) and record.kind == "result"
        if is_result and record.version > getattr(newest.get(record.key), "version", ""):
            newest[record.key] = record
    values = Counter(orjson.loads(as_json(record.raw))["OBX"]["f5"][0]["c1"] for record in newest.values())
    stored = Counter(row["value_source_value"] for row in lake.rows("silver.measurement") if row["system"] == "hl7v2")
    assert sum(record.raw.count("|C|||") > 0 for record in newest.values()) == 3
    assert stored == values - Counter({"900": 1, "-72": 1})
