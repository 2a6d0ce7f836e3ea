"""Which columns a column is made of."""

from __future__ import annotations

import pytest

from twinlake.declare.errors import ConfigurationError
from twinlake.engine.lineage import Catalogue, Origin, closure, origins
from twinlake.plan import read_plan


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    plan = read_plan()
    by_name = {t.full_name: t for t in plan.tables.values()}
    in_order = [by_name[n.target] for n in plan.nodes if n.target in by_name]
    # Of all systems only one, so that the test stays quick.
    return Catalogue({"synthea_csv": plan.systems["synthea_csv"]}, {t.name: t for t in in_order})


def test_a_value_of_a_twin_comes_from_a_column_of_a_file(spark, catalogue: Catalogue) -> None:
    found = {t.full_name: (columns, made_of) for t, columns, made_of in
             closure(spark, catalogue, catalogue.tables["patient_state"], "glucose")}  # fmt: skip
    assert list(found) == ["twins.patient_state", "gold.person_summary", "silver.measurement"]
    assert found["twins.patient_state"][1] == [Origin("gold.person_summary", "glucose")]
    summary = [origin.column for origin in found["gold.person_summary"][1]]
    assert summary == ["hospital", "measurement_code", "measurement_datetime", "measurement_vocabulary", "operator",
                       "unit_code", "value_as_number"]  # fmt: skip
    columns = {"CODE", "DATE", "UNITS", "VALUE"}
    assert {o.column for o in found["silver.measurement"][1] if o.table == "synthea_csv.observations"} == columns


def test_a_join_a_union_and_a_count_are_followed(spark, catalogue: Catalogue) -> None:
    person = origins(spark, catalogue, catalogue.tables["person_summary"])
    assert person["death_date"] == {Origin("silver.death", "death_date")}
    assert person["city"] == {Origin("silver.location", "city")}
    assert person["visit_count"] == frozenset(), "a count is made of rows, not of a column's values"


def test_a_function_of_python_and_a_linkage_may_use_all_they_are_given(spark, catalogue: Catalogue) -> None:
    mentions = origins(spark, catalogue, catalogue.tables["note_nlp"])["term_exists"]
    assert Origin("silver.note", "note_text") in mentions
    link = origins(spark, catalogue, catalogue.tables["person_link"])["person_id"]
    assert Origin("empi.source_person", "family_name") in link


def test_the_person_of_a_fact_is_who_the_empi_says(spark, catalogue: Catalogue) -> None:
    found = origins(spark, catalogue, catalogue.tables["procedure_occurrence"])
    assert found["person_id"] == {Origin("empi.person_link", "person_id")}
    assert Origin("hospital.toml", "time_zone") in found["procedure_datetime"]


def test_a_column_that_is_not_there(spark, catalogue: Catalogue) -> None:
    with pytest.raises(ConfigurationError, match=r"gold.person_summary has no column 'wieght'. It has: person_id, sex"):
        list(closure(spark, catalogue, catalogue.tables["person_summary"], "wieght"))
