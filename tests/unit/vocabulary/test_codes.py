"""Coding systems as types; forms, check digits, dots and lists of codes."""

from __future__ import annotations

import csv
import gzip

import pytest

from twinlake.vocabulary.codes import (
    CODELISTS,
    Icd10Code,
    LoincCode,
    SnomedCode,
    dotted_icd9,
    dotted_icd9_procedure,
    dotted_icd10,
    eleven_digits,
    is_valid_code,
    uri_of,
    vocabulary_of,
)
from twinlake.vocabulary.coding_systems import NAMES


def test_a_snomed_code_cannot_be_compared_with_an_icd_10_code():
    with pytest.raises(TypeError, match="SNOMED code cannot be compared with a ICD10CM code"):
        _ = SnomedCode("44054006") == Icd10Code("E11.9")
    assert SnomedCode("44054006") == SnomedCode("44054006")
    assert SnomedCode("44054006") in {SnomedCode("44054006")}
    assert SnomedCode("44054006") != "44054006"


@pytest.mark.parametrize(
    ("name", "vocabulary"),
    [
        ("http://loinc.org", "LOINC"), ("urn:oid:2.16.840.1.113883.6.1", "LOINC"), ("2.16.840.1.113883.6.96", "SNOMED"),
        ("SNOMED-CT", "SNOMED"), ("http://snomed.info/sct", "SNOMED"), ("ICD-9-CM", "ICD9CM"),
        ("http://hl7.org/fhir/sid/icd-10-cm", "ICD10CM"), ("I10", "ICD10"), ("http://hl7.org/fhir/sid/cvx", "CVX"),
        ("http://www.nlm.nih.gov/research/umls/rxnorm", "RxNorm"), ("RxNorm", "RxNorm"), ("Unknown", "local"),
        ("http://hl7.org/fhir/sid/ndc", "NDC"), (None, "local"), ("", "local"), ("HCPCS", "HCPCS"), ("CPT", "CPT4"),
        ("urn:oid:2.16.840.1.113883.6.3", "ICD10"), ("http://hl7.org/fhir/sid/icd-10", "ICD10"),
        # CPCDS claims of the United States say ICD10 and mean ICD-10-CM.
        ("ICD10", "ICD10CM"), ("http://www.whocc.no/atc", "ATC"),
    ],
)  # fmt: skip
def test_an_exports_word_for_a_system_becomes_one_vocabulary(name, vocabulary):
    assert vocabulary_of(name) == vocabulary


def test_a_vocabularys_own_uri_leads_back_to_it():
    for vocabulary in set(NAMES.values()) - {"local"}:
        assert vocabulary_of(uri_of(vocabulary)) == vocabulary


@pytest.mark.parametrize(
    ("vocabulary", "good", "bad"),
    [
        # LOINC Users' Guide works 2951-2; one digit changed in each.
        ("LOINC", "2951-2", "2951-3"), ("LOINC", "2345-7", "2354-7"),
        # SNOMED CT; the second is Synthea's, the bad one has two digits exchanged.
        ("SNOMED", "44054006", "44504006"), ("SNOMED", "90781000119102", "90781000119103"),
        ("ICD9CM", "250.00", "25000"), ("ICD9CM", "E888.9", "E88.89"), ("ICD9CM", "V70.7", "V7.07"),
        ("ICD10CM", "E11.9", "E119"), ("ICD10CM", "I10", "10I"), ("ICD9Proc", "39.61", "396.1"),
        ("ICD10PCS", "02100Z9", "02100O9"), ("RxNorm", "314076", "RX314076"), ("NDC", "00904198861", "0904198861"),
        ("CVX", "140", "v140"), ("HCPCS", "G0463", "99213"), ("CPT4", "99213", "G0463"),
        # LOINC Users' Guide, the oldest and a newer code; SNOMED CT Technical Implementation Guide, section 6 (SCTID).
        ("LOINC", "1-8", "1-7"), ("LOINC", "104642-4", "104624-4"), ("SNOMED", "100005", "100022"),
        ("SNOMED", "22298006", "22298000"),
        # Form of ICD-10-CM 2024: M1A, C7B, with placeholder X; the WHO's has no fifth place nor letters.
        ("ICD10CM", "M1A.0110", "M1C.0110"), ("ICD10CM", "T36.0X1A", "T36.0X1AA"), ("ICD10CM", "C7B.1", "CC7.1"),
        ("ICD10", "E11.9", "T36.0X1A"), ("ICD10", "M16.0", "M1A.0"), ("ICD10", "I10", "I1"),
        # 21 CFR 207.33: 4-4-2, 5-3-2, 5-4-1.
        ("NDC", "0002-8215-01", "0002-8215-1"), ("NDC", "50242-040-62", "50242-40-62"),
        ("NDC", "60575-4112-1", "605754112-1"), ("NDC", "00002-8215-01", "000028215011"),
        # WHO Collaborating Centre, ATC structure: metformin at each level; there is no group E.
        ("ATC", "A10BA02", "A10BA2"), ("ATC", "A10BA", "A10B1"), ("ATC", "A10B", "A1B"), ("ATC", "A", "E10"),
        ("CPT4", "0001A", "0001B"), ("CPT4", "0001U", "U0001"), ("HCPCS", "U0001", "W0001"),
    ],
)  # fmt: skip
def test_a_code_has_the_form_of_its_system(vocabulary, good, bad):
    assert is_valid_code(vocabulary, good)
    assert not is_valid_code(vocabulary, bad)


