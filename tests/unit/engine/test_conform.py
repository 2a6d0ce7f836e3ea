"""A rebuild of a few persons reads only the systems that know them, and all of them where that is not sure."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from twinlake.engine import run as run_module
from twinlake.engine.conform import _source_persons
from twinlake.engine.home import Home
from twinlake.engine.run import MOST_LITERALS, Run
from twinlake.plan import read_plan

TABLES = read_plan().tables
# Person 1 is known to two systems, person 2 to one.
LINKS = [(1, 11, "hl7v2"), (1, 12, "ccda"), (2, 21, "omop_cdm")]


@pytest.fixture
def run(spark, tmp_path: Path) -> Run:
    at = datetime(2026, 11, 1, tzinfo=UTC)
    made = Run(Home(tmp_path / "home", tmp_path), "r", at, {}, {}, {}, {}, lambda _: (), session=lambda: spark)
    columns = ("person_id", "source_person_key", "system")
    write_deltalake(
        made.ops.path("empi.person_link"), pa.table(dict(zip(columns, zip(*LINKS, strict=True), strict=True)))
    )
    return made


@pytest.mark.parametrize("literals", [MOST_LITERALS, 0])
@pytest.mark.parametrize(
    ("table", "units", "keys", "systems"),
    [
        ("measurement", None, None, None),
        ("measurement", [2], [2, 21], {"omop_cdm"}),
        ("measurement", [1], [1, 11, 12], {"hl7v2", "ccda"}),
        # A source person who is (or was) no person of their own: their rows may stand under their own key.
        ("measurement", [12, 2], [2, 12, 21], {"ccda", "omop_cdm"}),
        # Nobody knows 99 any more: any system may hold their rows.
        ("measurement", [2, 99], [2, 21, 99], None),
        ("source_person", [11], [11], None),
    ],
)
def test_the_source_persons_of_units_and_who_knows_them(
    run, monkeypatch, table, units, keys, systems, literals: int
) -> None:
    monkeypatch.setattr(run_module, "MOST_LITERALS", literals)
    assert _source_persons(run, TABLES[table], units) == (keys, systems)
