"""That no allergy is known, as records say it in the place of one: by a code of SNOMED CT or of IPS, or in words."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

from twinlake.declare.expressions import one_of

_ANY, _DRUG, _FOOD, _ENVIRONMENT, _LATEX = "716186003", "409137002", "429625007", "428607008", "716184000"
# 160244002, "No known allergies", is retired; 716186003 took its place.
_CODES = {**{code: code for code in (_ANY, _DRUG, _FOOD, _ENVIRONMENT, _LATEX)}, "160244002": _ANY}
_OF_WHAT = {
    _ANY: ("",), _DRUG: ("drug", "medication"), _FOOD: ("food",), _ENVIRONMENT: ("environmental",), _LATEX: ("latex",),
}  # fmt: skip
# IPS's codes (hl7.org/fhir/uv/ips, absent-unknown-uv-ips) are these words with hyphens between them.
_WORDS = {
    "nka": _ANY, "nkda": _DRUG, "nkma": _DRUG, "nkfa": _FOOD,
    **{" ".join(f"no known {what} {allergy}".split()): code for code, kinds in _OF_WHAT.items() for what in kinds
       for allergy in ("allergy", "allergies")},
}  # fmt: skip


def none_known(concept: Column) -> Column:
    """SNOMED CT's code for what no allergy is known to, of a `with_code` struct; null where it tells of an allergy."""
    by_words = F.coalesce(one_of(_WORDS, _plain(concept["code"])), one_of(_WORDS, _plain(concept["name"])))
    is_own = F.coalesce(concept["vocabulary"] == "local", F.lit(True))
    return F.when(concept["vocabulary"] == "SNOMED", one_of(_CODES, concept["code"])).when(is_own, by_words)


def _plain(text: Column) -> Column:
    return F.trim(F.regexp_replace(F.lower(text), r"[\s._-]+", " "))
