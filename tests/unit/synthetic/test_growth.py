"""A network grows: each day brings what happened, what comes late, what is repeated, corrected or taken back."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import replace

import orjson
import pytest

from twinlake.declare.errors import ConfigurationError
from twinlake.synthetic import plan as planning
from twinlake.synthetic.clone import Clone
from twinlake.synthetic.growth import changes_of, fate
from twinlake.synthetic.network import day_told, grow_network, make_network
from twinlake.synthetic.plan import REFERENCE, Asked, Plan, amended, charts
from twinlake.synthetic.silo import silos
from twinlake.synthetic.synthea import Population
from twinlake.synthetic.truth import read_table

PERSONS, DAY = 60, REFERENCE + 3
DATE = "2026-11-04"
SILOS = {silo.folder: silo for silo in silos(6, 7)}


@pytest.fixture
def network(monkeypatch, planned, tmp_path):
    """Makes the network of the tiny population in a folder."""
    monkeypatch.setattr(planning, "population", lambda *_: Population(planned(tmp_path).folder))

    def make(name):
        make_network(PERSONS, 6, 7, tmp_path / name, lambda _: None)
        return tmp_path / name

    return make


def digest(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file() and DATE in str(path))
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_a_day_is_the_same_whatever_days_were_made_before_it(network):
    one, other = network("one"), network("other")
    grow_network(one, DAY, lambda _: None)
    for day in (REFERENCE + 1, REFERENCE + 2, DAY):
        grow_network(other, day, lambda _: None)
    assert digest(one) == digest(other) and len(digest(one)) > 20
    assert sorted(path.name for path in one.iterdir()) == ["feeds", "truth"]


def test_a_day_tells_of_the_visits_of_its_truth_and_a_snapshot_of_all(network):
    made = network("one")
    day = grow_network(made, DAY, lambda _: None)
    changes = list(read_table(day.truth, "changes"))
    told = {change["visit"] for change in changes if change["hospital"] == "northgate"} - {""}
    sent = b"".join(path.read_bytes() for path in made.glob(f"feeds/northgate/fhir_bundle/{DATE}/bundle-*"))
    entries = [line.partition(b'"resource":')[2].rstrip(b",")[:-1] for line in sent.splitlines()[1:-1]]
    encounters = [orjson.loads(one) for one in entries if b'"resourceType":"Encounter"' in one]
    assert {encounter["id"] for encounter in encounters} == told
    before, after = (
        made.joinpath("feeds/lakeside/synthea_csv", folder, "encounters.csv").read_text().splitlines()
        for folder in ("", DATE)
    )
    new = {c["visit"] for c in changes if c["hospital"] == "lakeside" and c["kind"] in ("new_visit", "late_visit")}
    assert set(before) <= set(after) and new <= {line.split(",")[0] for line in after} and len(after) >= len(before)


def test_day_by_day_each_visit_is_new_once_and_the_state_is_what_was_told_so_far(plan):
    def on(day):
        return charts(Plan(Asked(400, 3, 7), plan.folder, today=day), 0)

    def state(day):
        return {(chart.who.person, visit.key) for chart in on(day) for visit in chart.desk.visits}

    days = range(REFERENCE + 1, REFERENCE + 13)
    told = Counter(
        change.visit
        for day in days
        for chart in on(day)
        for change in changes_of(chart, SILOS[chart.who.hospital])
        if change.kind in ("new_visit", "late_visit")
    )
    assert set(told.values()) == {1}
    assert len(told) == len(state(days[-1]) - state(REFERENCE)) > 30


def test_what_becomes_of_visits_comes_at_its_rates(plan):
    clones = [Clone(plan.base, 7, number, REFERENCE) for number in range(1500)]
    fates = [fate(clone, visit) for clone in clones for visit in plan.base.index.visits[clone.original]]
    shares = {name: sum(bool(getattr(f, name)) for f in fates) / len(fates) for name in
              ("is_late", "repeated", "corrected", "withdrawn")}  # fmt: skip
    # 9,000 visits: three standard errors are 0.7, 0.45, 0.4 and 0.25 percent.
    for name, (rate, error) in {
        "is_late": (0.05, 0.007), "repeated": (0.02, 0.0045), "corrected": (0.015, 0.004), "withdrawn": (0.005, 0.0025),
    }.items():  # fmt: skip
        assert abs(shares[name] - rate) < error, name
    assert all(f.delivered < f.corrected <= f.delivered + 7 for f in fates if f.corrected)


@pytest.fixture
def amended_charts(plan):
    """A person's home chart on a day on which results of a visit are amended, and its news."""

    def find(name):
        everybody = replace(plan, asked=replace(plan.asked, patients=2000))
        for number in range(2000):
            clone = Clone(plan.base, 7, number, REFERENCE)
            for visit in plan.base.index.visits[clone.original]:
                day = getattr(fate(clone, visit), name)
                if day > REFERENCE and not fate(clone, visit).repeated:
                    one = Plan(everybody.asked, plan.folder, part_size=1, today=day)
                    return next(c for c in charts(one, number) if visit in c.desk.visits), visit
        raise AssertionError(name)

    return find


def test_a_corrected_result_is_sent_again_a_tenth_higher_and_says_so(plan, amended_charts):
    chart, visit = amended_charts("corrected")
    plain = {row["CODE"]: row["VALUE"] for row in replace(chart.clone, amended={}).rows("observations", [visit.key])}
    rows = [row for row in chart.news.rows("observations") if row["ENCOUNTER"] == chart.id_of(visit.key)]
    assert {row["STATUS"] for row in rows} == {"C"} and chart.clone.amended == {visit.key: "corrected"}
    assert all(float(row["VALUE"]) == pytest.approx(1.1 * float(plain[row["CODE"]]), rel=0.01) for row in rows)
    statuses = Counter(orjson.loads(line)["status"] for line in chart.news.lines("Observation"))
    assert statuses["corrected"] == len(rows)


def test_results_that_were_taken_back_are_said_to_be_and_a_snapshot_leaves_them_out(amended_charts):
    chart, visit = amended_charts("withdrawn")
    here = chart.id_of(visit.key)
    assert {row["STATUS"] for row in chart.news.rows("observations") if row["ENCOUNTER"] == here} == {"D"}
    assert here not in {row["ENCOUNTER"] for row in chart.rows("observations")}
    assert here in {row["Id"] for row in chart.rows("encounters")}
    assert "entered-in-error" in {orjson.loads(line)["status"] for line in chart.news.lines("Observation")}


def test_nothing_of_old_visits_is_amended(plan):
    clone = Clone(plan.base, 7, 3, REFERENCE + 300)
    assert amended(clone, plan.base.index.visits[clone.original][:1]) == {} or clone.days > 280


@pytest.mark.parametrize(("said", "reason"), [("0", "one of 364 days"), ("2026-10-30", "one of 364 days"),
                                              ("soon", "a number of days, 3, or a date")])  # fmt: skip
def test_a_day_that_cannot_be_made_is_refused(network, said, reason):
    made = network("one")
    with pytest.raises(ConfigurationError, match=reason):
        grow_network(made, day_told(said), lambda _: None)


def test_without_a_network_there_is_nothing_to_grow(tmp_path):
    with pytest.raises(ConfigurationError, match="Make one, without --day"):
        grow_network(tmp_path, DAY, lambda _: None)
