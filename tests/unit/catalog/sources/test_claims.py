"""Codes without a coding system: told apart by form, as Python's own types of them do."""

from __future__ import annotations

import pytest
from pyspark.sql import functions as F

from twinlake.catalog.sources._claims import drug_vocabulary, is_snomed, procedure_coding, service_vocabulary, with_dot
from twinlake.vocabulary.codes import NdcCode, SnomedCode

# Concepts of our sample with a long and a short number, and the same with one digit changed.
CONCEPTS = ("185345009", "3718001", "442571000124108", "428211000124100", "195662009")
CHANGED = tuple(code[:place] + str((int(code[place]) + 1) % 10) + code[place + 1 :] for code in CONCEPTS
                for place in range(len(code)))  # fmt: skip
OTHERS = ("857005", "896001", "1809104", "140", "08", "0", "", "x", "185345009 ", "A185345009", "1" * 19, "100001")


def answers(spark, expression, codes) -> dict:
    rows = spark.createDataFrame([(code,) for code in codes], "code string")
    return {row.code: row.said for row in rows.select("code", expression(F.col("code")).alias("said")).collect()}


def test_a_snomed_concept_is_known_by_partition_and_check_digit(spark) -> None:
    codes = (*CONCEPTS, *CHANGED, *OTHERS)
    assert answers(spark, is_snomed, codes) == {code: SnomedCode.is_valid(code) for code in codes}
    assert answers(spark, is_snomed, [None]) == {None: False}


@pytest.mark.parametrize("expression", [service_vocabulary, drug_vocabulary])
def test_a_code_of_no_known_form_is_local(spark, expression) -> None:
    assert set(answers(spark, expression, ["x", "", "12345678901234", "A1", None]).values()) == {"local"}


def test_an_ndc_is_known_by_its_form(spark) -> None:
    codes = (
        "00093720198",
        "0093-7201-98",
        "12345-678-90",
        "12345-6789-0",
        "00002-8215-01",
        "12345-6789-012",
        "1234567890",
        "123-4567-890",
    )
    expected = {code: "NDC" if NdcCode.is_valid(code) else "local" for code in codes}
    assert answers(spark, drug_vocabulary, codes) == expected
    assert answers(spark, service_vocabulary, ["140", "896001", "185345009"]) == {
        "140": "CVX", "896001": "RxNorm", "185345009": "SNOMED",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("named", "code", "expected", "vocabulary"),
    [
        # A bypass, no detached retina; a laparoscopic gall bladder; all operations on a heart's vessels.
        ("ICD9CM", "3610", "36.10", "ICD9Proc"),
        ("ICD9CM", " 51.23 ", "51.23", "ICD9Proc"),
        ("ICD9CM", "36", "36", "ICD9Proc"),
        ("ICD10CM", "021009w", "021009W", "ICD10PCS"),
        ("ICD10", "021009W", "021009W", "ICD10PCS"),
        # By their form diagnoses, whatever they stand for as procedures: physical therapy, chemotherapy.
        ("ICD9CM", "V571", "V57.1", "ICD9CM"),
        ("ICD9CM", "361.0", "361.0", "ICD9CM"),
        ("ICD9CM", "25000", "250.00", "ICD9CM"),
        ("ICD10CM", "Z5111", "Z51.11", "ICD10CM"),
        ("SNOMED", "3718001", "3718001", "SNOMED"),
        ("CPT4", "99213", "99213", "CPT4"),
        (None, "3610", "3610", None),
        ("ICD9CM", None, None, "ICD9CM"),
    ],
)
def test_a_procedure_that_says_icd_is_of_its_list_of_procedures(spark, named, code, expected, vocabulary) -> None:
    row = spark.createDataFrame([(named, code)], "named string, code string")
    told = procedure_coding(F.col("code"), F.col("named"))
    assert row.select(told["procedure_code"], told["procedure_vocabulary"]).first()[:] == (expected, vocabulary)


def test_a_code_of_the_who_is_without_filler_dagger_and_asterisk(spark) -> None:
    """NHS Data Dictionary: X where there is no fourth character, then D for a dagger and A for an asterisk."""
    codes = {
        "I10X": "I10", "I10.X": "I10", "E103D": "E10.3", "H360A": "H36.0", "G01XA": "G01", "A17.0†": "A17.0",
        "G01*": "G01", "A170+": "A17.0", "M0730": "M07.30", "E119": "E11.9", "I10": "I10", "U071": "U07.1",
    }  # fmt: skip
    assert answers(spark, lambda code: with_dot(code, F.lit("ICD10")), codes) == codes


def test_an_x_of_the_clinical_modification_is_part_of_its_code(spark) -> None:
    codes = {"W19XXXA": "W19.XXXA", "T07XXXD": "T07.XXXD", "S72001A": "S72.001A", "O360D": "O36.0D"}
    assert answers(spark, lambda code: with_dot(code, F.lit("ICD10CM")), codes) == codes
