"""Coding systems as exports name them (FHIR URI, OID, words), and the one name each has here."""

from __future__ import annotations

from enum import StrEnum


class Vocabulary(StrEnum):
    """The coding systems of this lake, by OMOP's vocabulary_id; `local` is a hospital's own."""

    LOINC = "LOINC"
    SNOMED = "SNOMED"
    ICD9CM = "ICD9CM"
    ICD10CM = "ICD10CM"
    ICD10 = "ICD10"
    ICD9PROC = "ICD9Proc"
    ICD10PCS = "ICD10PCS"
    RXNORM = "RxNorm"
    NDC = "NDC"
    CVX = "CVX"
    HCPCS = "HCPCS"
    CPT4 = "CPT4"
    ATC = "ATC"
    UCUM = "UCUM"
    LOCAL = "local"


V = Vocabulary
# HL7 Terminology (terminology.hl7.org), the older spellings still in use, HL7v2 table 0396, and words seen in exports.
_NAMES: dict[Vocabulary, tuple[str, ...]] = {
    V.LOINC: ("http://loinc.org", "2.16.840.1.113883.6.1", "LN"),
    V.SNOMED: ("http://snomed.info/sct", "2.16.840.1.113883.6.96", "SNOMED-CT", "SNOMED CT", "SNOMEDCT", "SCT"),
    V.ICD9CM: (
        "http://hl7.org/fhir/sid/icd-9-cm", "http://terminology.hl7.org/CodeSystem/icd9cm",
        "2.16.840.1.113883.6.103", "ICD-9-CM", "ICD-9", "ICD9", "I9", "I9C", "I9CDX",
    ),
    V.ICD10: ("http://hl7.org/fhir/sid/icd-10", "2.16.840.1.113883.6.3", "ICD-10", "I10"),
    # The bare word ICD10 is what claims of the United States write for ICD-10-CM; it comes after, so it wins.
    V.ICD10CM: ("http://hl7.org/fhir/sid/icd-10-cm", "2.16.840.1.113883.6.90", "ICD-10-CM", "ICD10", "I10C"),
    V.ICD9PROC: ("2.16.840.1.113883.6.104", "ICD-9-CM procedures", "ICD9PCS", "I9CP"),
    V.ICD10PCS: ("http://www.cms.gov/Medicare/Coding/ICD10", "2.16.840.1.113883.6.4", "ICD-10-PCS", "I10P"),
    V.RXNORM: ("http://www.nlm.nih.gov/research/umls/rxnorm", "2.16.840.1.113883.6.88", "RxCUI"),
    V.NDC: ("http://hl7.org/fhir/sid/ndc", "2.16.840.1.113883.6.69"),
    V.CVX: ("http://hl7.org/fhir/sid/cvx", "2.16.840.1.113883.12.292", "2.16.840.1.113883.6.59"),
    V.HCPCS: (
        "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets", "http://terminology.hl7.org/CodeSystem/HCPCS",
        "2.16.840.1.113883.6.285", "2.16.840.1.113883.6.14",
    ),
    V.CPT4: ("http://www.ama-assn.org/go/cpt", "2.16.840.1.113883.6.12", "CPT", "CPT-4", "C4"),
    V.ATC: ("http://www.whocc.no/atc", "2.16.840.1.113883.6.73"),
    V.UCUM: ("http://unitsofmeasure.org", "2.16.840.1.113883.6.8"),
    V.LOCAL: ("L", "99zzz"),
}  # fmt: skip

_BY_NAME = {name.casefold(): vocabulary for vocabulary, names in _NAMES.items() for name in (vocabulary.value, *names)}
NAMES = {name: str(_BY_NAME[name]) for name in sorted(_BY_NAME)}
"""Every known name in lower case, OIDs bare, and its vocabulary: for a lookup as a column expression."""


def vocabulary_of(system_uri_or_name: str | None) -> str:
    """The vocabulary an export means; `local` where it names none that is known (`Unknown`, a vendor's own)."""
    name = (system_uri_or_name or "").strip().casefold().removeprefix("urn:oid:").rstrip("/")
    return str(_BY_NAME.get(name, Vocabulary.LOCAL))


def uri_of(vocabulary: str) -> str:
    """The FHIR system URI, or the OID as a URN where FHIR has no URI; the name itself for `local`."""
    if vocabulary == Vocabulary.LOCAL:
        return str(vocabulary)
    name = _NAMES[Vocabulary(vocabulary)][0]
    return name if name.startswith("http") else f"urn:oid:{name}"
