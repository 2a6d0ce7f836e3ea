"""An imputation is measured on hidden values of persons it never saw, and beats the mean where something is told."""

from __future__ import annotations

import datetime as dt
import json

import numpy as np
import pytest
from pyspark.sql import functions as F

from twinlake.catalog.gold.imputed_vitals import imputed_vitals
from twinlake.catalog.models.missing_vitals import missing_vitals
from twinlake.engine.imputing import HIDDEN_SHARE, LEARNERS, MULTIVARIATE, fit_all, predict, rows
from twinlake.engine.preparation import BUCKETS
from twinlake.engine.scoring import load_champion
from twinlake.engine.tracking import ModelStore
from twinlake.engine.training import refusal, train

SCHEMA = (
    "person_id bigint, measurement_date date, age_at_index_years int, is_female boolean, "
    "known_vitals array<struct<vital_name:string,unit_code:string,value:double,observed_on:date>>"
)
START = dt.date(2020, 1, 1)


def drawn(spark, *, is_told: bool = True, persons: int = 150):
    """Six days a person, 40 days apart: weight follows height and stays, systolic pressure follows diastolic.

    Each sign is missing in three days of ten. With `is_told` false the signs know nothing of each other or the past.
    """
    draw, made = np.random.default_rng(7), []
    for person in range(persons):
        size, pressure, known = draw.normal(), draw.normal(), {}
        for visit in range(6):
            size, pressure = (draw.normal(size=2)) if not is_told else (size, draw.normal())
            free = draw.normal(size=4) if not is_told else np.array([size, size, pressure, pressure])
            height, weight, low, high = free + 0.1 * draw.normal(size=4)
            day = START + dt.timedelta(days=40 * visit)
            taken = {"height": 170 + 10 * height, "weight": 70 + 12 * weight, "heart_rate": draw.normal(70, 8),
                     "diastolic_blood_pressure": 80 + 8 * low, "systolic_blood_pressure": 120 + 12 * high}  # fmt: skip
            known |= {v: (v, "u", float(x), day) for v, x in taken.items() if draw.random() > 0.3}
            if any(each[3] == day for each in known.values()):
                made.append((person, day, 40, person % 2 == 0, sorted(known.values())))
    return spark.createDataFrame(made, SCHEMA)


@pytest.fixture(scope="module")
def features(spark):
    return drawn(spark).localCheckpoint()


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    return ModelStore(f"sqlite:///{home}/mlflow/mlflow.db", f"{home}/mlflow/artifacts")


@pytest.fixture(scope="module")
def run(features, store):
    return train(missing_vitals, features, publication_id="p1", data_digest="d1", store=store)


@pytest.fixture(scope="module")
def champion(run, store):
    assert run.is_champion, run.reason
    return load_champion(missing_vitals, store)


def test_what_was_taken_that_day_and_what_was_known_before(spark) -> None:
    first, later = START, START + dt.timedelta(days=3)
    days = [(1, first, 50, True, [("weight", "kg", 80.0, first)]),
            (1, later, 50, True, [("heart_rate", "/min", 60.0, later), ("weight", "kg", 80.0, first)])]  # fmt: skip
    found = rows(missing_vitals, spark.createDataFrame(days, SCHEMA)).orderBy("index_datetime")
    names = ("weight", "weight_last", "weight_age_days", "heart_rate", "heart_rate_last", "label")
    assert [tuple(r) for r in found.select(*names).collect()] == [
        (80.0, None, None, None, None, 1.0), (None, 80.0, 3, 60.0, None, 1.0),
    ]  # fmt: skip


def test_it_beats_the_mean_by_what_the_signs_tell_each_other(run) -> None:
    errors = {name: run.metric("rmse", name) for name in LEARNERS}
    assert errors["baseline"] == pytest.approx(1, abs=0.05)
    # A panel is hidden whole: height and weight by their last values, the pressures by nothing at all.
    assert errors["as_declared"] < errors["last_value"]
    assert errors["as_declared"] < 0.92 * errors["baseline"]
    own = {(m["part"], m["learner"]): m["value"] for m in json.loads(run.metrics) if m["name"] == "rmse"}
    assert own["weight", "as_declared"] < 0.6 * own["weight", "baseline"]
    assert own["weight", "baseline"] == pytest.approx(12, abs=4), "in its own unit, kg"
    hidden = {m["part"]: m["value"] for m in json.loads(run.metrics) if m["name"] == "hidden"}
    assert {"weight", "height", "heart_rate"} <= set(hidden)