def test_a_loinc_code_of_a_local_range_has_no_check_digit():
    assert not LoincCode.is_valid("99999-1")


@pytest.mark.parametrize(
    ("bare", "dotted"), [("4139", "413.9"), ("V707", "V70.7"), ("E8889", "E888.9"), ("412", "412")]
)
def test_an_icd_9_code_gets_its_dot(bare, dotted):
    assert dotted_icd9(bare) == dotted_icd9(dotted) == dotted


@pytest.mark.parametrize(("bare", "dotted"), [("E119", "E11.9"), ("I10", "I10"), ("E113211 ", "E11.3211")])
def test_an_icd_10_code_gets_its_dot(bare, dotted):
    assert dotted_icd10(bare) == dotted


def test_an_icd_9_procedure_gets_its_dot():
    assert [dotted_icd9_procedure(c) for c in ("3961", "39.61", "00")] == ["39.61", "39.61", "00"]


@pytest.mark.parametrize(
    ("ten", "eleven"),
    [
        # CMS and FDA: the zero goes in front of the segment that is short.
        ("0002-8215-01", "00002821501"), ("50242-040-62", "50242004062"), ("60575-4112-1", "60575411201"),
        ("00002-8215-01", "00002821501"), ("00904198861", "00904198861"),
        # Ten digits without hyphens could be any of the three.
        ("0002821501", None), ("0002-8215", None), ("", None),
    ],
)  # fmt: skip
def test_an_ndc_gets_eleven_digits_where_its_hyphens_tell_how(ten, eleven):
    assert eleven_digits(ten) == eleven


@pytest.fixture
def ninth(shared_data) -> set[str]:
    """The billable diagnoses of ICD-9-CM, version 32."""
    with gzip.open(shared_data / "terminology_icd" / "CMS32_DESC_LONG_DX.txt.gz", "rt", encoding="latin-1") as lines:
        return {dotted_icd9(line.split()[0]) for line in lines if line.strip()}


def test_every_published_icd_code_has_the_form_of_its_system(shared_data):
    folder = shared_data / "terminology_icd"
    published = {
        "icd10cm-codes-2024.txt.gz": ("ICD10CM", dotted_icd10),
        "CMS32_DESC_LONG_DX.txt.gz": ("ICD9CM", dotted_icd9),
        "CMS32_DESC_LONG_SG.txt.gz": ("ICD9Proc", dotted_icd9_procedure),
    }
    for name, (vocabulary, dotted) in published.items():
        with gzip.open(folder / name, "rt", encoding="latin-1") as lines:
            codes = [dotted(line.split()[0]) for line in lines if line.strip()]
        assert [code for code in codes if not is_valid_code(vocabulary, code)] == [], name


def test_what_mimic_was_coded_in_stands_in_the_published_lists_but_for_what_was_subdivided_since(shared_data):
    def listed(name, dotted):
        with gzip.open(shared_data / "terminology_icd" / name, "rt", encoding="latin-1") as lines:
            return {dotted(line.split()[0]) for line in lines if line.strip()}

    with gzip.open(shared_data / "mimic4_demo" / "hosp" / "diagnoses_icd.csv.gz", "rt") as rows:
        used = {(row["icd_version"], row["icd_code"]) for row in csv.DictReader(rows)}
    ninth = {dotted_icd9(code) for version, code in used if version == "9"}
    tenth = {dotted_icd10(code) for version, code in used if version == "10"}
    assert len(ninth) == 740 and ninth <= listed("CMS32_DESC_LONG_DX.txt.gz", dotted_icd9)
    gone = tenth - listed("icd10cm-codes-2024.txt.gz", dotted_icd10)
    # CKD stage 3 became N18.30 to N18.32 in the fiscal year 2021, headache R51.0 and R51.9.
    assert (len(tenth), len(gone)) == (734, 32) and {"N18.3", "R51"} <= gone


def test_every_code_of_every_list_has_the_form_of_its_system():
    for flag, lists in CODELISTS.items():
        for vocabulary, codes in lists.items():
            assert [code for code in codes if not is_valid_code(vocabulary, code)] == [], (flag, vocabulary)


def test_type_2_diabetes_is_part_of_diabetes_and_type_1_is_not_part_of_it():
    for vocabulary, codes in CODELISTS["has_type_2_diabetes"].items():
        assert codes <= CODELISTS["has_diabetes"][vocabulary]
    type_2 = CODELISTS["has_type_2_diabetes"]
    assert {"250.00", "250.92"} <= type_2["ICD9CM"]
    assert not {"250.01", "250.03"} & type_2["ICD9CM"]
    assert "E11.3211" in type_2["ICD10CM"]
    assert "E10.9" not in type_2["ICD10CM"]


