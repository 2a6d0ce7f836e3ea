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
# The commonest standard concepts of UCUM in the UCUM of today: Athena's own codes have `[U]/L` and `10*-3.[iU]/L`.
UNITS = {
    "8554": "%", "8523": "{ratio}", "8840": "mg/dL", "8749": "umol/L", "8753": "mmol/L", "8713": "g/dL", "8636": "g/L",
    "8751": "mg/L", "8748": "ug/L", "8837": "ug/dL", "8859": "ug/mL", "8842": "ng/mL", "8817": "ng/dL", "8725": "ng/L",
    "8845": "pg/mL", "8736": "nmol/L", "8729": "pmol/L", "8843": "nmol/mL", "8862": "mosm/kg", "9579": "mmol/mol",
    "8723": "mg/g", "8645": "U/L", "8763": "U/mL", "8719": "mU/mL", "8860": "uU/mL", "8923": "[IU]/L",
    "8985": "[IU]/mL", "9040": "m[IU]/L", "9550": "m[IU]/mL", "9093": "u[IU]/mL", "9557": "meq/L", "8848": "10*3/uL",
    "8815": "10*6/uL", "9444": "10*9/L", "8734": "10*12/L", "8647": "/uL", "8785": "/mm3", "8784": "{cells}/uL",
    "8799": "{copies}/mL", "8541": "/min", "8752": "mm/h", "8795": "mL/min", "720870": "mL/min/{1.73_m2}",
    "8876": "mm[Hg]", "8583": "fL", "8564": "pg", "9531": "kg/m2", "9529": "kg", "8504": "g", "8576": "mg",
    "9655": "ug", "8739": "[lb_av]", "9373": "[oz_av]", "8582": "cm", "9546": "m", "9327": "[in_i]", "9330": "[in_us]",
    "8519": "L", "8587": "mL", "586323": "Cel", "9289": "[degF]", "8555": "s", "8550": "min", "8505": "h", "8512": "d",
    "8511": "wk", "9580": "mo", "9448": "a",
}  # fmt: skip