def test_only_hidden_values_and_whose_they_are_count_as_evidence(spark, run) -> None:
    hidden = [m["value"] for m in json.loads(run.metrics) if m["name"] == "hidden"]
    assert run.heldout_rows == sum(hidden)
    days = [(person, START, 40, True, [("weight", "kg", 60.0 + person, START)]) for person in range(100)]
    features, seed = spark.createDataFrame(days, SCHEMA), F.lit(missing_vitals.split.seed)
    midnight = F.col("measurement_date").cast("timestamp")
    hashes = (F.xxhash64(seed, "person_id"), F.xxhash64(seed, "person_id", midnight, F.lit("body")))
    shares = (missing_vitals.split.heldout_share, HIDDEN_SHARE)
    for share, of in zip(shares, hashes, strict=True):
        features = features.where(F.pmod(of, F.lit(BUCKETS)) < round(share * BUCKETS))
    measured = features.count()
    assert 1 < measured < 20
    said = refusal(missing_vitals, spark.createDataFrame(days, SCHEMA))
    assert said == f"no new champion: {measured} held-out persons, 20 needed"


def test_signs_that_tell_nothing_are_no_better_than_their_mean(spark, tmp_path) -> None:
    store = ModelStore(f"sqlite:///{tmp_path}/mlflow/mlflow.db", f"{tmp_path}/mlflow/artifacts")
    chance = train(missing_vitals, drawn(spark, is_told=False), publication_id="p", data_digest="d", store=store)
    assert chance.metric("rmse", MULTIVARIATE) == pytest.approx(chance.metric("rmse", "baseline"), abs=0.03)
    assert not chance.is_champion
    assert "does not beat the baseline" in chance.reason


def test_a_hidden_value_tells_nothing_of_itself(features, champion) -> None:
    """Ten times the hidden weights leave every guess at hidden weights as it was."""
    model, pipeline = missing_vitals, champion.pipeline
    heldout = rows(model, features).withColumn("is_later", F.lit(False))
    place = F.xxhash64(F.lit(model.split.seed), "person_id", "index_datetime", F.lit("body"))
    is_hidden = F.pmod(place, F.lit(BUCKETS)) < round(HIDDEN_SHARE * BUCKETS)
    moved = heldout.withColumn("weight", F.when(is_hidden, F.col("weight") * 10).otherwise(F.col("weight")))
    hidden = [predict(model, {"told": pipeline}, 0.0, r).where("vital_name = 'weight'") for r in (heldout, moved)]
    guessed = [h.agg(F.stddev_pop(F.col("told") * F.col("deviation"))).collect()[0][0] for h in hidden]
    assert guessed[0] == pytest.approx(guessed[1], rel=1e-9)
    assert hidden[1].agg(F.max("deviation")).collect()[0][0] > 100, "the labels did move"


def test_who_says_nothing_of_a_sign_is_measured_on_the_same_values_as_who_does(features) -> None:
    days = rows(missing_vitals, features.where("person_id < 60")).withColumn("is_later", F.lit(False))
    heightless = days.withColumn("height", F.lit(None).cast("double"))
    knows, blind = fit_all(missing_vitals, days)[-1].fitted, fit_all(missing_vitals, heightless)[0].fitted
    error = F.avg(F.pow(F.col("label") - F.col("told"), 2))
    measured = {}
    for name, pipeline in {"knows": knows, "blind": blind}.items():
        signs = predict(missing_vitals, {"told": pipeline}, 0.0, days).groupBy("vital_name")
        found = signs.agg(F.count("label").alias("rows"), F.first("deviation").alias("deviation"), error.alias("error"))
        measured[name] = {row["vital_name"]: row for row in found.collect()}
    for sign, row in measured["knows"].items():
        other = measured["blind"][sign]
        assert (row["rows"], row["deviation"]) == (other["rows"], pytest.approx(other["deviation"]))
    assert measured["blind"]["height"]["error"] == pytest.approx(1), "the mean's error"
    assert measured["knows"]["height"]["error"] < 0.9


def test_the_champion_fills_every_gap_and_leaves_what_was_measured(features, champion) -> None:
    filled = imputed_vitals.build({"missing_vitals": features}, {"missing_vitals": champion})
    seen = ["weight", "height", "heart_rate", "systolic_blood_pressure", "diastolic_blood_pressure"]
    counts = filled.where(F.col("vital_name").isin(seen)).groupBy("imputation_method", "is_missing").count().collect()
    found = {(r["imputation_method"], r["is_missing"]): r["count"] for r in counts}
    assert set(found) == {("measured", False), ("last_value", True), ("multivariate", True)}
    never = filled.where("vital_name = 'glucose'")
    assert never.where("vital_value is not null or imputation_method is not null").isEmpty(), "training never saw it"
    told = filled.where("imputation_method = 'multivariate'")
    assert told.where(F.col("model_version") != champion.version).isEmpty()
    assert filled.where("imputation_method = 'measured' and model_version is not null").isEmpty()


def test_the_same_publication_gives_the_same_version(features, run, tmp_path) -> None:
    store = ModelStore(f"sqlite:///{tmp_path}/mlflow/mlflow.db", f"{tmp_path}/mlflow/artifacts")
    shuffled = features.repartition(3, "age_at_index_years", "person_id").sort(F.rand(1))
    again = train(missing_vitals, shuffled, publication_id="p1", data_digest="d1", store=store)
    assert again.model_version == run.model_version
