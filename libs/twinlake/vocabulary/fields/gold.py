"""Facts as analysts read them: the latest value of each item, counts, flags and lengths."""

from __future__ import annotations

from twinlake.vocabulary.field import Field

LATEST = "struct<observed_at:timestamp,value:double,unit_code:string,operator:string,hospital:string>"
CONDITIONS = (
    "array<struct<condition_start_date:date,condition_code:string,condition_vocabulary:string,"
    "condition_name:string,hospital:string>>"
)
VITAL = "struct<vital_name:string,unit_code:string,value:double,observed_on:date>"
METHODS = ("measured", "last_value", "multivariate")
VITALS = {
    "weight": "body weight",
    "height": "body height",
    "bmi": "body mass index, as measured and never computed here",
    "systolic_blood_pressure": "systolic blood pressure",
    "diastolic_blood_pressure": "diastolic blood pressure",
    "heart_rate": "heart rate",
    "oxygen_saturation": "oxygen saturation of the blood, by pulse oximeter or blood gas",
    "respiratory_rate": "respiratory rate",
    "body_temperature": "body temperature",
    "glucose": "glucose in blood, serum or plasma",
}
LABS = {
    "hba1c": "glycated haemoglobin",
    "total_cholesterol": "total cholesterol",
    "hdl_cholesterol": "HDL cholesterol",
    "ldl_cholesterol": "LDL cholesterol, measured or calculated",
    "triglycerides": "triglycerides",
    "creatinine": "creatinine in blood, serum or plasma",
    "egfr": "estimated glomerular filtration rate",
    "haemoglobin": "haemoglobin in blood",
}
LIFESTYLE = {"sleep_duration": "sleep in a night"}
ITEMS = (*VITALS, *LABS, *LIFESTYLE)
FLAGS = {
    "has_diabetes": "diabetes mellitus",
    "has_type_2_diabetes": "type 2 diabetes mellitus (in ICD-9-CM also of a type not said)",
    "has_prediabetes": "prediabetes",
    "has_hypertension": "hypertension",
    "has_hyperlipidaemia": "hyperlipidaemia",
    "has_chronic_kidney_disease": "chronic kidney disease",
    "has_coronary_heart_disease": "coronary heart disease",
    "has_heart_failure": "heart failure",
    "has_obesity": "obesity",
}


def _latest(name: str, what: str) -> Field:
    return Field(name, LATEST, f"Latest {what}: value, UCUM unit, comparator, when it was observed and by whom")


def _flag(name: str, what: str) -> Field:
    return Field(name, "boolean", f"A code of {what} (vocabulary/codelists) was ever recorded")


PAGE = (
    *(_latest(name, what) for name, what in {**VITALS, **LABS, **LIFESTYLE}.items()),
    *(_flag(name, what) for name, what in FLAGS.items()),
    Field("active_conditions", CONDITIONS, "Conditions whose last recording has no end and is not over, oldest first"),
    Field("observed_at", "timestamp", "When it was true of the person, UTC"),
    Field(
        "age_years", "int", "Age in whole years at death, else at the publication; null if the calendar is shifted",
        unit="a", minimum=0, maximum=130,
    ),
    Field("visit_count", "bigint", "Visits, one that two hospitals sent counted once", minimum=0),
    Field("first_visit_datetime", "timestamp", "Start of the first visit, UTC"),
    Field("last_visit_datetime", "timestamp", "Start of the last visit, UTC"),
    Field("measurement_date", "date", "Day of the value, UTC"),
    Field("vital_name", "string", "Which vital sign, in the words of person_summary's columns", categories=(*VITALS,)),
    Field("min_value", "double", "Smallest value of the day, in `unit_code`"),
    Field("mean_value", "double", "Mean of the day's values, each event once, in `unit_code`"),
    Field("max_value", "double", "Largest value of the day, in `unit_code`"),
    Field("value_count", "bigint", "Values of the day, one that two hospitals sent counted once", minimum=1),
    Field("inferred_count", "bigint", "Those of them whose unit was inferred and not sent", minimum=0),
    Field("known_vitals", f"array<{VITAL}>", "The last value of each vital sign up to and including the day, by name"),
    Field("vital_value", "double", "The day's mean, or what stands for it where none was taken; in `unit_code`"),
    Field("is_missing", "boolean", "The vital sign was not taken on the day"),
    Field("imputation_method", "string", "Where `vital_value` comes from; null where nothing does", categories=METHODS),
    Field("value_age_days", "int", "Days since the value was measured; null where it never was", unit="d", minimum=0),
    Field("unit_evidence_key", "bigint", "A hospital's values of one code under one spelling that is no unit"),
    Field("evidence_count", "bigint", "Adults whose numbers those are, each counted once", minimum=1),
    Field("inferred_unit_code", "string", "UCUM unit that the values were most likely written in; null if unsure"),
    Field("other_unit_code", "string", "UCUM unit that is the next likely one"),
    Field("log10_likelihood_ratio", "double", "Powers of ten by which the inferred unit is likelier than the other"),
    Field("measurement_drift_id", "bigint", "One code and unit of one hospital in one quarter"),
    Field("hospital_key", "bigint", "A hospital as a number; of its own it means nothing"),
    Field("quarter_start_date", "date", "First day of the quarter of a calendar year, UTC"),
    Field("reference_person_count", "bigint", "Persons measured so in the calendar year before", minimum=1),
    Field("population_stability_index", "double", "How far values moved from the year before; null where too few tell"),
    Field("stability_bound", "double", "What the index must exceed to be told; null where too few tell", minimum=0.25),
    Field("drift_alarm", "string", "What has moved; null where nothing has", categories=("values", "codes", "silent")),
    Field("is_recent", "boolean", "Whether it is the hospital's last quarter, or the one before"),
    Field(
        "length_of_stay_hours", "double",
        "End minus start of the visit, in whole days where only days are known; null without an end or beside a day",
        unit="h", minimum=0,
    ),
    Field("age_at_visit_years", "int", "Age in whole years when the visit began", unit="a", minimum=0, maximum=130),
    Field("condition_count", "bigint", "Conditions recorded in the visit", minimum=0),
    Field("procedure_count", "bigint", "Procedures done in the visit", minimum=0),
    Field("drug_count", "bigint", "Orders, administrations and dispensings in the visit", minimum=0),
    Field("measurement_count", "bigint", "Values measured in the visit", minimum=0),
    Field("prior_visit_count", "bigint", "Visits that began in the 365 days before this one began", minimum=0),
    Field(
        "is_readmitted_30_days", "boolean",
        "Another inpatient stay began within (end, end + 30 days]; null but for a stay that the person left alive",
    ),
    Field("hospitals", "array<string>", "All hospitals that sent it, in alphabetical order"),
)  # fmt: skip
