"""Continuous glucose of a few patients, as the Glucose-ML collection lays it out: a file each, and one of whose.

A day's curve is the sum of a fasting level with a slow circadian wave (the dawn phenomenon: Bolli and Gerich, N Engl J
Med 1984;310:746), of a rise after each of three meals, t/τ·e^(1−t/τ), highest at τ (absorption from the gut as in
Hovorka et al., Physiol Meas 2004;25:905), and of a sensor's noise that lasts from one reading to the next (AR(1):
Breton and Kovatchev, J Diabetes Sci Technol 2008;2:853). Sizes are round numbers of ours; it is no model of insulin.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from twinlake.synthetic.chance import chance
from twinlake.synthetic.chart import Chart
from twinlake.synthetic.shapes import Export as Base

MOST_DIABETIC, MOST_OTHERS, DAYS, MINUTES = 4, 2, 7, 5
FIRST_DAY = datetime(2026, 10, 19)
# SNOMED CT: diabetes mellitus of type 2, of type 1, of either.
DIABETES = ("44054006", "46635009", "73211009")
MEALS = (7.5, 12.5, 19.0)
LIKELY = (40.0, 400.0)
COLUMNS = ("timestamp", "glucose_value_mg_dl")
ROSTER = (
    "person_id", "diabetes_type", "age", "gender", "race_ethnicity", "hba1c_%", "CGM_type",
    "glucose_level_record_count", "average_glucose_level_mg_dl", "count_days_with_CGM_data",
)  # fmt: skip


@dataclass(frozen=True)
class Metabolism:
    """Fasting mg/dL, how high a meal lifts it, minutes to the highest point, and the sensor's noise in mg/dL."""

    fasting: float
    rise: float
    peak_minutes: float
    noise: float = 3.0


HEALTHY, DIABETIC = Metabolism(92, 38, 40), Metabolism(138, 85, 75)


class Export(Base):
    """metadata.csv and `<person>.csv`: the first patients with diabetes and the first without, `DAYS` days each."""

    def begin(self) -> None:
        self.write("metadata.csv", ",".join(ROSTER).encode() + b"\n")
        self._left = {True: MOST_DIABETIC, False: MOST_OTHERS}

    def add(self, chart: Chart) -> str | None:
        is_diabetic = any(row["CODE"] in DIABETES for row in chart.rows("conditions"))
        if not self._left[is_diabetic] or chart.patient["DEATHDATE"] or not chart.rows("encounters"):
            return None
        self._left[is_diabetic] -= 1
        person = f"{self.silo.initials}{self.silo.number('sensor', chart.who.person, 12)}"
        curve = DIABETIC if is_diabetic else HEALTHY
        readings = list(glucose(curve, chance(self.silo.seed, "glucose", chart.who.person)))
        self.write(f"{person}.csv", ",".join(COLUMNS).encode() + b"\n")
        self.write_rows(f"{person}.csv", COLUMNS, ({COLUMNS[0]: when, COLUMNS[1]: value} for when, value in readings))
        mean = sum(value for _, value in readings) / len(readings)
        self.write_rows("metadata.csv", ROSTER, [{
            "person_id": person, "diabetes_type": "T2D" if is_diabetic else "ND", "age": age(chart),
            "gender": chart.patient["GENDER"], "race_ethnicity": chart.patient["RACE"], "hba1c_%": "",
            "CGM_type": "Dexcom G6", "glucose_level_record_count": len(readings),
            "average_glucose_level_mg_dl": round(mean, 1), "count_days_with_CGM_data": DAYS,
        }])  # fmt: skip
        return person


def age(chart: Chart) -> int:
    """Full years on the first day of the readings."""
    born = datetime.fromisoformat(chart.patient["BIRTHDATE"])
    return FIRST_DAY.year - born.year - ((FIRST_DAY.month, FIRST_DAY.day) < (born.month, born.day))


def glucose(who: Metabolism, luck: random.Random) -> Iterator[tuple[str, int]]:
    """A reading each five minutes of the hospital's clock, in mg/dL, within what a sensor shows."""
    meals = [
        (day * 1440 + hour * 60 + luck.gauss(0, 25), luck.uniform(0.6, 1.4)) for day in range(DAYS) for hour in MEALS
    ]
    noise = 0.0
    for minute in range(0, DAYS * 1440, MINUTES):
        noise = 0.8 * noise + luck.gauss(0, who.noise * 0.6)
        dawn = 6 * math.cos(2 * math.pi * (minute / 60 - 7) / 24)
        risen = sum(size * who.rise * meal_rise(minute - start, who.peak_minutes) for start, size in meals)
        value = min(max(who.fasting + dawn + risen + noise, LIKELY[0]), LIKELY[1])
        yield f"{FIRST_DAY + timedelta(minutes=minute):%Y-%m-%d %H:%M:%S}", round(value)


def meal_rise(minutes: float, peak: float) -> float:
    """The share of its highest point that a meal's rise has reached, `minutes` after it; 1 at `peak`, 0 before."""
    return minutes / peak * math.exp(1 - minutes / peak) if minutes > 0 else 0.0
