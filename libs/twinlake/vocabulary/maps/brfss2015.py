"""The columns of the BRFSS 2015 health indicators (UCI 891): what was asked, and what the steps of an answer mean.

The labels are general knowledge of the CDC's 2015 codebook, which was not read for this; the variable stands in
brackets. The extract writes every answer as a float (`1.0`) and has folded it: no is 0, yes is 1, a day count of 88
(none) is 0; prediabetes counts as no diabetes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

YES_NO = {"0": "no", "1": "yes"}


@dataclass(frozen=True)
class Question:
    """One column: its question, the words of its steps, and the unit where the answer is a number."""

    asked: str
    words: Mapping[str, str] = field(default_factory=lambda: MappingProxyType(YES_NO))
    unit: str | None = None


def _days(asked: str) -> Question:
    return Question(asked, {}, "d")


QUESTIONS = {
    "Diabetes_binary": Question("Ever told you have diabetes; not only in pregnancy, not prediabetes [DIABETE3]"),
    "HighBP": Question("Ever told you have high blood pressure [_RFHYPE5]"),
    "HighChol": Question("Ever told your blood cholesterol is high [TOLDHI2]"),
    "CholCheck": Question("Cholesterol checked within the past five years [_CHOLCHK]"),
    "Smoker": Question("Smoked at least 100 cigarettes in your entire life [SMOKE100]"),
    "Stroke": Question("Ever told you had a stroke [CVDSTRK3]"),
    "HeartDiseaseorAttack": Question("Ever had coronary heart disease or myocardial infarction [_MICHD]"),
    "PhysActivity": Question("Physical activity in the past 30 days, job not included [_TOTINDA]"),
    "Fruits": Question("Fruit once or more a day [_FRTLT1]"),
    "Veggies": Question("Vegetables once or more a day [_VEGLT1]"),
    "HvyAlcoholConsump": Question("Heavy drinking: men over 14, women over 7 drinks a week [_RFDRHV5]"),
    "AnyHealthcare": Question("Any kind of health care coverage [HLTHPLN1]"),
    "NoDocbcCost": Question("Needed a doctor in the past 12 months and could not because of cost [MEDCOST]"),
    "GenHlth": Question(
        "Health in general [GENHLTH]", {"1": "excellent", "2": "very good", "3": "good", "4": "fair", "5": "poor"}
    ),
    "MentHlth": _days("Days of poor mental health in the past 30 [MENTHLTH]"),
    "PhysHlth": _days("Days of poor physical health in the past 30 [PHYSHLTH]"),
    "DiffWalk": Question("Serious difficulty walking or climbing stairs [DIFFWALK]"),
    "Age": Question(
        "Age in steps of five years [_AGEG5YR]",
        {"1": "18-24", **{str(n): f"{15 + 5 * n}-{19 + 5 * n}" for n in range(2, 13)}, "13": "80-99"},
    ),
    "Education": Question(
        "Highest grade of school [EDUCA]",
        {
            "1": "never or kindergarten only", "2": "grades 1 to 8", "3": "grades 9 to 11",
            "4": "grade 12 or GED", "5": "college 1 to 3 years", "6": "college 4 years or more",
        },
    ),
    "Income": Question(
        "Income of the household in a year [INCOME2]",
        {
            "1": "less than $10,000", "2": "$10,000 to less than $15,000", "3": "$15,000 to less than $20,000",
            "4": "$20,000 to less than $25,000", "5": "$25,000 to less than $35,000",
            "6": "$35,000 to less than $50,000", "7": "$50,000 to less than $75,000", "8": "$75,000 or more",
        },
    ),
}  # fmt: skip
