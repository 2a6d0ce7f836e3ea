"""The grammar of identity refuses what cannot be meant."""

from __future__ import annotations

from dataclasses import replace

import pytest

from twinlake.catalog.identity import identity, model
from twinlake.declare.errors import DeclarationError
from twinlake.declare.identity import BlockingRule, Comparison, Evidence, Level, Shared, Survivor
from twinlake.declare.identity_weights import Likelihood, parse_weights

SAME = Level("same", "is the same", "a_l = a_r")


def test_the_declared_model_fits_its_weights() -> None:
    assert identity().weights is not None
    assert model.weights is None


def test_levels_are_numbered_from_the_last_up() -> None:
    comparison = Comparison("a", "a", "a_l IS NULL", (SAME, Level("near", "is near", "a_l > a_r", agrees=False)))
    assert [comparison.rank(level) for level in ("same", "near", "differs", "missing")] == [2, 1, 0, -1]
    assert comparison.agreeing == ("same",)


def test_records_meet_by_a_hash_of_each_rule_and_by_either_of_a_crossed_one() -> None:
    crossed = BlockingRule("exchanged names", ("birth_date",), (("given_name", "family_name"),), most=7)
    shared = (Shared("SSN", "ssn", most=20), Shared("MRN", "mrn", most=9, within=("hospital",)))
    declared = replace(identity(), shared=shared, blocking=(BlockingRule("SSN", ("ssn",)), crossed))
    assert [(key.name, key.columns, key.sides, key.most) for key in declared.keys] == [
        ("value_ssn", ("value_ssn",), (("ssn",),), 20),
        ("value_mrn", ("value_mrn",), (("hospital", "mrn"),), 9),
        ("block_0", ("block_0",), (("ssn",),), 1000),
        ("block_1", ("block_1", "block_1_crossed"), (("birth_date", "given_name"), ("birth_date", "family_name")), 7),
    ]
    assert declared.blocks == (
        ("SSN", "l.block_0 = r.block_0"),
        ("exchanged names", "l.block_1 = r.block_1_crossed"),
        ("exchanged names", "l.block_1_crossed = r.block_1"),
    )


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"version": "0"}, "train"),
        ({"blocking": ()}, "no blocking rule"),
        ({"review": 99.0}, "thresholds must rise"),
        ({"one_in": 1}, "one_in"),
        ({"evidence": ()}, "nothing could be linked"),
        ({"evidence": (Evidence("odd", {"shoe_size": ("same",)}),)}, "shoe_size"),
        ({"evidence": (Evidence("odd", {"sex": ("nearly",)}),)}, "nearly"),
        ({"comparisons": model.comparisons[:1] * 2}, "each once"),
        ({"survivorship": (Survivor(("sex",), "latest"), Survivor(("sex",), "earliest"))}, "two rules"),
        ({"shared": (Shared("SSN", "ssn", most=1),)}, "no two records could share it"),
        ({"shared": (Shared("SSN", "ssn", 5), Shared("SSN", "ssn", 6))}, "nobody's by two rules"),
    ],
)
def test_a_contradiction_is_refused_with_its_name(change: dict[str, object], complaint: str) -> None:
    with pytest.raises(DeclarationError, match=complaint):
        replace(identity(), **change)  # type: ignore[arg-type]


def test_levels_and_weights_must_name_the_same_things() -> None:
    fewer = replace(model.comparisons[0], levels=model.comparisons[0].levels[:2])
    with pytest.raises(DeclarationError, match="given_name"):
        replace(identity(), comparisons=(fewer, *model.comparisons[1:]), evidence=identity().evidence[-1:])


@pytest.mark.parametrize("document", [{}, {"levels": {"a": {"same": {"m": 2, "u": 0.1}}}}, {"levels": 3}])
def test_garbled_weights_are_refused(document: dict[str, object]) -> None:
    with pytest.raises(DeclarationError):
        parse_weights(document)


def test_small_things_check_themselves() -> None:
    for wrong in (
        lambda: Comparison("a", "a", "a_l IS NULL", ()),
        lambda: Comparison("a", "a", "a_l IS NULL", (SAME, SAME)),
        lambda: Comparison("a", "a", "a_l IS NULL", (SAME,), chance_at_least=0),
        lambda: BlockingRule("all", ()),
        lambda: Survivor(("sex",), "loudest"),
        lambda: Likelihood(0, 0.5),
    ):
        with pytest.raises(DeclarationError):
            wrong()


def test_no_evidence_rests_on_an_identifier_alone() -> None:
    for evidence in model.evidence:
        assert set(evidence.agreements) & {"given_name", "birth_date"}
        assert len(evidence.agreements) >= 2
