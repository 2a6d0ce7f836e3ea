"""Drug columns of the Health Facts extract (UCI 296) → ATC.

A column tells neither product, strength nor form, and `insulin` is any of them: ATC's substance, or for a combination
its pair of classes, is what it says. `examide` and `citoglipton` are no drugs that ATC knows (both were never given).
"""

from __future__ import annotations

DRUG_COLUMNS = {
    "metformin": "A10BA02",
    "repaglinide": "A10BX02",
    "nateglinide": "A10BX03",
    "chlorpropamide": "A10BB02",
    "glimepiride": "A10BB12",
    "acetohexamide": "A10BB31",
    "glipizide": "A10BB07",
    "glyburide": "A10BB01",
    "tolbutamide": "A10BB03",
    "pioglitazone": "A10BG03",
    "rosiglitazone": "A10BG02",
    "acarbose": "A10BF01",
    "miglitol": "A10BF02",
    "troglitazone": "A10BG01",
    "tolazamide": "A10BB05",
    "examide": None,
    "citoglipton": None,
    "insulin": "A10A",
    "glyburide-metformin": "A10BD02",
    "glipizide-metformin": "A10BD02",
    "glimepiride-pioglitazone": "A10BD06",
    "metformin-rosiglitazone": "A10BD03",
    "metformin-pioglitazone": "A10BD05",
}
