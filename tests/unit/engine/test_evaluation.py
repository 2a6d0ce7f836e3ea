"""Figures of held-out persons, against plain Python."""

from __future__ import annotations

import json
import math

import pytest
from pyspark.sql import functions as F

from twinlake.catalog.models.blood_glucose import blood_glucose
from twinlake.catalog.models.diabetes_probability import diabetes_probability
from twinlake.engine.calibration import calibration_bins, calibration_metrics
from twinlake.engine.evaluation import HELDOUT, LATER, evaluate
from twinlake.engine.intervals import bootstrap, wilson
from twinlake.engine.promotion import Evidence, decide
from twinlake.engine.resampling import STATISTICS

PREDICTED = (
    "person_id bigint, index_datetime timestamp, is_later boolean, label double, multiple double, baseline double"
)


def predicted(spark, rows):
    import datetime as dt

    start = dt.datetime(2020, 1, 1)
    full = [(n, start, n % 2 == 0, float(label), float(said), base) for n, (label, said, base) in enumerate(rows)]
    return spark.createDataFrame(full, PREDICTED)


def figures(metrics, part=HELDOUT):
    return {(m.learner, m.name): m.value for m in metrics if m.part == part}


def test_errors_of_a_value_are_those_of_the_textbook(spark):
    # Errors 1, -2, 3: MSE 14/3. The labels' mean is 20, their spread around it 200: R² is 1 - 14/200.
    rows = predicted(spark, [(10, 9, 20.0), (20, 22, 20.0), (30, 27, 20.0)])
    found = figures(evaluate(blood_glucose, rows, ("baseline", "multiple")))
    assert found["multiple", "mse"] == pytest.approx(14 / 3)
    assert found["multiple", "rmse"] == pytest.approx(math.sqrt(14 / 3))
    assert found["multiple", "r2"] == pytest.approx(1 - 14 / 200)
    assert found["baseline", "r2"] == pytest.approx(0)


def test_discrimination_counts_pairs_and_a_tie_is_half_a_pair(spark):
    # Events .8 .4, others .4 .2 .1: pairs won 3 + 2.5 of 6.
    rows = predicted(spark, [(1, 0.8, 0.4), (1, 0.4, 0.4), (0, 0.4, 0.4), (0, 0.2, 0.4), (0, 0.1, 0.4)])
    metrics = evaluate(diabetes_probability, rows, ("baseline", "multiple"))
    found = figures(metrics)
    assert found["multiple", "auroc"] == pytest.approx(5.5 / 6)
    assert found["multiple", "brier"] == pytest.approx((0.04 + 0.36 + 0.16 + 0.04 + 0.01) / 5)
    assert found["baseline", "auroc"] == 0.5
    assert found["baseline", "auprc"] == pytest.approx(0.4)
    assert ("multiple", "auroc") in figures(metrics, LATER)


def test_no_held_out_rows_give_no_figures(spark):
    assert evaluate(blood_glucose, predicted(spark, []), ("baseline", "multiple")) == ()


def test_resampled_curves_are_mllibs_where_every_person_is_drawn_once(spark):
    import numpy as np

    draw = np.random.default_rng(7)
    labels, scores = draw.integers(0, 2, 60).astype(float), np.round(draw.random(60), 1)
    rows = predicted(spark, [(a, b, 0.5) for a, b in zip(labels, scores, strict=True)])
    found = figures(evaluate(diabetes_probability, rows, ("multiple",)))
    order = np.argsort(-scores, kind="stable")
    for name in ("auroc", "auprc", "brier"):
        assert STATISTICS[name](labels[order], scores[order], np.ones(60)) == pytest.approx(found["multiple", name])


def test_bins_of_a_calibrated_forecast_show_no_error(spark):
    rows = predicted(spark, [(n % 4 == 0, 0.25, 0.25) for n in range(40)])
    bins = calibration_bins(rows, "multiple")
    assert [each.rows for each in bins] == [4] * 10
    found = figures(calibration_metrics(rows, "multiple", bins, minimum_events=20))
    assert found == {("multiple", "ece"): pytest.approx(0)}


def test_overstated_log_odds_have_a_calibration_slope_below_one(spark):
    # Said .9 and .1, true 3/4 and 1/4: the slope is log 3 / log 9.
    told = [(n % 4 != 0, 0.9, 0.5) for n in range(40)] + [(n % 4 == 0, 0.1, 0.5) for n in range(40)]
    rows = predicted(spark, told)
    found = figures(calibration_metrics(rows, "multiple", calibration_bins(rows, "multiple"), minimum_events=20))
    assert found["multiple", "calibration_slope"] == pytest.approx(0.5, abs=1e-4)
    assert found["multiple", "calibration_intercept"] == pytest.approx(0, abs=1e-4)
    assert found["multiple", "ece"] == pytest.approx(0.15)


