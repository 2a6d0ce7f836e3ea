"""What models read and say: features at an index time, labels, probabilities and the reasons for having none."""

from __future__ import annotations

from twinlake.vocabulary.field import Field


def _last(name: str, what: str, unit: str) -> Field:
    return Field(name, "double", f"{what}: last value at or before the index, within the lookback", unit=unit)


PAGE = (
    Field("index_datetime", "timestamp", "The moment a prediction is made at, UTC; features look back from here"),
    Field("is_current", "boolean", "True for the person's latest moment, which is scored; false where a label may be"),
    Field("exclusion_reason", "string", "Why the person is outside the model's target at the index; null if inside"),
    Field("observed_days", "int", "Days from the first measured value to the index", unit="d"),
    Field("followed_days", "int", "Days from the index to the person's last visit or value", unit="d", minimum=0),
    Field(
        "age_at_index_years", "int", "Completed years of age at the index; by year alone where only that is known",
        unit="a", minimum=0, maximum=130,
    ),
    Field("is_female", "boolean", "Administrative gender is female; null if neither female nor male"),
    _last("body_weight_kg", "Body weight", "kg"),
    _last("bmi_kg_per_m2", "Body mass index", "kg/m2"),
    _last("systolic_blood_pressure_mmhg", "Systolic blood pressure", "mm[Hg]"),
    _last("diastolic_blood_pressure_mmhg", "Diastolic blood pressure", "mm[Hg]"),
    _last("heart_rate_per_min", "Heart rate", "/min"),
    _last("total_cholesterol_mg_per_dl", "Total cholesterol", "mg/dL"),
    _last("hdl_cholesterol_mg_per_dl", "HDL cholesterol", "mg/dL"),
    _last("ldl_cholesterol_mg_per_dl", "LDL cholesterol", "mg/dL"),
    _last("triglycerides_mg_per_dl", "Triglycerides", "mg/dL"),
    _last("last_glucose_mg_per_dl", "Glucose in blood, serum or plasma", "mg/dL"),
    _last("hba1c_percent", "Haemoglobin A1c (NGSP)", "%"),
    Field("blood_glucose_mg_per_dl", "double", "Glucose measured at the index: what is predicted", unit="mg/dL"),
    Field(
        "has_diabetes_within_5_years", "boolean",
        "First type 2 diabetes 1 to 1826 days after the index day; null if neither followed that long nor dead by then",
    ),
    Field("model_name", "string", "The model, a file in catalog/models"),
    Field("model_version", "string", "Hash of the model's declaration, training data and coefficients"),
    Field("risk_name", "string", "What is predicted, in words"),
    Field("risk_prob", "double", "Probability of the model's outcome; null with a reason", minimum=0, maximum=1),
    Field("risk_value", "double", "Predicted value in `risk_unit`, for models of a value; null with a reason"),
    Field("risk_unit", "string", "UCUM unit of `risk_value`"),
    Field("risk_reason", "string", "Why there is no prediction; null where there is one"),
)  # fmt: skip
