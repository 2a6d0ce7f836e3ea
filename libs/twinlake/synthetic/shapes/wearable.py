"""Watches of a few patients: heart rate, steps and sleep, drawn from a day's rhythm.

The heart's resting rate follows the clock as a cosine that is lowest before dawn (that it has such a rhythm of its own:
Vandewalle et al., J Sleep Res 2007;16:148), and walking adds to it. Steps and sleep come from the hours a person
keeps: who sleeps does not walk. The sizes are round numbers of ours.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from twinlake.synthetic.chance import chance
from twinlake.synthetic.chart import Chart
from twinlake.synthetic.shapes import Export as Base
from twinlake.synthetic.shapes.genotype import ROSTER, roster_row

MOST_PERSONS, DAYS, MINUTES, BETWEEN_BEATS = 8, 5, 30, 10
FIRST_DAY = datetime(2026, 10, 21)
DEVICE = "Pulse Band 3"
LOWEST_HOUR, AMPLITUDE, PER_STEP = 4, 6.0, 0.015
STAGES = (("light", 90), ("deep", 60), ("light", 75), ("rem", 45), ("awake", 10), ("light", 80), ("rem", 60))
FEEDS = {
    "heart_rate": ("person_id", "timestamp", "heart_rate_bpm", "device"),
    "steps": ("person_id", "start", "end", "steps", "device"),
    "sleep": ("person_id", "start", "end", "stage", "device"),
}


class Export(Base):
    """persons.csv, heart_rate.csv, steps.csv, sleep.csv."""

    def begin(self) -> None:
        for name, columns in {"persons": ("person_id", *ROSTER[1:]), **FEEDS}.items():
            self.write(f"{name}.csv", ",".join(columns).encode() + b"\n")
        self._persons = 0

    def add(self, chart: Chart) -> str | None:
        if self._persons == MOST_PERSONS or chart.patient["DEATHDATE"] or not chart.rows("encounters"):
            return None
        self._persons += 1
        person = f"w-{self.silo.number('account', chart.who.person, 10)}"
        self.write_rows("persons.csv", ("person_id", *ROSTER[1:]), [{"person_id": person, **roster_row(chart)}])
        luck = chance(self.silo.seed, "watch", chart.who.person)
        resting = luck.uniform(54, 72)
        for day in range(DAYS):
            self._day(person, FIRST_DAY + timedelta(days=day), resting, luck)
        return person

    def _day(self, person: str, day: datetime, resting: float, luck: random.Random) -> None:
        wakes = day + timedelta(minutes=round(luck.gauss(7 * 60, 20)))
        walked = list(steps(day, wakes, luck))
        beats = heart_rates(walked, resting, luck)
        slept = sleep_before(wakes)
        always = {"person_id": person, "device": DEVICE}
        span = timedelta(minutes=MINUTES)
        told: dict[str, Iterable[dict[str, object]]] = {
            "heart_rate": ({"timestamp": _local(t), "heart_rate_bpm": rate} for t, rate in beats),
            "steps": ({"start": _local(t), "end": _local(t + span), "steps": many} for t, many in walked if many),
            "sleep": ({"start": _local(t), "end": _local(end), "stage": stage} for t, end, stage in slept),
        }
        for name, rows in told.items():
            self.write_rows(f"{name}.csv", FEEDS[name], ({**always, **row} for row in rows))


def _local(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def steps(day: datetime, wakes: datetime, luck: random.Random) -> Iterator[tuple[datetime, int]]:
    """Steps of each half hour; a waking hour has some on most occasions, the night none."""
    for place in range(24 * 60 // MINUTES):
        moment = day + timedelta(minutes=place * MINUTES)
        is_awake = wakes <= moment < day + timedelta(hours=22, minutes=30)
        yield moment, int(luck.expovariate(1 / 280)) if is_awake and luck.random() < 0.7 else 0


def heart_rates(
    walked: list[tuple[datetime, int]], resting: float, luck: random.Random
) -> Iterator[tuple[datetime, int]]:
    """Beats a minute, three times in each half hour."""
    for moment, many in walked:
        for later in range(0, MINUTES, BETWEEN_BEATS):
            time = moment + timedelta(minutes=later)
            hours = time.hour + time.minute / 60
            rhythm = -AMPLITUDE * math.cos(2 * math.pi * (hours - LOWEST_HOUR) / 24)
            yield time, round(resting + AMPLITUDE + rhythm + PER_STEP * many + luck.gauss(0, 1.5))


def sleep_before(wakes: datetime) -> list[tuple[datetime, datetime, str]]:
    """The stages of the night that ends on waking."""
    start = wakes - timedelta(minutes=sum(minutes for _, minutes in STAGES))
    told = []
    for stage, minutes in STAGES:
        told.append((start, start + timedelta(minutes=minutes), stage))
        start += timedelta(minutes=minutes)
    return told