@pytest.mark.parametrize(
    ("flag", "among", "not_among"),
    [
        # ICD-10 of the WHO, version 2019; N18.0 and N18.8 are of before, when N18 was chronic renal failure.
        ("has_diabetes", "E10 E10.0 E11 E11.9 E12.5 E13.7 E14 E14.9", "E15 E16.2 O24.4 P70.2 R73.0"),
        ("has_type_2_diabetes", "E11 E11.0 E11.7 E11.9", "E10.9 E12.9 E13.9 E14 E14.9"),
        ("has_prediabetes", "R73.0", "R73 R73.9 E11.9"),
        ("has_hypertension", "I10 I11 I11.0 I11.9 I12.0 I13.1 I13.9 I15 I15.0 I15.8 I15.9", "I14 I27.0 O13 H40.0"),
        ("has_hyperlipidaemia", "E78.0 E78.1 E78.2 E78.3 E78.4 E78.5", "E78 E78.6 E78.8 E78.9"),
        ("has_chronic_kidney_disease", "N18 N18.0 N18.1 N18.5 N18.8 N18.9", "N17.9 N19 I12.0"),
        ("has_coronary_heart_disease", "I20 I20.0 I21.9 I22.8 I23.6 I24.1 I25 I25.0 I25.1 I25.9", "I25.3 I25.4 I26.9"),
        ("has_heart_failure", "I50 I50.0 I50.1 I50.9 I11.0 I13.0 I13.2", "I11.9 I13.1 I13.9 I51.7"),
        ("has_obesity", "E66 E66.0 E66.1 E66.2 E66.8 E66.9", "E65 E67.0"),
    ],
)  # fmt: skip
def test_a_list_holds_the_icd_10_of_the_who_and_means_by_it_what_it_means_by_icd_10_cm(flag, among, not_among):
    codes = CODELISTS[flag]["ICD10"]
    assert set(among.split()) <= codes
    assert not set(not_among.split()) & codes


def test_every_list_is_in_every_system_of_conditions():
    assert {flag: set(lists) for flag, lists in CODELISTS.items()} == dict.fromkeys(
        CODELISTS, {"SNOMED", "ICD9CM", "ICD10CM", "ICD10"}
    )


@pytest.mark.parametrize(
    ("flag", "categories"),
    [
        ("has_diabetes", "E08 E09 E10 E11 E13"), ("has_type_2_diabetes", "E11"),
        ("has_hypertension", "I10 I11 I12 I13 I15 I16"), ("has_chronic_kidney_disease", "N18"),
        ("has_hypertension", "I1A"),
    ],
)  # fmt: skip
def test_a_list_holds_every_billable_child_of_its_icd_10_categories(shared_data, flag, categories):
    with gzip.open(shared_data / "terminology_icd" / "icd10cm-codes-2024.txt.gz", "rt", encoding="latin-1") as lines:
        billable = {dotted_icd10(line.split()[0]) for line in lines if line.strip()}
    assert {c for c in billable if c[:3] in categories.split()} <= CODELISTS[flag]["ICD10CM"]


@pytest.mark.parametrize(
    ("flag", "categories"),
    [
        ("has_diabetes", "249 250"), ("has_hypertension", "401 402 403 404 405"), ("has_chronic_kidney_disease", "585"),
        ("has_coronary_heart_disease", "410 411 412 413"), ("has_heart_failure", "428"),
    ],
)  # fmt: skip
def test_a_list_holds_every_billable_child_of_its_icd_9_categories(ninth, flag, categories):
    assert {c for c in ninth if c[:3] in categories.split()} <= CODELISTS[flag]["ICD9CM"]


def test_a_list_holds_nothing_that_icd_9_cm_does_not(ninth):
    headings = {code[:length] for code in ninth for length in (3, 5)}
    for flag, lists in CODELISTS.items():
        assert lists["ICD9CM"] - ninth - headings == set(), flag


def test_secondary_diabetes_is_diabetes_and_not_of_type_2():
    secondary = {"249", "249.0", "249.00", "249.01", "249.90", "249.91"}
    assert secondary <= CODELISTS["has_diabetes"]["ICD9CM"]
    assert [code for code in CODELISTS["has_type_2_diabetes"]["ICD9CM"] if code.startswith("249")] == []


def test_every_condition_code_of_the_real_feeds_has_the_form_of_its_system(shared_data):
    with gzip.open(shared_data / "synthea" / "csv" / "conditions.csv.gz", "rt") as rows:
        snomed = {row["CODE"] for row in csv.DictReader(rows)}
    with gzip.open(shared_data / "mimic4_demo" / "hosp" / "diagnoses_icd.csv.gz", "rt") as rows:
        icd = {(row["icd_version"], row["icd_code"]) for row in csv.DictReader(rows)}
    assert [code for code in snomed if not is_valid_code("SNOMED", code)] == []
    assert [code for version, code in icd if version == "9" and not is_valid_code("ICD9CM", dotted_icd9(code))] == []
    assert [code for version, code in icd if version == "10" and not is_valid_code("ICD10CM", dotted_icd10(code))] == []
