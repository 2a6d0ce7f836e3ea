"""The files of PhysioNet's Challenge 2012: a file of series a stay, the outcomes, and the table that sums stays up."""

from __future__ import annotations

from twinlake.declare.source import Feed, csv_feed

VITALS = ("DiasABP", "GCS", "Glucose", "HR", "MAP", "NIDiasABP", "NIMAP", "NISysABP", "RespRate", "SaO2", "Temp")
OTHERS = (
    "ALP", "ALT", "AST", "Albumin", "BUN", "Bilirubin", "Cholesterol", "Creatinine", "FiO2", "HCO3", "HCT", "K",
    "Lactate", "Mg", "Na", "PaCO2", "PaO2", "Platelets", "SysABP", "TroponinI", "TroponinT", "WBC", "Weight", "pH",
)  # fmt: skip
SUMMARISED = (
    *(f"{name}_{statistic}" for statistic in ("first", "last", "lowest", "highest", "median") for name in VITALS),
    *(f"{name}_{statistic}" for statistic in ("first", "last") for name in OTHERS),
)
OUTCOMES = ("SAPS-I", "SOFA", "Length_of_stay", "Survival", "In-hospital_death")
ABOUT = ("Age", "Gender", "Height", "Weight", "CCU", "CSRU", "SICU")
WHOLE_WINDOW = ("MechVentStartTime", "MechVentDuration", "MechVentLast8Hour", "UrineOutputSum")

DESCRIPTORS = "parameter in ('RecordID', 'Age', 'Gender', 'ICUType')"
MISSING = "ifnull(try_cast(value as double) = -1 or value is null, false)"
VENTILATION = "parameter = 'MechVent'"

SERIES = Feed(
    name="series", files=r"(?:set-[abc]/)?\d+\.txt", wire="icu_series",
    schema="time string, parameter string, value string", delivery="increment",
    unmapped={
        "says who is in which unit: read into the person and the visit": DESCRIPTORS,
        "-1, or nothing, stands where nobody wrote a value": MISSING,
    },
)  # fmt: skip
FEEDS = (
    SERIES,
    csv_feed(
        "outcomes", r"(?:set-[abc]/)?Outcomes-[abc]\.txt", ",".join(("RecordID", *OUTCOMES)), "increment",
        key=("RecordID",), person="RecordID",
    ),
    csv_feed(
        "summary", r"PhysionetChallenge2012-set-[abc]\.csv",
        ",".join(("recordid", *OUTCOMES, *ABOUT, *SUMMARISED, *WHOLE_WINDOW)), "increment",
        key=("recordid",), person="recordid",
    ),
)  # fmt: skip
IGNORED = {r"(?:set-[abc]/)?(?:README|LICENSE|SHA256SUMS)[\w.]*": "papers of the data set"}
