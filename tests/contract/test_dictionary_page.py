"""The committed data dictionary is what the declarations say today."""

from __future__ import annotations

from twinlake.dictionary_page import OPS, PAGE, page
from twinlake.engine.ops import SCHEMAS
from twinlake.plan import read_plan

MAKE = "Run `python -m twinlake.dictionary_page` and commit what it writes."


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(read_plan()), MAKE


def test_the_page_names_every_table_and_every_column() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for table in read_plan().tables.values():
        section = text.split(f"## {table.full_name}\n")[1].split("\n## ")[0]
        assert not [c for c in (*table.columns, *table.view) if f"`{c}`" not in section], table.full_name


def test_every_table_of_the_engine_has_its_sentence() -> None:
    assert not SCHEMAS.keys() - OPS.keys()
