"""The waterfall of a pair comes to what Splink says it weighs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.engine.test_linkage import ANN, NO_IDENTIFIER, ONE_PERSON, STRANGERS, TWIN, other, pair_of, table
from twinlake.catalog.identity import identity
from twinlake.declare.comparable import prepare_sql
from twinlake.engine.linkage import compare
from twinlake.engine.linkage_backend import DuckdbBackend
from twinlake.engine.waterfall import draw_waterfall, waterfall

CASES = {**ONE_PERSON, **STRANGERS}


def splinks(people, model=None) -> dict:
    """The pair as Splink compared it; nothing where blocking did not bring it together, or it weighs too little."""
    import duckdb

    with duckdb.connect() as connection:
        engine = DuckdbBackend(connection)
        nodes = engine.keep("nodes", prepare_sql(model or identity(), engine.take("source_person", people)))
        found = connection.table(compare(engine, nodes, model or identity())).to_arrow_table().to_pylist()
    return found[0] if found else {}


@pytest.mark.parametrize("case", sorted(CASES))
def test_the_steps_add_up_to_the_weight_of_the_pair_and_stand_at_its_levels(case: str) -> None:
    people = pair_of(case)
    told, pair = waterfall(people, identity()), splinks(people)
    if not pair:
        assert not told.evidence, "what blocking keeps apart could not be linked anyway"
        return
    assert told.total == pytest.approx(pair["match_weight"], abs=1e-5)
    levels = {c.name: step.level for c, step in zip(identity().comparisons, told.steps, strict=True)}
    assert levels == {name: pair[f"{name}_level"] for name in levels}
    assert bool(told.evidence and told.total >= identity().automatic) == pair["is_sure"]


@pytest.mark.parametrize(("hospital", "is_evidence"), [("a", False), ("b", True)])
def test_evidence_for_two_hospitals_is_none_within_one(hospital: str, is_evidence: bool) -> None:
    renamed = {**TWIN, "ssn": ANN["ssn"], "mrn": None}
    assert bool(waterfall(table(ANN, other(renamed, hospital=hospital)), identity()).evidence) is is_evidence


@pytest.mark.parametrize("share", [0.1, 1e-6])
def test_a_common_name_weighs_less_than_its_level_and_a_rare_one_more(share: float) -> None:
    known = replace(identity().weights, frequencies={"family_name": {"QUIMBY": share}})  # type: ignore[type-var]
    model, people = replace(identity(), weights=known), table(ANN, other(NO_IDENTIFIER))
    told = waterfall(people, model)
    (family,) = [step for step in told.steps if step.words == "family name"]
    assert family.level == "same" and (family.rarity < 0) == (share == 0.1)
    assert told.total == pytest.approx(splinks(people, model)["match_weight"], abs=1e-5)


def test_the_picture_shows_no_value_of_a_patient(tmp_path: Path) -> None:
    picture = tmp_path / "pair.svg"
    draw_waterfall(waterfall(table(ANN, other(TWIN)), identity()), picture)
    drawn = picture.read_text()
    assert "family name is the same" in drawn and not any(
        str(value) in drawn for value in (ANN["family_name"], ANN["phone"])
    )
