"""Clones: other persons with the same lives, a while later, of a density that was asked for."""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import replace
from datetime import date

import orjson
import pytest

from twinlake.declare.errors import ConfigurationError
from twinlake.synthetic.clone import MOST_DAYS_LATER, Clone, kept_visits
from twinlake.synthetic.growth import fate
from twinlake.synthetic.plan import REFERENCE, Asked, Plan, charts, known_desks
from twinlake.synthetic.silo import NAMESPACE, PROFILES, Silo

NUMBERS = range(400)
NEVER = REFERENCE + 2 * MOST_DAYS_LATER


@pytest.fixture
def clone(plan):
    return lambda number, today=NEVER: Clone(plan.base, 7, number, today)


def days_between(told, plain):
    return {
        (date.fromisoformat(one[:10]) - date.fromisoformat(other[:10])).days
        for one, other in zip(told, plain, strict=True)
    }


def test_a_life_is_moved_by_one_number_of_days_in_every_shape(plan, clone):
    who = clone(30)
    visits = [visit.key for visit in plan.base.index.visits[who.original]]
    original = [line.decode().split(",")[1] for key in visits for line in plan.base.lines("encounters", key)]
    moved = days_between([row["START"] for row in who.rows("encounters", visits)], original)
    resources = [orjson.loads(line) for line in who.lines("Observation", visits)]
    plain = [orjson.loads(line) for key in visits for line in plan.base.lines("Observation", key)]
    in_fhir = days_between(*([o["effectiveDateTime"] for o in one] for one in (resources, plain)))
    born = days_between([who.patient_resource()["birthDate"], who.patient["BIRTHDATE"]], ["1980-01-07"] * 2)
    assert moved == in_fhir == born == {who.days} and 0 <= who.days <= MOST_DAYS_LATER


def test_clones_of_one_person_have_ids_names_and_numbers_of_their_own(clone):
    clones = [clone(number) for number in NUMBERS]
    assert len({who.person for who in clones}) == len({who.patient["SSN"] for who in clones}) == len(NUMBERS)
    family = Counter(who.patient["LAST"] for who in clones)
    # The most frequent family name of the Census of 1990 has one percent: four of 400, ten at the very most.
    assert len(family) > 250 and max(family.values()) <= 10
    assert not any(letter.isdigit() for name in family for letter in name)


def test_a_value_differs_by_two_percent_at_most_and_keeps_its_decimals(plan, clone):
    for who in map(clone, range(50)):
        visit = plan.base.index.visits[who.original][0].key
        said = {row["CODE"]: row["VALUE"] for row in who.rows("observations", [visit])}
        # The tiny population's glucose on a first visit is 90.08 mg/dL, its weight 70 kg.
        assert abs(float(said["2339-0"]) / 90.08 - 1) < 0.0201 and len(said["2339-0"].partition(".")[2]) == 2
        fhir = [orjson.loads(line) for line in who.lines("Observation", [visit])]
        values = {o["code"]["coding"][0]["code"]: o["valueQuantity"]["value"] for o in fhir}
        assert str(values["2339-0"]).rstrip("0") == said["2339-0"].rstrip("0")


def test_visits_are_thinned_to_the_density_that_is_asked_for(plan, clone):
    thin = Plan(Asked(400, 3, 7, 10), plan.folder)
    told = [sum(v.events for v in kept_visits(who, thin.share) if v.ended + who.days <= REFERENCE)
            for who in map(clone, NUMBERS)]  # fmt: skip
    # One visit has ten events; the standard error of the mean of 400 is about a third of an event.
    assert thin.share < 0.3 and abs(sum(told) / len(told) - 10) < 1.3


def test_more_events_than_synthea_gives_are_refused(plan):
    with pytest.raises(ConfigurationError, match="Ask for fewer, or for 0"):
        _ = Plan(Asked(5, 3, 7, 5000), plan.folder).share


def test_every_visit_that_was_delivered_is_at_one_desk_and_no_later_one_is_told(plan, clone):
    for who in (replace(clone(number), today=REFERENCE) for number in NUMBERS):
        told = [visit for desk in known_desks(who, plan, ["a", "b", "c"]) for visit in desk.visits]
        happened = [v for v in plan.base.index.visits[who.original] if fate(who, v).delivered <= REFERENCE]
        assert Counter(told) == Counter(happened)


def test_some_persons_are_registered_twice_at_a_hospital(plan):
    everybody = Plan(Asked(600, 4, 7), plan.folder)
    desks = Counter((chart.who.truly, chart.who.hospital) for chart in charts(everybody, 0))
    twice = sum(count == 2 for count in desks.values()) / len(desks)
    # 8 %, of some 800: the standard error is one percent.
    assert 0.05 < twice < 0.11 and max(desks.values()) == 2


def test_what_is_not_over_is_told_without_an_end(plan, clone):
    who = clone(3, today=REFERENCE)
    ended = b'{"resourceType":"Condition","clinicalStatus":{"coding":[{"code":"resolved"}]},"abatementDateTime":"%s"}\n'
    later, before = (who._not_over(ended % day) for day in (b"2026-11-02T09:00:00Z", b"2026-11-01T09:00:00Z"))
    assert orjson.loads(later) == {
        "resourceType": "Condition", "clinicalStatus": {"coding": [{"code": "active", "display": "Active"}]}
    }  # fmt: skip
    assert before == ended % b"2026-11-01T09:00:00Z"


def test_a_fact_that_has_not_begun_is_not_told(plan, clone):
    """Synthea dates some facts after their visit, and some belong to none: a life moved on puts them after today."""
    who = clone(30)
    visit = plan.base.index.visits[who.original][-1]
    begins = visit.began + who.days
    for today, is_told in ((begins - 1, False), (begins, True)):
        then = clone(30, today)
        told = [
            then.rows(table, [visit.key]) for table in ("conditions", "observations", "procedures", "immunizations")
        ]
        told.append(then.lines("Observation", [visit.key]))
        assert [bool(facts) for facts in told] == [is_told] * len(told)


def test_a_hospitals_own_id_is_a_uuid_of_version_5():
    silo = Silo("lakeside", "Lakeside", 7, PROFILES[0])
    assert all(silo.own_id(str(n)) == str(uuid.uuid5(NAMESPACE, f"7|lakeside|{n}")) for n in range(100))
