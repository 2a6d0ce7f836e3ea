"""Every (code, unit) pair of the real feeds: which rule it takes, and that none takes a wrong one."""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from twinlake.clinical.conversion import UNKNOWN, convert
from twinlake.vocabulary.maps.mimic_labitems import ITEMID_TO_LOINC


def pairs_of(file: Path, code: str, unit: str, number: str) -> list[tuple[str, str | None, int]]:
    sql = f"SELECT {code}, {unit}, count(*) FROM read_csv(?, all_varchar = true) WHERE {number} GROUP BY ALL"
    return duckdb.execute(sql, [str(file)]).fetchall()


def rows_by_rule(pairs: list[tuple[str, str, str | None, int]]) -> Counter[str]:
    rules: Counter[str] = Counter()
    for vocabulary, code, unit, rows in pairs:
        rules[convert(vocabulary, code, unit, {}).rule] += rows
    return rules


@pytest.fixture(scope="module")
def synthea(shared_data: Path) -> list[tuple[str, str, str | None, int]]:
    file = shared_data / "synthea" / "csv" / "observations.csv.gz"
    return [("LOINC", *pair) for pair in pairs_of(file, "CODE", "UNITS", "try_cast(VALUE AS double) IS NOT NULL")]


@pytest.fixture(scope="module")
def mimic(shared_data: Path) -> list[tuple[str, str, str | None, int]]:
    file = shared_data / "mimic4_demo" / "hosp" / "labevents.csv.gz"
    found = pairs_of(file, "itemid", "valueuom", "valuenum IS NOT NULL")
    mapped = [(ITEMID_TO_LOINC.get(int(item)), item, unit, rows) for item, unit, rows in found]
    return [("LOINC" if loinc else "local", loinc or item, unit, rows) for loinc, item, unit, rows in mapped]


def test_synthea_is_refused_only_where_its_rate_is_not_of_the_codes_surface(synthea):
    refused = {(code, unit) for v, code, unit, _ in synthea if convert(v, code, unit, {}).rule == "unit_impossible"}
    assert refused == {("33914-3", "mL/min")}
    assert rows_by_rule(synthea)["unit_missing"] == 0


def test_mimic_numbers_of_known_codes_are_refused_only_without_a_unit(mimic):
    refused = {(c, u): convert(v, c, u, {}).rule for v, c, u, _ in mimic if v == "LOINC" and not known(v, c, u)}
    no_unit = {("8310-5", None), ("20077-4", None), ("20112-9", None)}
    assert refused == {**dict.fromkeys(no_unit, "unit_missing"), ("2890-2", "Ratio"): "unit_impossible"}


def test_nine_numbers_in_ten_of_either_feed_are_of_a_known_quantity(synthea, mimic):
    for pairs in (synthea, mimic):
        rules = rows_by_rule(pairs)
        known_rows = sum(rules[r] for r in ("identity", "ucum", "equivalents", "enzyme_unit", "unitless", "mass_molar"))
        assert known_rows / rules.total() > 0.88, rules


def known(vocabulary: str, code: str, unit: str | None) -> bool:
    return convert(vocabulary, code, unit, {}).factor is not None


COLUMNS = [
    ("mimic4_demo/hosp/labevents.csv.gz", "valueuom"), ("mimic4_demo/icu/d_items.csv.gz", "unitname"),
    ("mimic4_demo/icu/inputevents.csv.gz", "amountuom"), ("mimic4_demo/icu/inputevents.csv.gz", "rateuom"),
    ("synthea/csv/observations.csv.gz", "UNITS"), ("omop_synthea27nj/measurement.csv.gz", "unit_source_value"),
]  # fmt: skip
MESSAGES = [
    ("hl7v2_messages/hl7v2_139.zip", r"(?m)^OBX(?:\|[^|\r\n]*){5}\|([^|^\r\n]+)"),
    ("ccda_documents/ccda_22.zip", r'<value [^>]*unit="([^"]*)"'),
    ("fhir_r4_bundles_smart/bundles_r4_100.zip", r'"valueQuantity":\s*\{[^}]*"unit":\s*"([^"]*)"'),
]


def units_of(data: Path) -> Iterator[str]:
    for file, column in COLUMNS:
        sql = f"SELECT DISTINCT {column} FROM read_csv(?, all_varchar = true) WHERE {column} IS NOT NULL"
        yield from (unit for (unit,) in duckdb.execute(sql, [str(data / file)]).fetchall())
    for file, pattern in MESSAGES:
        with zipfile.ZipFile(data / file) as archive:
            for name in archive.namelist():
                text = archive.read(name).decode("utf-8", "replace").replace("\r", "\n")
                yield from re.findall(pattern, text)


def test_every_unit_written_in_the_real_data_is_understood_but_those_with_no_one_meaning(shared_data):
    """`units` may be [IU], U or another's; RPM turns or breaths; a route (`SC`) is no part of a unit."""
    written = {*units_of(shared_data)}
    assert len(written) > 150
    unknown = {unit for unit in written if convert(None, None, unit, {}) == UNKNOWN}
    assert unknown == {"units", "units/hour", "RPM", "mL SC"}
