"""The plan of the catalogue: complete, in order, and refusing what points backwards."""

from __future__ import annotations

from dataclasses import replace

import pytest

from twinlake import plan as planning
from twinlake.declare.errors import DeclarationError
from twinlake.declare.hospital import Hospital
from twinlake.plan import Node, fingerprints, read_plan

PLAN = read_plan()


def test_every_table_and_model_is_a_node_and_every_node_waits_for_nodes():
    names = [node.name for node in PLAN.nodes]
    tables = {t.full_name for t in PLAN.tables.values()}
    assert {*tables, "ingest", "pin", "publish", *(f"train.{m}" for m in PLAN.models)} == set(names)
    assert len(set(names)) == len(names)
    assert all(set(node.after) <= set(names) for node in PLAN.nodes)


def test_a_node_stands_behind_all_it_waits_for():
    place = {node.name: n for n, node in enumerate(PLAN.nodes)}
    assert all(place[before] < place[node.name] for node in PLAN.nodes for before in node.after)
    assert (PLAN.nodes[0].name, PLAN.nodes[-1].name) == ("ingest", "publish")


def test_models_and_twins_wait_for_the_pin_and_scores_for_the_models():
    after = {node.name: set(node.after) for node in PLAN.nodes}
    assert all("pin" in after[f"train.{m}"] for m in PLAN.models)
    assert all("pin" in after[t.full_name] for t in PLAN.tables.values() if t.layer == "twins")
    assert all({f"train.{m}" for m in t.features} <= after[t.full_name] for t in PLAN.tables.values() if t.scored)
    assert {m for t in PLAN.tables.values() for m in t.features} == set(PLAN.models), "every model scores a table"


def test_up_to_a_table_are_it_and_all_that_it_waits_for_near_and_far():
    after = {"ingest": (), "place": ("ingest",), "person": ("ingest",), "visit": ("person",), "cost": ("visit",)}
    plan = replace(PLAN, nodes=tuple(Node(name, "conform", name, before) for name, before in after.items()))
    assert [node.name for node in plan.upto("visit")] == ["ingest", "person", "visit"]
    assert [node.name for node in plan.upto("place", "visit")] == ["ingest", "place", "person", "visit"]


def test_reading_it_twice_gives_the_same_order():
    planning.read_plan.cache_clear()
    assert planning.read_plan().nodes == PLAN.nodes


def test_a_node_is_found_by_each_of_its_names():
    assert PLAN.node("silver.person") is PLAN.node("person")
    with pytest.raises(DeclarationError, match="No node is called 'persons'. Known: ingest"):
        PLAN.node("persons")


def test_a_table_that_reads_one_behind_it_is_refused():
    tables = {**PLAN.tables, "person": replace(PLAN.tables["person"], inputs=("patient_state",), via={})}
    with pytest.raises(DeclarationError, match="silver.person reads twins.patient_state, which lies behind it"):
        planning._check_directions(tables)


def test_a_table_that_reads_what_no_file_declares_is_refused():
    tables = {**PLAN.tables, "person": replace(PLAN.tables["person"], inputs=("nobody",), via={})}
    with pytest.raises(DeclarationError, match="silver.person reads nobody, which no file declares"):
        planning._check_directions(tables)


def test_a_circle_is_refused_by_name():
    with pytest.raises(DeclarationError, match="goes round in a circle: (a → b → a|b → a → b)"):
        list(planning._sorted(iter([Node("a", "v", "a", ("b",)), Node("b", "v", "b", ("a",))])))


def test_a_source_may_only_implement_tables_made_from_sources():
    system = next(iter(PLAN.systems.values()))
    wrong = replace(system.implementations[0], table="person_summary")
    with pytest.raises(DeclarationError, match="implements person_summary, which no layer declares"):
        planning._check_sources({system.name: replace(system, implementations=(wrong,))}, PLAN.tables)


def test_a_new_column_of_one_table_changes_no_other_tables_fingerprint():
    page = 'A = 1\n\nPAGE = (\n    Field("a", "int", "m"),\n)\n'
    added = page.replace("\n)", '\n    Field("b", "int", "n"),\n)')
    assert planning._without_fields(page) == planning._without_fields(added)
    assert planning._without_fields(page) != planning._without_fields(page.replace("A = 1", "A = 2"))
    other = replace(PLAN.tables["person"], columns=(*PLAN.tables["person"].columns, "model_name"))
    before, after = (
        fingerprints(replace(PLAN, tables={**PLAN.tables, "person": table}), {})
        for table in (PLAN.tables["person"], other)
    )
    assert {name for name in before if before[name] != after[name]} == {"silver.person"}


def test_a_changed_hospital_changes_every_fingerprint_and_nothing_changes_none():
    hospital = Hospital("h", "H", "UTC", "urn:h")
    before = fingerprints(PLAN, {"h": hospital})
    assert before == fingerprints(PLAN, {"h": Hospital("h", "H", "UTC", "urn:h")})
    after = fingerprints(PLAN, {"h": replace(hospital, units={"mg%": "mg/dL"})})
    assert set(before) == {t.full_name for t in PLAN.tables.values()}
    assert all(before[name] != after[name] for name in before)
