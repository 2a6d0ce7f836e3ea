"""Lists of codes that say a person has a condition; every code is written out, so a list reads and joins as it is.

SNOMED: what Synthea records (its modules and the 270 codes of our sample) and the parents a clinician would pick; no
release of SNOMED CT was at hand, so descendants not named here are missed. ICD-9-CM (v32) and ICD-10-CM (2024, with the
headings that are not billable): CMS code files, every child of the category. ICD-10 (WHO, version 2019): the
tabular list, categories included. Each list says what was ever recorded.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from types import MappingProxyType

Codelist = Mapping[str, frozenset[str]]

# Complications in ICD-10-CM's E08-E13, digits after the category; eye diseases take a digit for the side.
_EYES = [f"3{kind}{side}" for kind in ("21", "29", "31", "39", "41", "49", "51", "52", "53", "54", "55", "59")
         for side in ("", "1", "2", "3", "9")]  # fmt: skip
_DIABETES = (
    "00 01 1 10 11 2 21 22 29 3 31 311 319 32 33 34 35 36 37 37X1 37X2 37X3 37X9 39 4 40 41 42 43 44 49 5 51 52 59 "
    f"6 61 610 618 62 620 621 622 628 63 630 638 64 641 649 65 69 8 9 {' '.join(_EYES)}"
)


def _icd10(category: str, tails: str) -> frozenset[str]:
    """A category and its subdivisions, dotted."""
    return frozenset({category, *(f"{category}.{tail}" for tail in tails.split())})


def _icd9(category: str, tails: str) -> frozenset[str]:
    return _icd10(category, tails)


def _icd10_diabetes(category: str) -> frozenset[str]:
    """E10 knows no hyperosmolarity (.0)."""
    return _icd10(category, _DIABETES.removeprefix("00 01 ") if category == "E10" else f"0 {_DIABETES}")


def _icd9_diabetes(types: str) -> frozenset[str]:
    """ICD-9-CM 250.xy: x is the complication; y 0 and 2 are type 2 or unspecified, 1 and 3 are type 1."""
    return frozenset(f"250.{x}{y}" for x, y in product("0123456789", types))


def _icd9_secondary_diabetes() -> frozenset[str]:
    """ICD-9-CM 249.xy: x is the complication; y 1 is uncontrolled, 0 is not, or not said."""
    return _icd9("249", " ".join(f"{x} {x}0 {x}1" for x in "0123456789"))


def _codelist(snomed: str, icd9: frozenset[str], icd10cm: frozenset[str], icd10: frozenset[str]) -> Codelist:
    codes = {"SNOMED": frozenset(snomed.split()), "ICD9CM": icd9, "ICD10CM": icd10cm, "ICD10": icd10}
    return MappingProxyType(codes)


# Type 2 and its complications as Synthea codes them; 127013003 (kidney) names no type and is left to `has_diabetes`.
_TYPE_2_SNOMED = (
    "44054006 90781000119102 157141000119108 368581000119106 422034002 1551000119108 1501000119109 97331000119101 "
    "60951000119105 313436004"
)
# The fourth characters of E10-E14 in the WHO's ICD-10.
_TENTHS = "0 1 2 3 4 5 6 7 8 9"
_MYOCARDIAL_INFARCTION = "22298006 401303003 401314000 399211009"

CODELISTS: Mapping[str, Codelist] = MappingProxyType({
    "has_diabetes": _codelist(
        f"73211009 46635009 427089005 127013003 {_TYPE_2_SNOMED}",
        _icd9_diabetes("0123") | frozenset({"250"} | {f"250.{x}" for x in "0123456789"}) | _icd9_secondary_diabetes(),
        frozenset().union({"E11.A"}, *(_icd10_diabetes(c) for c in ("E08", "E09", "E10", "E11", "E13"))),
        frozenset().union(*(_icd10(c, _TENTHS) for c in ("E10", "E11", "E12", "E13", "E14"))),
    ),
    # 250.x0 says "type II or unspecified": a few of these persons have type 1.
    "has_type_2_diabetes": _codelist(
        _TYPE_2_SNOMED, _icd9_diabetes("02"), _icd10_diabetes("E11") | {"E11.A"}, _icd10("E11", _TENTHS),
    ),
    "has_prediabetes": _codelist("15777000 714628002", frozenset({"790.21", "790.22", "790.29"}),
                                 frozenset({"R73.01", "R73.02", "R73.03", "R73.09"}), frozenset({"R73.0"})),
    "has_hypertension": _codelist(
        "38341003 59621000",
        _icd9("401", "0 1 9") | _icd9("402", "00 01 10 11 90 91") | _icd9("403", "00 01 10 11 90 91")
        | _icd9("404", "00 01 02 03 10 11 12 13 90 91 92 93") | _icd9("405", "01 09 11 19 91 99"),
        _icd10("I10", "") | _icd10("I11", "0 9") | _icd10("I12", "0 9") | _icd10("I13", "0 1 10 11 2")
        | _icd10("I15", "0 1 2 8 9") | _icd10("I16", "0 1 9") | _icd10("I1A", "0"),
        _icd10("I10", "") | _icd10("I11", "0 9") | _icd10("I12", "0 9") | _icd10("I13", "0 1 2 9")
        | _icd10("I15", "0 1 2 8 9"),
    ),
    "has_hyperlipidaemia": _codelist(
        "55822004 302870006 13644009", frozenset({"272.0", "272.1", "272.2", "272.3", "272.4"}),
        _icd10("E78", "0 00 01 1 2 3 4 41 49 5") - {"E78"}, _icd10("E78", "0 1 2 3 4 5") - {"E78"},
    ),
    "has_chronic_kidney_disease": _codelist(
        "709044004 431855005 431856006 433144002 431857002 433146000 46177005",
        _icd9("585", "1 2 3 4 5 6 9"), _icd10("N18", "1 2 3 30 31 32 4 5 6 9"),
        # Before it had stages, .0 was end-stage and .8 other chronic failure.
        _icd10("N18", "0 1 2 3 4 5 8 9"),
    ),
    "has_coronary_heart_disease": _codelist(
        f"53741008 414545008 {_MYOCARDIAL_INFARCTION} 399261000 4557003 194828000",
        _icd9("410", " ".join(f"{site} {site}0 {site}1 {site}2" for site in "0123456789"))
        | _icd9("411", "0 1 81 89") | _icd9("412", "") | _icd9("413", "0 1 9")
        | _icd9("414", "00 01 02 03 04 05 06 07 2 3 4 8 9"),
        _icd10("I20", "0 1 2 8 81 89 9") | _icd10("I21", "0 01 02 09 1 11 19 2 21 29 3 4 9 A A1 A9 B")
        | _icd10("I22", "0 1 2 8 9") | _icd10("I23", "0 1 2 3 4 5 6 7 8") | _icd10("I24", "0 1 8 81 89 9")
        | _icd10("I25", "1 10 11 110 111 112 118 119 2 5 6 7 70 700 701 702 708 709 71 710 711 712 718 719 72 720 721"
                        " 722 728 729 73 730 731 732 738 739 75 750 751 752 758 759 76 760 761 762 768 769 79 790 791"
                        " 792 798 799 8 81 810 811 812 82 83 84 85 89 9"),
        # I25.3 and I25.4 are aneurysms.
        _icd10("I20", "0 1 8 9") | _icd10("I21", "0 1 2 3 4 9") | _icd10("I22", "0 1 8 9")
        | _icd10("I23", "0 1 2 3 4 5 6 8") | _icd10("I24", "0 1 8 9") | _icd10("I25", "0 1 2 5 6 8 9"),
    ),
    "has_heart_failure": _codelist(
        "84114007 88805009 42343007",
        _icd9("428", "0 1 2 20 21 22 23 3 30 31 32 33 4 40 41 42 43 9")
        | frozenset({"402.01", "402.11", "402.91", "404.01", "404.03", "404.11", "404.13", "404.91", "404.93"}),
        _icd10("I50", "1 2 20 21 22 23 3 30 31 32 33 4 40 41 42 43 8 81 810 811 812 813 814 82 83 84 89 9")
        | frozenset({"I11.0", "I13.0", "I13.2"}),
        _icd10("I50", "0 1 9") | frozenset({"I11.0", "I13.0", "I13.2"}),
    ),
    "has_obesity": _codelist(
        "414916001 162864005 408512008 238136002", frozenset({"278.0", "278.00", "278.01", "278.03"}),
        # E66 is overweight too in ICD-10-CM, not in the WHO's.
        _icd10("E66", "0 01 09 1 2 8 81 811 812 813 89 9") - {"E66"}, _icd10("E66", "0 1 2 8 9"),
    ),
})  # fmt: skip
"""Condition, by the name of its flag → vocabulary → codes."""
