"""Walks the catalogue: every file keeps its contract, and every table has its spec."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

import pytest

from expectations import written_rules
from twinlake import catalog
from twinlake.catalog.sources._fhir_feeds import PATIENT
from twinlake.engine.wire import reader
from twinlake.plan import read_plan
from twinlake.vocabulary.fields import DICTIONARY

PLAN = read_plan()
CATALOG = Path(catalog.__file__).parent
SPEC = Path(__file__).resolve().parents[1] / "spec"
FILES = sorted(p for p in CATALOG.glob("*/*.py") if not p.name.startswith("_"))
TABLES = sorted(PLAN.tables.values(), key=lambda t: t.full_name)
FEEDS = [(s, f) for s in PLAN.systems.values() for f in s.feeds]

# Tables without a spec of their own, and where what they promise is shown instead. A line that is no longer true fails.
NO_SPEC = {
    "empi.person_alias": "tests/unit/engine/test_linkage.py",
    "empi.person_link": "tests/unit/engine/test_linkage.py",
    "empi.person_merge": "the specs of the sources",
    "empi.person_pair": "tests/unit/engine/test_linkage.py",
    "empi.source_person": "the specs of the sources",
    "silver.care_site": "the specs of the sources",
    "silver.condition_occurrence": "the specs of the sources",
    "silver.death": "the specs of the sources",
    "silver.drug_exposure": "the specs of the sources",
    "silver.location": "the specs of the sources",
    "silver.measurement": "the specs of the sources, tests/unit/clinical",
    "silver.measurement_superseded": "nowhere yet",
    "silver.observation": "the specs of the sources",
    "silver.procedure_occurrence": "the specs of the sources",
    "silver.visit_occurrence": "the specs of the sources",
}


def imports(path: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    named = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return named | {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}


@pytest.mark.parametrize("table", TABLES, ids=lambda t: t.full_name)
def test_every_table_has_its_spec_or_stands_among_the_known_gaps(table):
    spec = SPEC / table.layer / f"test_{table.name}.py"
    assert spec.is_file() != (table.full_name in NO_SPEC), f"{spec} and NO_SPEC say the same of {table.full_name}"


@pytest.mark.parametrize("name", PLAN.systems)
def test_every_system_has_its_spec(name):
    assert (SPEC / "sources" / f"test_{name}.py").is_file()


def test_the_gaps_are_tables():
    assert set(NO_SPEC) <= {t.full_name for t in TABLES}


@pytest.mark.parametrize("path", FILES, ids=lambda p: f"{p.parent.name}.{p.stem}")
def test_every_file_says_in_one_sentence_what_it_is(path):
    told = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    assert told and told.split("\n\n")[0].endswith((".", "?")), path


@pytest.mark.parametrize("path", [p for p in FILES if p.parent.name in ("empi", "silver", "gold", "twins", "serving")],
                         ids=lambda p: f"{p.parent.name}.{p.stem}")  # fmt: skip
def test_every_file_of_a_layer_is_a_table_of_the_plan(path):
    assert PLAN.tables[path.stem].layer == path.parent.name


@pytest.mark.parametrize("path", sorted((CATALOG / "sources").glob("*.py")), ids=lambda p: p.stem)
def test_a_source_never_imports_another_source(path):
    """Files with an underscore are what sources share: no system, and they name none."""
    own = f"{catalog.__name__}.sources."
    assert not [name for name in imports(path) if name.startswith(own) and not name.removeprefix(own).startswith("_")]


@pytest.mark.parametrize("path", sorted(CATALOG.rglob("*.py")), ids=lambda p: p.relative_to(CATALOG).as_posix())
def test_no_file_of_the_catalogue_touches_the_engine_a_session_or_a_clock(path):
    assert not [name for name in imports(path) if name.startswith(("twinlake.engine", "jobs", "delta"))]
    text = path.read_text(encoding="utf-8")
    found = re.findall(
        r"SparkSession\.builder|getOrCreate|\.rdd\b|_jvm|current_timestamp|current_date\(|datetime\.now|rand\(", text
    )
    assert not found


@pytest.mark.parametrize("table", TABLES, ids=lambda t: t.full_name)
def test_a_table_says_what_it_is_and_what_a_row_is(table):
    assert len(table.meaning) > 20 and table.grain and table.key and table.unit in table.columns
    assert {*table.key, table.unit} <= table.required


@pytest.mark.parametrize("table", [t for t in TABLES if t.from_sources], ids=lambda t: t.full_name)
def test_every_table_made_from_sources_is_implemented_by_one(table):
    assert any(s.implementing(table.versions_of or table.name) for s in PLAN.systems.values())


@pytest.mark.parametrize("table", [t for t in TABLES if t.from_sources], ids=lambda t: t.full_name)
def test_a_table_with_times_says_what_they_leave_open(table):
    has_times = any(name in DICTIONARY and DICTIONARY[name].type == "timestamp" for name in table.from_sources)
    rules = {rule.name for rule in written_rules(table.layer, table.versions_of or table.name)}
    assert has_times == ("time_quality" in table.optional) == ("clock_is_certain" in rules)


@pytest.mark.parametrize(("system", "feed"), FEEDS, ids=lambda x: x.name)
def test_every_feed_can_be_read_and_is(system, feed):
    assert callable(reader(feed.wire)) and feed.columns
    if feed.wire == "csv":
        assert {*feed.key, *((feed.person,) if feed.person else ()), *((feed.version,) if feed.version else ())} <= {
            *feed.columns
        }
    known = {feed.name, *(part.name for part in system.parts(feed.name))}
    assert feed.unmapped or any(known & {*i.feeds} for i in system.implementations), (
        "nobody reads it, and nothing says why"
    )


@pytest.mark.parametrize("system", PLAN.systems.values(), ids=lambda s: s.name)
def test_an_implementation_maps_with_what_it_names(system):
    for i in system.implementations:
        assert tuple(inspect.signature(i.map).parameters) == i.feeds
        assert {via.feed for via in i.via} <= set(i.feeds[1:]), f"{system.name} {i.table}: via"


@pytest.mark.parametrize("system", PLAN.systems.values(), ids=lambda s: s.name)
def test_no_file_name_belongs_to_two_feeds_or_is_read_and_ignored(system):
    own = [feed for feed in system.feeds if feed.within is None]
    names = [re.sub(r"\(\?:[^()]*\)[*?]|\[[^]]*\][+*]?", "", f.files).replace("\\", "") for f in own]
    for name in names:
        feeds = [f.name for f in own if re.fullmatch(f.files, name)]
        assert len(feeds) <= 1 and not (feeds and system.why_ignored(name)), (name, feeds)


@pytest.mark.parametrize("system", [s for s, f in FEEDS if f is PATIENT], ids=lambda s: s.name)
def test_whoever_takes_fhir_patients_hears_which_of_them_are_merged(system):
    assert [i.feeds for i in system.implementing("person_merge")] == [("patient",)]
