"""What `twinlake lineage` says of a table, and draws."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs._lineage import show
from twinlake.declare.errors import ConfigurationError


def test_a_table_is_told_with_what_is_behind_and_before_it(tmp_path: Path) -> None:
    said: list[str] = []
    show("visit_summary", tmp_path / "visit.svg", said.append)
    lines = said[-1].splitlines()
    assert lines[0].startswith("gold.visit_summary: ")
    assert "    silver.visit_occurrence" in lines[: lines.index("  and so of")]
    assert "    empi.person_link" in lines[lines.index("  and so of") :]
    picture = (tmp_path / "visit.svg").read_text()
    assert "visit_summary" in picture and "vital_day" not in picture


def test_what_feeds_give_a_table_is_told(tmp_path: Path) -> None:
    said: list[str] = []
    show("silver.death", None, said.append)
    assert "  and so of" in said[0] and "    empi.source_person" in said[0]
    show("silver.note", None, said.append)
    assert "    fhir_r4_bulk: diagnostic_report, document_reference" in said[1]


def test_an_unknown_table_is_refused_with_those_there_are() -> None:
    with pytest.raises(
        ConfigurationError, match=r"No table is called 'silver.mesurement'. Known: .*silver.measurement"
    ):
        show("silver.mesurement", None, print)
