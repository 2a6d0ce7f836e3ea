"""Every data set of the shared folder in one lake: no record of any of them is lost. The README's table is this one."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.support.lay_datasets import lay
from tests.support.tiny_lake import TinyLake
from twinlake.engine.integrity import missing_records, unbalanced_files

# Three and a half million records take half an hour.
pytestmark = [pytest.mark.nightly, pytest.mark.timeout(5400)]

# Hospital and system: records in, landed, quarantined, duplicates.
EXPECTED = {
    ("azt1d", "cgm"): (295_592, 290_767, 0, 4_825),
    ("bigideas", "cgm"): (36_914, 36_914, 0, 0),
    ("brfss", "lifestyle"): (253_680, 253_680, 0, 0),
    ("bulk_smart10", "fhir_r4_bulk"): (7_014, 7_014, 0, 0),
    ("bundles_smart", "fhir_bundle"): (30_067, 30_067, 0, 0),
    ("claims27", "synthea_claims"): (7_583, 7_583, 0, 0),
    ("claims27", "synthea_csv"): (4_164, 4_164, 0, 0),
    ("cms", "icd_cm"): (92_493, 92_493, 0, 0),
    ("colas", "cgm"): (114_461, 113_784, 0, 677),
    ("cpcds", "cpcds_claims"): (20_354, 20_354, 0, 0),
    ("diabetes130", "health_facts"): (101_829, 101_829, 0, 0),
    ("dialogues", "clinical_notes"): (1_701, 1_701, 0, 0),
    ("documents", "ccda"): (702, 702, 0, 0),
    ("ecg100", "waveform"): (3, 3, 0, 0),
    ("hupa", "cgm"): (309_417, 309_417, 0, 0),
    ("icu2012", "physionet_icu"): (4_000, 4_000, 0, 0),
    ("images", "dicom"): (28, 25, 3, 0),
    ("messages", "hl7v2"): (793, 792, 0, 1),
    ("mimic_demo", "mimic_iv"): (403_509, 403_509, 0, 0),
    ("omop27nj", "omop_cdm"): (24_256, 24_256, 0, 0),
    ("pharmcat", "genotype"): (9_849, 9_848, 1, 0),
    ("synthea_csv", "synthea_claims"): (79_405, 79_405, 0, 0),
    ("synthea_csv", "synthea_csv"): (1_605_905, 1_605_713, 0, 192),
    ("synthea_fhir", "fhir_r4_bulk"): (146_064, 146_064, 0, 0),
}


def test_no_record_of_any_data_set_is_lost(spark, shared_data: Path, tmp_path: Path) -> None:
    lake = TinyLake(tmp_path)
    lay(shared_data, lake.home.feeds)
    lake.run()
    assert list(unbalanced_files(lake.ops)) == list(missing_records(lake.ops)) == []
    found: dict[tuple[str, str], Counter[str]] = {}
    for row in lake.ops.rows("landing_ledger"):
        numbers = {name: row[name] or 0 for name in ("records_in", "landed", "quarantined", "duplicates")}
        found.setdefault((row["hospital"], row["system"]), Counter()).update(numbers)
    assert {key: tuple(numbers.values()) for key, numbers in found.items()} == EXPECTED
    outcomes = Counter[str]()
    for row in lake.ops.rows("conform_ledger"):
        outcomes[row["outcome"]] += row["records"]
    # A record that two files hold alike is one record.
    landed = sum(landed for _, landed, _, _ in EXPECTED.values())
    assert outcomes["lost"] == 0 and 0.99 * landed < sum(outcomes.values()) <= landed
