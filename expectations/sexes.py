"""Sentences about codes that only a person of one sex has."""

from __future__ import annotations

from expectations.shares import good_share
from twinlake.declare.rule import Rule, referring
from twinlake.vocabulary.thresholds.omop_dqd import SEX_BY_CODE, SEX_BY_CONCEPT
from twinlake.vocabulary.thresholds.sex_specific import CATEGORIES, PROCEDURES

SEXES = ("female", "male")


def sex_agrees(stem: str) -> Rule:
    """Where the person's sex is known; a code that no source binds to a sex is not judged."""
    cases = " ".join(f"WHEN {_only(stem, sex)} THEN person.sex = '{sex}'" for sex in SEXES)
    return referring(
        f"{stem}_agrees_with_sex",
        f"CASE WHEN NOT person.sex <=> 'female' AND NOT person.sex <=> 'male' THEN NULL {cases} END",
        "a person has what a person of that sex can have: vocabulary/thresholds/{omop_dqd,sex_specific}.py",
        to="person",
        on="person_id",
        kahn="plausibility",
        by=f"{stem}_code",
        mostly=max(good_share("plausibleGender"), good_share("plausibleGenderUseDescendants")),
    )


def _only(stem: str, sex: str) -> str:
    """SQL: whether the code, or its concept, is one of this sex alone."""
    vocabulary, code = f"{stem}_vocabulary", f"{stem}_code"
    concepts = f"{stem}_concept_id IN ({', '.join(map(str, SEX_BY_CONCEPT[sex]))})"
    codes = [f"{vocabulary} = '{v}' AND {code} IN ({_listed(c)})" for v, c in SEX_BY_CODE[sex].items()]
    blocks = [
        f"{vocabulary} = '{v}' AND substring({code}, 1, 3) IN ({_listed(of[sex])})" for v, of in CATEGORIES.items()
    ]
    begun = [f"{vocabulary} = '{v}' AND {code} RLIKE '{of[sex]}'" for v, of in PROCEDURES.items()]
    return "(" + " OR ".join((concepts, *codes, *blocks, *begun)) + ")"


def _listed(codes: tuple[str, ...]) -> str:
    return ", ".join(f"'{code}'" for code in codes)
