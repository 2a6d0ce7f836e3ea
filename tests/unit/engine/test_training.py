"""Training is repeatable, looks at nobody it is measured on, and promotes by the model's own rule."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from pyspark.sql import functions as F

from tests.support.model_sample import START, diabetes_rows, glucose_rows, shuffled
from twinlake.catalog.models.blood_glucose import LABEL as GLUCOSE
from twinlake.catalog.models.blood_glucose import blood_glucose
from twinlake.catalog.models.diabetes_probability import LABEL as DIABETES
from twinlake.catalog.models.diabetes_probability import diabetes_probability
from twinlake.engine.champions import champion_state
from twinlake.engine.preparation import labelled_rows, split_rows
from twinlake.engine.tracking import ModelStore, connected
from twinlake.engine.training import refusal, train

# A little penalty less: with none, MLlib's answer is the normal equations'.
PLAIN = replace(
    blood_glucose, learners=tuple(replace(learner, parameters={}) for learner in blood_glucose.learners)
)  # fmt: skip


def new_store(folder: Path) -> ModelStore:
    return ModelStore(f"sqlite:///{folder}/mlflow/mlflow.db", f"{folder}/mlflow/artifacts")


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return new_store(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def features(spark):
    return glucose_rows(spark)


@pytest.fixture(scope="module")
def run(features, store):
    return train(PLAIN, features, publication_id="p1", data_digest="d1", store=store)


def coefficients(run, store) -> dict:
    return json.loads((Path(store.artifacts) / run.plots / "coefficients.json").read_text())


def test_no_person_stands_in_two_parts_and_training_ends_before_the_later_rows(features):
    parts = split_rows(blood_glucose.split, labelled_rows(blood_glucose, features))
    assert parts.train.join(parts.heldout, "person_id", "leftsemi").count() == 0
    last = parts.train.agg(F.max("index_datetime")).collect()[0][0]
    assert parts.heldout.where("is_later").agg(F.min("index_datetime")).collect()[0][0] > last
    parts.release()


def test_rows_of_shifted_calendars_are_not_the_later_ones(features):
    """A quarter of the persons live a century ahead: the later rows are the others' as if these were not there."""
    is_shifted = F.col("person_id") % 4 == 0
    moved = F.when(is_shifted, F.expr("index_datetime + interval 100 years")).otherwise(F.col("index_datetime"))
    rows = labelled_rows(blood_glucose, features.withColumn("index_datetime", moved))
    parts = split_rows(blood_glucose.split, rows, START + timedelta(days=4_000))
    true = split_rows(blood_glucose.split, rows.where(~is_shifted))

    def told(rows):
        return {(row["person_id"], row["index_datetime"]) for row in rows.collect()}

    assert told(parts.heldout.where("is_later")) == told(true.heldout.where("is_later")) != set()
    assert told(parts.train.where(~is_shifted)) == told(true.train)
    ahead = rows.where(is_shifted)
    assert told(ahead) <= told(parts.train) | told(parts.heldout) and ahead.count() > 20
    parts.release()
    true.release()


def test_a_time_at_risk_that_reaches_past_the_newest_moment_teaches_nothing(spark):
    # The newest moment is that of the last of ten persons, day 2709: 1826 days before it is day 883.
    day = F.when(F.col("person_id") == 1, 883).when(F.col("person_id") == 2, 884)
    moved = F.when(~F.col("is_current"), F.timestamp_add("DAY", day, F.lit(START)))
    rows = diabetes_rows(spark, 10).withColumn("index_datetime", F.coalesce(moved, "index_datetime"))
    persons = labelled_rows(diabetes_probability, rows).select("person_id").collect()
    assert {row[0] for row in persons} == set(range(10)) - {2}


def test_coefficients_are_those_of_the_normal_equations(features, run, store):
    import numpy as np

    parts = split_rows(blood_glucose.split, labelled_rows(blood_glucose, features))
    table = parts.train.select("body_weight_kg", "label").toPandas()
    parts.release()
    missing = table["body_weight_kg"].isna()
    weight = table["body_weight_kg"].fillna(table["body_weight_kg"].median())
    matrix = np.column_stack([np.ones(len(table)), weight, missing])
    intercept, slope, absent = np.linalg.lstsq(matrix, table["label"], rcond=None)[0]
    learnt = coefficients(run, store)["weight"]
    assert learnt["intercept"] == pytest.approx(intercept)
    assert learnt["coefficients"] == pytest.approx({"body_weight_kg": slope, "weight_is_missing": absent})


