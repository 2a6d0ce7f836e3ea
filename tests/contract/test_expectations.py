"""Every file under expectations/ belongs to a table of the catalogue, and every rule reads columns that exist."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pytest

import expectations
from expectations import rules_for, written_rules
from twinlake import catalog
from twinlake.declare.hospital import Hospital
from twinlake.declare.rule import Rule
from twinlake.declare.table import Table

CATALOG = Path(catalog.__file__).parent
WRITTEN = sorted(p for p in Path(expectations.__file__).parent.glob("*/*.py") if p.name != "__init__.py")


def _tables() -> dict[str, Table]:
    paths = [p for p in CATALOG.glob("*/*.py") if p.name != "__init__.py"]
    modules = [import_module(f"twinlake.catalog.{p.parent.name}.{p.stem}") for p in sorted(paths)]
    found = [thing for module in modules for thing in vars(module).values() if isinstance(thing, Table)]
    return {table.full_name: table for table in found}


TABLES = _tables()


@pytest.mark.parametrize("path", WRITTEN, ids=lambda p: f"{p.parent.name}.{p.stem}")
def test_a_file_of_rules_stands_at_a_table_s_address(path: Path):
    assert f"{path.parent.name}.{path.stem}" in TABLES
    assert written_rules(path.parent.name, path.stem)


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_every_rule_reads_columns_of_its_table(table: Table):
    missing = {(rule.name, c) for rule in rules_for(table) for c in rule.columns if c not in table.columns}
    assert not missing


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_a_rule_for_one_calendar_stands_in_a_table_with_hospitals(table: Table):
    assert "hospital" in table.columns or not [r.name for r in rules_for(table) if r.calendar]


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_every_reference_is_to_the_key_of_a_silver_table(table: Table):
    for rule in rules_for(table):
        if rule.refers_to:
            other = TABLES[f"silver.{rule.refers_to.table}"]
            assert rule.refers_to.key or rule.refers_to.on == other.key
            assert set(rule.refers_to.key) <= set(other.columns)
            assert set(rule.refers_to.on) <= set(table.columns), rule.name
            assert set(rule.referred_columns) <= set(other.columns)


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_what_rules_look_into_is_made_before_the_table(table: Table):
    before = {*table.inputs, *table.references.values(), *table.beside}
    assert not {rule.refers_to.table for rule in rules_for(table) if rule.refers_to} - before


def test_rule_names_are_unique_in_the_whole_catalogue():
    names = [rule.name for table in TABLES.values() for rule in rules_for(table)]
    assert len(names) == len(set(names))


def test_spark_understands_every_expression(spark):
    from twinlake.engine.checks import checks_for
    from twinlake.engine.quality import marked

    empty = {name: spark.createDataFrame([], table.ddl) for name, table in TABLES.items()}
    others = {name.partition(".")[2]: frame for name, frame in empty.items() if name.startswith("silver.")}
    for name, table in TABLES.items():
        checks = checks_for(rules_for(table), {}, table.columns)
        assert all(c.rule.expression or c.rule.types or c.is_unique for c in checks if not c.is_native)
        assert marked(empty[name], checks, others).schema


def test_a_fatal_rule_of_rows_never_needs_another_table():
    fatal: list[Rule] = [r for t in TABLES.values() for r in rules_for(t) if r.kind == "row" and r.severity == "fatal"]
    assert fatal and not [r.name for r in fatal if r.refers_to]


VERSIONS = [table for table in TABLES.values() if table.versions_of]


@pytest.mark.parametrize("table", VERSIONS, ids=lambda table: table.full_name)
def test_what_refuses_a_row_refuses_its_earlier_versions_at_each_hospital_alike(table: Table):
    from twinlake.engine.checks import checks_for

    lenient = Hospital("h", "H", "Europe/Dublin", "urn:h", severity={f"{table.versions_of}.value_in_range": "warn"})

    def refusing(each: Table) -> set[tuple]:
        checks = checks_for(rules_for(each), {"h": lenient, "g": replace(lenient, severity={})}, each.columns)
        fatal = [c for c in checks if c.severity == "fatal" and c.rule.kind == "row"]
        return {(c.rule.expression, c.except_at, c.only_at) for c in fatal}

    stands = refusing(TABLES[f"{table.layer}.{table.versions_of}"])
    assert stands and not stands - refusing(table)
