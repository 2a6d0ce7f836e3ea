"""What stands for a vital sign that was not taken on a day when others were?

The person's own last value while it is young; else what the day's other signs, all last values, age and sex tell of it.
How long a last value stands as it is, is a judgement of ours: body measures for a season or more, what swings within
hours until the day after.
What the answer cannot be used for: it is no measurement, it narrows the spread of what it fills, and where a sign was
not taken because nobody worried, it is filled as if the person were like those who were measured.
"""

from __future__ import annotations

from twinlake.catalog.gold.vital_day import vital_day
from twinlake.declare.imputation import Carried, imputation
from twinlake.declare.model import Promotion

missing_vitals = imputation(
    __name__,
    __doc__,
    target="a person on a day when any vital sign was taken",
    outcome="the vital signs that were not",
    feature_table=vital_day,
    carried=(
        Carried("weight", days=180, panel="body"),
        Carried("height", days=1825, panel="body"),
        Carried("bmi", days=180, panel="body"),
        Carried("systolic_blood_pressure", days=1, panel="blood_pressure"),
        Carried("diastolic_blood_pressure", days=1, panel="blood_pressure"),
        Carried("heart_rate", days=1, panel="heart_rate"),
        Carried("oxygen_saturation", days=1, panel="oxygen_saturation"),
        Carried("respiratory_rate", days=1, panel="respiratory_rate"),
        Carried("body_temperature", days=1, panel="body_temperature"),
        Carried("glucose", days=1, panel="glucose"),
    ),
    covariates=("age_at_index_years", "is_female"),
    baseline="mean of the training rows",
    promotion=Promotion(metric="rmse", minimum_heldout_persons=20),
)
