"""OMOP concepts whose meaning the CDM itself fixes (cdm54.html, Athena's Visit, Type Concept and Operator classes)."""

from __future__ import annotations

GENDERS = {"8507": "male", "8532": "female"}
# Kinds of visit → HL7 v3 ActCode; an emergency visit that became a stay (262) is the stay.
VISITS = {
    "9201": "IMP", "262": "IMP", "8717": "IMP", "9202": "AMB", "581477": "AMB", "8756": "AMB", "9203": "EMER",
    "8870": "EMER", "581476": "HH", "5083": "VR", "42898160": "NONAC",
}  # fmt: skip
# How an exposure is known: the standard types since 2020 and, below, those that older exports still carry. A type that
# stands here nowhere (32817, EHR) tells only where it was written down.
DRUG_TYPES = {
    "32838": "order", "32833": "order", "32825": "dispensing", "32869": "dispensing", "32818": "administration",
    "38000177": "order", "38000175": "dispensing", "38000176": "dispensing", "38000180": "administration",
    "581452": "dispensing",
}  # fmt: skip
# 38000275 (EHR order list entry) is none: older exports gave it to whatever procedure an EHR told of.
ORDER_TYPES = tuple(concept for concept, kind in DRUG_TYPES.items() if kind == "order")
# hl7.org/fhir/uv/omop: the clinicalStatus `resolved`.
RESOLVED = "32906"
OPERATORS = {"4171756": "<", "4171754": "<=", "4172704": ">", "4171755": ">="}
