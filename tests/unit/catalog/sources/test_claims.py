"""Codes without a coding system: told apart by form, as Python's own types of them do."""

from __future__ import annotations

import pytest
from pyspark.sql import functions as F

from twinlake.catalog.sources._claims import drug_vocabulary, is_snomed, service_vocabulary
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
