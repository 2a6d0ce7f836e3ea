"""Whatever is delivered and corrected later: the history answers what a reader of that day would have known."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import reduce

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.support.text_table import frame
from twinlake.catalog.silver.condition_occurrence import condition_occurrence
from twinlake.catalog.silver.measurement import measurement
from twinlake.catalog.twins.patient_state_history import patient_state_history, state_known_on

EPOCH = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
DAYS = st.integers(0, 6)
CODES = {"29463-7": "weight", "8867-4": "heart_rate"}
PERSONS = range(1, 13)
State = set[tuple[int, str, int, float]]


@dataclass(frozen=True)
class Said:
    """What one delivery said of one fact; without a value it withdrew it."""

    fact: int
    person: int
    code: str
    delivered: int
    observed: int
    value: float | None
    hospital: str


@st.composite
def deliveries(draw) -> list[Said]:
    """A few facts, each said one to three times on different days, any version changing value, time, or withdrawing."""
    log, fact = [], 0
    for person in PERSONS:
        for _ in range(draw(st.integers(0, 3))):
            fact += 1
            code, hospital = draw(st.sampled_from(sorted(CODES))), draw(st.sampled_from("ab"))
            for day in draw(st.lists(DAYS, min_size=1, max_size=3, unique=True)):
                value = draw(st.none() | st.integers(50, 53).map(float))
                log.append(Said(fact, person, code, day, draw(DAYS), value, hospital))
    return log


def versions(log: Iterable[Said]) -> list[tuple[Said, int | None]]:
    """Each thing said, with the day that replaced it, as the engine keeps silver and its superseded rows."""
    said = sorted(log, key=lambda s: (s.fact, s.delivered))
    after = [*said, None][1:]
    until = [b.delivered if b and b.fact == a.fact else None for a, b in zip(said, after, strict=True)]
    return [(a, end) for a, end in zip(said, until, strict=True) if a.value is not None]


def drawn(rows: list[tuple[Said, int | None]]) -> str:
    header = (
        "measurement_id|person_id|measurement_code|measurement_vocabulary|measurement_datetime|value_as_number|hospital"
        "|known_from|known_until"
    )
    lines = [
        f"{s.fact}|{s.person}|{s.code}|LOINC|{day(s.observed)}|{s.value}|{s.hospital}|{day(s.delivered)}|{day(end)}"
        for s, end in rows
    ]
    return "\n".join([header, *lines])


def day(number: int | None) -> str:
    return "" if number is None else as_date(number).isoformat()


def oracle(log: list[Said], valid: int, known: int) -> State:
    """Read the deliveries up to `known` in order, the last word on each fact wins; then the latest observation."""
    heard: dict[int, Said] = {}
    for said in sorted((s for s in log if s.delivered <= known), key=lambda s: s.delivered):
        heard[said.fact] = said
    state: dict[tuple[int, str], tuple[int, float]] = {}
    for said in heard.values():
        if said.value is not None and said.observed <= valid:
            key = (said.person, CODES[said.code])
            state[key] = max(state.get(key, (-1, 0.0)), (said.observed, said.value))
    return {(*key, *told) for key, told in state.items()}


def answer(spark, log: list[Said], days: list[tuple[int, int]]) -> list[State]:
    """What the history says on each pair of a valid and a known day, all asked in one query."""
    from pyspark.sql import functions as F

    rows = versions(log)
    standing = frame(spark, drawn([row for row in rows if row[1] is None]), measurement).drop("known_until")
    superseded = frame(spark, drawn([row for row in rows if row[1] is not None]), measurement)
    nothing = frame(spark, "person_id", condition_occurrence)
    history = patient_state_history.build(standing, superseded, nothing).cache()
    asked = [state_known_on(history, *map(as_date, pair)).withColumn("asked", F.lit(n)) for n, pair in enumerate(days)]
    found = reduce(lambda above, below: above.union(below), asked).collect()
    history.unpersist()
    told = [(r.asked, (r.person_id, r["item"], r.observed_at.astimezone(dt.UTC), r.value_as_number)) for r in found]
    return [{(p, i, (at - EPOCH).days, v) for n, (p, i, at, v) in told if n == asked} for asked in range(len(days))]


def as_date(number: int) -> dt.date:
    return (EPOCH + dt.timedelta(days=number)).date()


PAIRS = st.lists(st.tuples(DAYS, DAYS), min_size=4, max_size=4)
# Each example is a Spark job: a failure is shown as it was found, for shrinking it takes minutes.
FEW = settings(max_examples=6, phases=(Phase.generate,), suppress_health_check=list(HealthCheck))


@FEW
@given(log=deliveries(), days=PAIRS)
def test_the_history_answers_what_a_reader_of_that_day_would_have_known(spark, log, days) -> None:
    assert answer(spark, log, days) == [oracle(log, valid, known) for valid, known in days]


@FEW
@given(log=deliveries(), later=deliveries(), days=PAIRS)
def test_what_is_delivered_later_does_not_change_what_was_known(spark, log, later, days) -> None:
    facts = {said.fact: said for said in log}
    corrections = [
        replace(facts[said.fact], delivered=7 + said.delivered, observed=said.observed, value=said.value)
        for said in later
        if said.fact in facts
    ]
    assert answer(spark, [*log, *corrections], days) == answer(spark, log, days)
