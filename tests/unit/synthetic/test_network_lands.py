"""A made network becomes a lake: files balance, every shape's facts arrive, faults are where the truth says."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime

import pytest

from tests.support.tiny_lake import TinyLake
from twinlake.engine.integrity import unbalanced_files
from twinlake.engine.publication import Publication
from twinlake.synthetic.grade import Figure, grade
from twinlake.synthetic.silo import PROFILES

# Building a lake of all tables takes minutes.
pytestmark = [pytest.mark.nightly, pytest.mark.timeout(1800)]

# What each system at least brings.
BRINGS = {
    **dict.fromkeys(("fhir_r4_bulk", "fhir_bundle", "synthea_csv", "hl7v2", "omop_cdm", "ccda"), "measurement"),
    "clinical_notes": "note", "synthea_claims": "cost", "wearable": "device_reading", "cgm": "device_reading",
    "genotype": "variant_call", "operations": "bed_event",
}  # fmt: skip


@pytest.fixture(scope="module")
def lake(spark, made_larger, tmp_path_factory) -> TinyLake:
    folder = tmp_path_factory.mktemp("lake")
    shutil.copytree(made_larger.network.feeds, folder / "feeds")
    built = TinyLake(folder)
    built.run()
    return built


def test_every_file_balances(lake):
    assert list(unbalanced_files(lake.ops)) == []
    assert len(lake.ops.rows("landing_ledger")) > 50


@pytest.mark.parametrize("system", [system for profile in PROFILES for system in profile.systems])
def test_the_facts_of_every_shape_reach_silver(lake, system):
    assert any(row["system"] == system for row in lake.rows(f"silver.{BRINGS[system]}"))


@pytest.fixture(scope="module")
def figures(lake, made_larger) -> dict[tuple[str, str], Figure]:
    versions = {name: version for name, version in lake.versions().items() if version is not None}
    publication = Publication("as it stands", datetime(2026, 11, 1, tzinfo=UTC), 1, versions, {}, {})
    found = grade(lake.ops, publication, made_larger.network.truth)
    return {(figure.part, figure.what): figure for figure in found if not figure.hospital}


def test_every_fault_is_found_where_the_truth_says(figures):
    missed = [f for f in figures.values() if f.part == "faults" and f.falls_short]
    assert not missed and sum(part == "faults" for part, _ in figures) > 25


def test_no_good_row_is_quarantined(figures):
    told = figures["quarantine", "rows that a fault explains"]
    assert told.good == told.total > 0


def test_given_units_are_recovered_and_codes_right(figures):
    told = figures["units", "given: value in silver right"]
    assert told.good == told.total > 500
    assert not [f for f in figures.values() if f.part == "codes" and f.falls_short]
