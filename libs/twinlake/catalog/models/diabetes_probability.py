"""How probable is a first diagnosis of type 2 diabetes within five years, for a person who has no diabetes today?

Population: persons measured for a year or more, at the first visit of a calendar year, without any diabetes up to that
day, and followed for five years from it or until a death within them: who dies without diabetes never gets it. What
the answer cannot be used for: it is not validated outside the hospitals it was trained on.
"""

from __future__ import annotations

from types import MappingProxyType

from twinlake.catalog.gold.diabetes_feature import (
    FIRST_DAY_AT_RISK,
    LABEL,
    LAST_DAY_AT_RISK,
    LOOKBACK_DAYS,
    diabetes_feature,
)
from twinlake.declare.model import Feature, Learner, Promotion, TimeAtRisk, model

FEATURES = (
    Feature("age_at_index_years", is_measured=False),
    Feature("is_female", panel="sex", is_measured=False),
    Feature("body_weight_kg", panel="body"),
    Feature("bmi_kg_per_m2", panel="body"),
    Feature("systolic_blood_pressure_mmhg", panel="blood_pressure"),
    Feature("diastolic_blood_pressure_mmhg", panel="blood_pressure"),
    Feature("heart_rate_per_min", panel="heart_rate"),
    Feature("total_cholesterol_mg_per_dl", panel="lipids"),
    Feature("hdl_cholesterol_mg_per_dl", panel="lipids"),
    Feature("ldl_cholesterol_mg_per_dl", panel="lipids"),
    Feature("triglycerides_mg_per_dl", panel="lipids"),
    Feature("last_glucose_mg_per_dl", panel="glucose"),
    Feature("hba1c_percent", panel="hba1c"),
)

diabetes_probability = model(
    __name__,
    __doc__,
    kind="probability",
    target="a person without diabetes, at the first visit of a calendar year",
    outcome="type 2 diabetes within 5 years",
    feature_table=diabetes_feature,
    label=LABEL,
    lookback_days=LOOKBACK_DAYS,
    time_at_risk=TimeAtRisk(FIRST_DAY_AT_RISK, LAST_DAY_AT_RISK),
    baseline="prevalence in the training rows",
    learners=(
        Learner(
            "logistic",
            "LogisticRegression",
            FEATURES,
            MappingProxyType({"regParam": 0.01, "elasticNetParam": 0.0, "maxIter": 100, "tol": 1e-9}),
        ),
    ),
    promotion=Promotion(metric="brier", minimum_heldout_persons=50, minimum_events=20),
)
