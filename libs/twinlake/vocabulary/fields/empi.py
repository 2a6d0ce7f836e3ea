"""Who a person is: direct identifiers, kept in bronze and the EMPI only, and the links between source persons."""

from __future__ import annotations

from twinlake.vocabulary.field import Field

SEXES = ("male", "female", "other", "unknown")
COMPARED = {
    "given_name": "given names",
    "family_name": "family names",
    "middle_name": "middle names",
    "birth_date": "birth dates",
    "sex": "sexes",
    "address": "addresses",
    "phone": "telephone numbers",
    "ssn": "social security numbers",
    "licence_number": "driver's licence numbers",
    "passport_number": "passport numbers",
    "mrn": "medical record numbers, within one hospital,",
}
LEVEL = (
    "How alike the {} of a pair are: a level of identity_comparisons.py, `differs`, or `missing` where one is not known"
)

PAGE = (
    Field("source_person_key", "bigint", "A source person: hash of hospital, system and source_person_id"),
    Field("person_id", "bigint", "One person of the network: hash of the smallest source person of the cluster"),
    Field("old_person_id", "bigint", "A person_id that no longer exists, and now is called person_id"),
    Field("match_weight", "double", "Fellegi-Sunter weight (log2 of the odds) of a pair; of a source person, its best"),
    Field("left_source_person_key", "bigint", "Of a pair, the source person whose names (hospital, …) sort first"),
    Field("left_hospital", "string", "Its hospital"),
    Field("left_system", "string", "Its system"),
    Field("left_source_person_id", "string", "What that system calls it"),
    Field("right_source_person_key", "bigint", "Of a pair, the source person whose names (hospital, …) sort last"),
    Field("right_hospital", "string", "Its hospital"),
    Field("right_system", "string", "Its system"),
    Field("right_source_person_id", "string", "What that system calls it"),
    Field("is_sure", "boolean", "Whether the pair is linked without a person's eye: over the threshold, with evidence"),
    Field("agreements", "string", "What agrees in a pair, and what brought it together, in words without any value"),
    *(Field(f"{name}_level", "string", LEVEL.format(words)) for name, words in COMPARED.items()),
    Field("reason", "string", "Why these source persons are one, in words without any value"),
    Field("retired_source_person_id", "string", "Whom a hospital merged into another of its patients", identifier=True),
    Field("surviving_source_person_id", "string", "The patient whom a merge kept", identifier=True),
    Field("merged_at", "timestamp", "When the hospital said so: of the message or the record, else of its delivery"),
    Field(
        "is_in_force", "boolean", "False where the hospital has since told of the retired patient as one of their own"
    ),
    Field("is_linkable", "boolean", "False where the hospital gives nothing to link on (link = false)"),
    Field(
        "linkage_keys",
        "array<bigint>",
        "Hashes by which linkage meets and counts records: of values, then of blocks",
        identifier=True,
    ),
    Field("given_name", "string", "First given name, standardised for linkage", identifier=True),
    Field("middle_name", "string", "Second given name, standardised for linkage", identifier=True),
    Field("family_name", "string", "Family name, standardised for linkage", identifier=True),
    Field("maiden_name", "string", "Family name at birth, standardised for linkage", identifier=True),
    Field("birth_date", "date", "Date of birth; null where only the year is known"),
    Field("year_of_birth", "int", "Year of birth", unit="a", minimum=1850, maximum=2300),
    Field(
        "year_of_birth_margin",
        "int",
        "Years by which the year of birth may be off where only a band of ages was told; null where none was told",
        unit="a",
        minimum=0,
    ),
    Field("sex", "string", "FHIR administrative gender", categories=SEXES),
    Field("race_source_value", "string", "Race as the hospital wrote it"),
    Field("ethnicity_source_value", "string", "Ethnicity as the hospital wrote it"),
    Field("marital_status", "string", "Marital status as the hospital wrote it"),
    Field("death_date", "date", "Date of death"),
    Field("address_line", "string", "Street and number", identifier=True),
    Field("city", "string", "City or town"),
    Field("state", "string", "State or province"),
    Field("postal_code", "string", "Postcode, letters and digits; of a ZIP code the first five", identifier=True),
    Field("postal_code_prefix", "string", "First three characters of the postcode (HIPAA 164.514(b)(2)(i)(B))"),
    Field("phone", "string", "Telephone number, digits only", identifier=True),
    Field("ssn", "string", "Social security number, digits only; never enough to link on", identifier=True),
    Field("licence_number", "string", "Driver's licence number", identifier=True),
    Field("passport_number", "string", "Passport number", identifier=True),
    Field("mrn", "string", "Medical record number, unique within its hospital at best", identifier=True),
)
