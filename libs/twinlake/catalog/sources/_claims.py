"""What sources of claims share: which vocabulary a billed code is of when only its form can tell, and ICD's dots."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

from twinlake.vocabulary.check_digits import PERMUTED, PRODUCTS
from twinlake.vocabulary.codes import Icd10ProcedureCode, NdcCode

# 6 to 18 digits; the partition (second and third from the end) of a concept is 00 or 10.
SNOMED_CONCEPT = "^[1-9][0-9]{2,14}[01]0[0-9]$"
# The tag that ends a name of SNOMED CT where it is of a device or a place.
THING = r"\((?:physical object|environment)\)\s*$"
# ICD-9-CM volume 3 and ICD-10-PCS, with their dot or without (`vocabulary.codes`); a diagnosis has its dot after three.
ICD9_PROCEDURE = r"^\s*[0-9]{2}\.?[0-9]{0,2}\s*$"
ICD10_PROCEDURE = f"^\\s*(?i:{Icd10ProcedureCode.pattern.pattern})\\s*$"
NDC = f"^(?:{NdcCode.pattern.pattern})$"

# The WHO's ICD-10 with the filler that the NHS writes for a fourth character, and the D and A it writes for † and *.
WHO_WRITTEN = r"^([A-Z][0-9]{2})(?:X|([0-9]{1,2}))?(?:[AD]|[-†*+!]+)?$"


def is_snomed(code: Column) -> Column:
    """Whether a code has the form of a SNOMED CT concept, Verhoeff's check digit included; false for no code."""
    digits = F.reverse(F.split(F.when(code.rlike(SNOMED_CONCEPT), code), ""))
    turned = F.transform(digits, lambda digit, place: _at(PERMUTED, place % 8 * 10 + digit.cast("int")))
    check = F.aggregate(turned, F.lit(0), lambda so_far, digit: _at(PRODUCTS, so_far * 10 + digit))
    return F.coalesce(check == 0, F.lit(False))


def _at(table: tuple[int, ...], place: Column) -> Column:
    return F.element_at(F.array(*map(F.lit, table)), place + 1)


def service_vocabulary(code: Column) -> Column:
    """Of a service that is billed without its coding system: SNOMED, CVX or RxNorm by its form, else local.

    A CVX code has up to three digits. RxNorm's may look like SNOMED CT's, but hardly ever has the check digit too.
    """
    return (
        F.when(is_snomed(code), "SNOMED")
        .when(code.rlike("^[0-9]{1,3}$"), "CVX")
        .when(code.rlike("^[1-9][0-9]{3,7}$"), "RxNorm")
        .otherwise("local")
    )


def is_thing(name: Column) -> Column:
    """Whether what is charged for is a device or a place and so no procedure, by its name; false for no name."""
    return F.coalesce(name.rlike(THING), F.lit(False))


def drug_vocabulary(code: Column) -> Column:
    """Of what stands in a column for NDC: an NDC has 10 digits with hyphens or 11, RxNorm's codes up to 8."""
    return F.when(code.rlike(NDC), "NDC").when(code.rlike("^[1-9][0-9]{0,7}$"), "RxNorm").otherwise("local")


def a_claim_tells() -> dict[str, Column | None]:
    """Of a drug, beside code and day: that it was billed; not until when, how much, how, or at which visit."""
    untold = (
        "drug_exposure_end_datetime", "drug_status", "dose_source_value", "dose_unit_source_value",
        "route_source_value", "visit_source_id",
    )  # fmt: skip
    return {**dict.fromkeys(untold), "drug_type": F.lit("claim"), "part": F.lit("")}


def with_dot(code: Column, vocabulary: Column) -> Column:
    """A code of ICD with the dot that bills leave out, the WHO's without fillers and marks; any other as it is."""
    written = F.upper(F.replace(F.trim(code), F.lit("."), F.lit("")))
    bare = F.when(vocabulary == "ICD10", F.regexp_replace(written, WHO_WRITTEN, "$1$2")).otherwise(written)
    is_external_cause = (vocabulary == "ICD9CM") & bare.startswith("E")
    procedures = F.when(vocabulary == "ICD9Proc", 2).when(vocabulary == "ICD10PCS", 7)
    after = F.when(is_external_cause, 4).otherwise(F.coalesce(procedures, F.lit(3)))
    dotted = F.concat(F.substr(bare, F.lit(1), after), F.lit("."), F.substr(bare, after + 1))
    known = F.when(F.length(bare) > after, dotted).otherwise(bare)
    return F.when(vocabulary.isin("ICD9CM", "ICD10CM", "ICD10", "ICD9Proc", "ICD10PCS"), known).otherwise(code)


def procedure_coding(code: Column, named: Column) -> dict[str, Column]:
    """Code and vocabulary of a procedure: what it calls ICD is ICD's list of procedures, if it has the form of one.

    Both lists are parts of a classification whose name, OID or URI is written for the diagnoses too: `3610` of ICD-9-CM
    is a bypass (36.10) here, as a diagnosis the retina's detachment (361.0).
    """
    vocabulary = (
        F.when((named == "ICD9CM") & code.rlike(ICD9_PROCEDURE), "ICD9Proc")
        .when(named.isin("ICD10CM", "ICD10") & code.rlike(ICD10_PROCEDURE), "ICD10PCS")
        .otherwise(named)
    )
    return {"procedure_code": with_dot(code, vocabulary), "procedure_vocabulary": vocabulary}