def test_yearly_rows_of_one_person_are_one_witness(spark):
    """Twenty persons of five rows each, two of them with the outcome in all: 10 events of 100 rows, 2 of 20 persons."""
    rows = predicted(spark, [(n < 10, 0.1, 0.1) for n in range(100)])
    repeated = rows.withColumn("person_id", F.expr("person_id div 5"))
    # A bin holds ten rows, of two persons: the first ten have the outcome.
    first, *others = calibration_bins(repeated, "multiple")
    assert (first.rows, first.events, first.persons) == (10, 10, 2)
    assert (first.interval, others[0].interval) == (wilson(2, 2), wilson(0, 2))
    told = figures(calibration_metrics(repeated, "multiple", (first, *others), minimum_events=3))
    assert set(told) == {("multiple", "ece")}, "ten rows with the outcome, two persons"


def test_unequal_rows_of_persons_tell_less_than_as_many_persons(spark):
    # One person of five rows and five of one in a bin of ten: (5 + 5) squared over 25 + 5.
    rows = predicted(spark, [(0, 0.1, 0.1)] * 100)
    mixed = rows.withColumn("person_id", F.expr("if(person_id % 10 < 5, person_id div 10 * 10, person_id)"))
    assert [each.persons for each in calibration_bins(mixed, "multiple")] == [pytest.approx(100 / 30)] * 10


def test_wilsons_interval_is_the_published_one():
    # Newcombe 1998 (doi:10.1002/(SICI)1097-0258(19980430)17:8<857::AID-SIM777>3.0.CO;2-E), table I, method 3.
    for events, total, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611)):
        interval = wilson(events, total)
        assert (round(interval.low, 4), round(interval.high, 4)) == (low, high)
    assert wilson(0, 0).high == 1.0


def test_a_bootstrap_interval_of_a_mean_is_near_its_standard_error():
    import numpy as np

    values = np.random.default_rng(5).normal(0, 1, 400)
    interval = bootstrap(lambda weights: float(np.average(values, weights=weights)), 400, seed=1)
    assert interval is not None
    assert interval.high - interval.low == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.15)
    assert interval == bootstrap(lambda weights: float(np.average(values, weights=weights)), 400, seed=1)
    assert bootstrap(lambda weights: math.nan, 0, seed=1) is None


def test_an_interval_of_more_persons_than_are_drawn_from_is_that_of_all(spark):
    """Of 40,000 persons half are drawn from: the interval is of the value of all, and as narrow as all make it.

    The outcome comes in a quarter, and 0.25 is said of all: squared errors of 0.5625 and 0.0625, of which the mean has
    a standard error of 0.5 * sqrt(0.25 * 0.75 / 40,000).
    """
    rows = spark.range(40_000).selectExpr(
        "id person_id", "timestamp '2020-01-01' index_datetime", "false is_later",
        "cast(pmod(xxhash64(id), 4) = 0 as double) label", "0.25D multiple",
    )  # fmt: skip
    brier, *_ = evaluate(diabetes_probability, rows, ("multiple",))
    error = 0.5 * math.sqrt(0.25 * 0.75 / 40_000)
    assert brier.name == "brier" and brier.low < brier.value < brier.high
    assert brier.high - brier.low == pytest.approx(2 * 1.96 * error, rel=0.08)
    assert (brier.low, brier.high) == pytest.approx(
        (brier.value - 1.96 * error, brier.value + 1.96 * error), rel=0, abs=0.4 * error
    )


def test_too_few_events_are_told_with_count_and_interval():
    verdict = decide(diabetes_probability, Evidence(persons=148, events=15, value=0.05, baseline=0.06))
    assert not verdict.is_champion
    assert "15 held-out events among 148 persons (95 % Wilson interval 6.2 to 16.0 %), 20 needed" in verdict.reason


def test_a_champion_beats_the_baseline_and_is_no_worse_than_the_one_before():
    enough = {"persons": 500, "events": 40}
    assert decide(diabetes_probability, Evidence(**enough, value=0.05, baseline=0.06, champion=0.05)).is_champion
    assert not decide(diabetes_probability, Evidence(**enough, value=0.05, baseline=0.06, champion=0.04)).is_champion
    assert not decide(diabetes_probability, Evidence(**enough, value=0.06, baseline=0.06)).is_champion
    assert not decide(diabetes_probability, Evidence(**enough, value=None, baseline=None)).is_champion


def test_figures_are_plain_json(spark):
    rows = predicted(spark, [(10, 9, 20.0), (20, 22, 20.0)])
    metrics = evaluate(blood_glucose, rows, ("multiple",))
    assert json.loads(json.dumps([vars(metric) for metric in metrics]))
