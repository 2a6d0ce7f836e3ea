"""The worklist of unmapped codes for people: in order, by hospital, and as lines that TOML and hospital.toml take."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from tests.support.published_lake import published_lake
from twinlake.declare.errors import ConfigurationError
from twinlake.declare.hospital import read_hospital
from twinlake.engine.ops import Ops
from twinlake.engine.publication import require_publication
from twinlake.engine.report.lake import PublishedLake
from twinlake.engine.worklist import fragments, read_worklist

GOOD = 'name = "A"\ntime_zone = "UTC"\nidentifier_namespace = "urn:a"\n'
ROW = {
    "hospital": "a", "system": "lab", "silver_table": "measurement", "source_code_description": "Glucose",
    "row_count": 9, "last_seen_date": "2026-01-01",
}  # fmt: skip


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> PublishedLake:
    ops = Ops(published_lake(tmp_path_factory.mktemp("lake")).lake)
    return PublishedLake(ops, require_publication(ops))


def test_the_most_frequent_code_comes_first(lake: PublishedLake) -> None:
    assert [row["row_count"] for row in read_worklist(lake)] == [900, 50, 40, 7]
    assert [row["source_code"] for row in read_worklist(lake, "st_b")] == ["K+"]


def test_every_hospital_gets_its_own_table_of_lines_to_fill_in(lake: PublishedLake) -> None:
    text = "\n".join(fragments(read_worklist(lake)))
    assert [line for line in text.splitlines() if line.startswith('# "')] == [
        '# "GLU" = "LOINC:"', '# "Zebedee-Do-Not-Show-code" = "LOINC:"', '# "K+" = "LOINC:"',
    ]  # fmt: skip
    assert text.index("st_a/hospital.toml") < text.index('"GLU"') < text.index("st_b/hospital.toml")


@pytest.mark.parametrize("code", ["GLU", 'a "quoted" one', "back\\slash", "two\nlines", "naïve 血糖 \x7f", "a=b#c"])
def test_a_completed_line_maps_the_very_code(tmp_path: Path, code: str) -> None:
    lines = "\n".join(fragments([{**ROW, "source_code": code}]))
    assert tomllib.loads(lines) == {"codes": {}}
    filled = lines.replace('# "', '"').replace('"LOINC:"', '"LOINC:2345-7"')
    (tmp_path / "hospital.toml").write_text(GOOD + filled, encoding="utf-8")
    assert read_hospital(tmp_path).code_pairs == {code: ("LOINC", "2345-7")}


def test_a_line_that_was_not_completed_is_refused_by_name(tmp_path: Path) -> None:
    lines = "\n".join(fragments([{**ROW, "source_code": "GLU"}])).replace('# "', '"')
    (tmp_path / "hospital.toml").write_text(GOOD + lines, encoding="utf-8")
    with pytest.raises(ConfigurationError, match="'GLU' must be vocabulary:code"):
        read_hospital(tmp_path)


def test_words_cannot_break_out_of_their_comment() -> None:
    row = {**ROW, "source_code": "GLU", "source_code_description": 'x\n"EVIL" = "LOINC:2345-7"\x1b[2J'}
    assert tomllib.loads("\n".join(fragments([row]))) == {"codes": {}}