def test_more_that_is_known_beats_less_and_less_beats_the_mean(run):
    mean, weight, multiple = (run.metric("mse", name) for name in ("baseline", "weight", "multiple"))
    assert multiple < weight < mean
    assert run.is_champion, run.reason
    assert run.trained_persons + run.heldout_persons <= 120


def test_training_again_in_another_order_gives_the_same_model_and_no_second_version(features, run, store):
    mixed = features.repartition(5, "age_at_index_years").orderBy(F.desc("person_id"))
    again = train(PLAIN, mixed, publication_id="p1", data_digest="d1", store=store)
    assert again.model_version == run.model_version
    assert again.mlflow_run_id == run.mlflow_run_id
    assert again.metrics == run.metrics
    with connected(store) as client:
        assert len(client.search_model_versions("name = 'blood_glucose'")) == 1


def test_other_data_or_another_declaration_is_another_version(run):
    from twinlake.declare.model import model_version

    numbers = {"weight": [1.0, 2.0]}
    version = model_version(blood_glucose, "d1", numbers)
    assert version == model_version(blood_glucose, "d1", {"weight": [1.0 + 1e-14, 2.0]})
    assert version != model_version(blood_glucose, "d2", numbers)
    assert version != model_version(PLAIN, "d1", numbers)
    assert version != model_version(blood_glucose, "d1", {"weight": [1.0, 2.1]})


def test_the_registry_tells_version_data_and_pictures(run, store):
    assert champion_state("blood_glucose", store.tracking_uri).version == run.model_version
    with connected(store) as client:
        logged = client.get_run(run.mlflow_run_id)
        client_says = client.get_model_version_by_alias("blood_glucose", "champion")
    assert logged.data.tags["twinlake.publication_id"] == "p1"
    assert logged.data.metrics["heldout.multiple.mse"] == pytest.approx(run.metric("mse", "multiple"))
    assert client_says.tags["twinlake.model_version"] == run.model_version
    pictures = {path.name for path in (Path(store.artifacts) / run.plots).glob("*.png")}
    assert pictures == {"fit.png", "metrics.png"}


def test_a_worse_model_does_not_replace_the_champion(features, run, store):
    from twinlake.engine.preparation import heldout_bucket

    heldout = heldout_bucket(PLAIN.split)
    spoilt = features.where(heldout).unionByName(shuffled(features.where(~heldout), GLUCOSE))
    worse = train(PLAIN, spoilt, publication_id="p2", data_digest="d2", store=store)
    assert not worse.is_champion
    assert champion_state("blood_glucose", store.tracking_uri).version == run.model_version


def test_a_probability_that_holds_on_other_persons_is_promoted(spark, tmp_path):
    made = train(
        diabetes_probability, diabetes_rows(spark), publication_id="p1", data_digest="d", store=new_store(tmp_path)
    )
    assert made.is_champion, made.reason
    assert made.heldout_events >= 20
    assert made.metric("auroc", "logistic") > 0.75
    assert made.metric("calibration_slope", "logistic") == pytest.approx(1, abs=0.5)


def test_shuffled_labels_score_chance(spark, tmp_path):
    rows = shuffled(diabetes_rows(spark), DIABETES)
    made = train(diabetes_probability, rows, publication_id="p1", data_digest="d", store=new_store(tmp_path))
    events = made.heldout_events
    others = made.heldout_persons - events
    # The standard error of the area where nothing is known (Mann and Whitney 1947).
    error = ((events + others + 1) / (12 * events * others)) ** 0.5
    assert made.metric("auroc", "logistic") == pytest.approx(0.5, abs=2 * error)


def test_too_few_events_make_no_champion_and_say_so(spark, tmp_path):
    store, rows = new_store(tmp_path), diabetes_rows(spark, 200, intercept=-3.5)
    made = train(diabetes_probability, rows, publication_id="p1", data_digest="d", store=store)
    assert not made.is_champion
    assert made.reason == refusal(diabetes_probability, rows), "known before anything is fitted"
    assert refusal(diabetes_probability, diabetes_rows(spark)) is None
    assert f"{made.heldout_events} held-out events among {made.heldout_persons} persons" in made.reason
    assert champion_state("diabetes_probability", store.tracking_uri).reason == made.reason


def test_nothing_to_learn_from_is_a_run_without_a_model(features, tmp_path):
    store = new_store(tmp_path)
    made = train(blood_glucose, features.where("false"), publication_id="p1", data_digest="d", store=store)
    assert (made.model_version, made.is_champion) == (None, False)
    assert made.reason == "no model: 0 training rows of 0 persons"
    assert champion_state("blood_glucose", store.tracking_uri).reason == made.reason
