"""How much of a person's blood glucose do weight, lipids, heart rate and age tell at the moment it is measured?

Population: every glucose measurement of every person. What the answer cannot be used for: it is an association within
one moment, not a forecast, and no reason to treat.
"""

from __future__ import annotations

from types import MappingProxyType

from twinlake.catalog.gold.blood_glucose_feature import LABEL, LOOKBACK_DAYS, blood_glucose_feature
from twinlake.declare.model import Feature, Learner, Promotion, model

WEIGHT = Feature("body_weight_kg", panel="weight")
LIPIDS = tuple(
    Feature(column, panel="lipids")
    for column in (
        "total_cholesterol_mg_per_dl", "hdl_cholesterol_mg_per_dl", "ldl_cholesterol_mg_per_dl",
        "triglycerides_mg_per_dl",
    )
)  # fmt: skip
HEART_RATE = Feature("heart_rate_per_min", panel="heart_rate")
AGE = Feature("age_at_index_years", is_measured=False)

blood_glucose = model(
    __name__,
    __doc__,
    kind="value",
    target="a person at a moment when glucose was measured",
    outcome="blood glucose",
    feature_table=blood_glucose_feature,
    label=LABEL,
    lookback_days=LOOKBACK_DAYS,
    baseline="mean of the training rows",
    learners=(
        Learner("weight", "LinearRegression", (WEIGHT,)),
        Learner(
            "multiple",
            "LinearRegression",
            (WEIGHT, *LIPIDS, HEART_RATE, AGE),
            # Total cholesterol is nearly the sum of its parts: a little ridge keeps the coefficients apart.
            MappingProxyType({"regParam": 0.01, "elasticNetParam": 0.0}),
        ),
    ),
    promotion=Promotion(metric="mse", minimum_heldout_persons=20),
)
