"""A download from Athena made by hand: thirteen concepts, what they are mapped to, and no file of the publisher's."""

from __future__ import annotations

CONCEPT_HEADER = (
    "concept_id\tconcept_name\tdomain_id\tvocabulary_id\tconcept_class_id\tstandard_concept\tconcept_code\t"
    "valid_start_date\tvalid_end_date\tinvalid_reason"
)
RELATIONSHIP_HEADER = "concept_id_1\tconcept_id_2\trelationship_id\tvalid_start_date\tvalid_end_date\tinvalid_reason"
CONCEPTS = {
    201826: ("Type 2 diabetes", "Condition", "SNOMED", "S", "44054006"),
    35206882: ("Type 2 diabetes without complications", "Condition", "ICD10CM", "", "E11.9"),
    # ICD-10-CM says two things in one code.
    45576876: ("Diabetes with kidney disease", "Condition", "ICD10CM", "", "E11.22"),
    443729: ("Kidney disease of diabetes", "Condition", "SNOMED", "S", "127013003"),
    44836914: ("Diabetes, no mention of \"complication\"", "Condition", "ICD9CM", "", "250.00"),
    3025315: ("Body weight", "Measurement", "LOINC", "S", "29463-7"),
    3000483: ("Glucose in blood", "Measurement", "LOINC", "S", "2339-0"),
    9529: ("kilogram", "Unit", "UCUM", "S", "kg"),
    8840: ("milligram per deciliter", "Unit", "UCUM", "S", "mg/dL"),
    40164929: ("Metformin 500 MG", "Drug", "RxNorm", "S", "861007"),
    45000001: ("A package of metformin", "Drug", "NDC", "", "00002821501"),
    40213227: ("zoster, live", "Drug", "CVX", "S", "08"),
    45000002: ("Nothing is known of it", "Condition", "ICD10CM", "", "Z99.9"),
}  # fmt: skip
MAPS_TO = {35206882: (201826,), 45576876: (201826, 443729), 44836914: (201826,), 45000001: (40164929,)}


def concept_csv(*ids: int, **changed: str) -> str:
    """CONCEPT.csv of these concepts, all if none is named; `changed` are columns that all of them have otherwise."""
    columns = CONCEPT_HEADER.split("\t")
    lines = []
    for n in ids or CONCEPTS:
        name, domain, vocabulary, standard, code = CONCEPTS[n]
        told = (str(n), name, domain, vocabulary, "", standard, code, "19700101", "20991231", "")
        lines.append("\t".join({**dict(zip(columns, told, strict=True)), **changed}.values()))
    return "\n".join([CONCEPT_HEADER, *lines]) + "\n"


def relationship_csv(**changed: str) -> str:
    """CONCEPT_RELATIONSHIP.csv: every standard concept is its own, as Athena has it, and there are other relations."""
    itself = {n: (n,) for n, told in CONCEPTS.items() if told[3] == "S"}
    pairs = [(n, to) for n, targets in {**itself, **MAPS_TO}.items() for to in targets]
    kinds = [(a, b, "Maps to") for a, b in pairs] + [(b, a, "Mapped from") for a, b in pairs]
    lines = [f"{a}\t{b}\t{kind}\t19700101\t20991231\t{changed.get('invalid_reason', '')}" for a, b, kind in kinds]
    return "\n".join([RELATIONSHIP_HEADER, *lines]) + "\n"
