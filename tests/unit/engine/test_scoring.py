"""The champion scores everybody's latest row, or says why it cannot."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from pyspark.sql import functions as F

from tests.support.model_sample import diabetes_rows, glucose_rows
from twinlake.catalog.models.blood_glucose import blood_glucose
from twinlake.catalog.models.diabetes_probability import FEATURES, diabetes_probability
from twinlake.declare.model import TimeAtRisk
from twinlake.engine.champions import ANOTHER_QUESTION, UNTRAINED, champion_of, champion_state
from twinlake.engine.scoring import NOTHING_KNOWN, load_champion
from twinlake.engine.tracking import ModelStore
from twinlake.engine.training import train


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    return ModelStore(f"sqlite:///{home}/mlflow/mlflow.db", f"{home}/mlflow/artifacts")


@pytest.fixture(scope="module")
def features(spark):
    return diabetes_rows(spark)


@pytest.fixture(scope="module")
def champion(features, store):
    run = train(diabetes_probability, features, publication_id="p1", data_digest="d", store=store)
    assert run.is_champion, run.reason
    return load_champion(diabetes_probability, store)


def test_a_score_is_the_logistic_function_of_the_published_coefficients(features, champion):
    known = champion.pipeline.stages[-1]
    # The model has no missing value here: the indicators, which come last, are nought.
    columns = diabetes_probability.learner.columns
    weights = known.coefficients.toArray()[: len(columns)]
    rows = {row["person_id"]: row for row in features.where("is_current and person_id < 5").collect()}
    for scored in champion.score(features).where("person_id < 5").collect():
        row = rows[scored["person_id"]]
        odds = known.intercept + sum(w * float(row[c]) for w, c in zip(weights, columns, strict=True))
        assert scored["risk_prob"] == pytest.approx(1 / (1 + math.exp(-odds)), abs=1e-8)
        assert (scored["risk_reason"], scored["risk_value"]) == (None, None)
        assert scored["model_version"] == champion.version


def test_everybody_with_a_current_row_has_one_score(features, champion):
    scores = champion.score(features)
    assert scores.count() == scores.select("person_id").distinct().count() == 500
    assert scores.where("risk_prob is null").count() == 0


def test_whoever_is_outside_the_target_or_unknown_has_a_reason_and_no_score(features, champion):
    measured = [f.column for f in diabetes_probability.learner.features if f.is_measured]
    is_two = F.col("person_id") == 2
    blank = features.withColumns({c: F.when(~is_two, F.col(c)) for c in measured}).withColumn(
        "exclusion_reason", F.when(F.col("person_id") == 1, "the person has died")
    )
    rows = {row["person_id"]: row for row in champion.score(blank).where("person_id < 3").collect()}
    assert (rows[1]["risk_prob"], rows[1]["risk_reason"]) == (None, "the person has died")
    assert (rows[2]["risk_prob"], rows[2]["risk_reason"]) == (None, NOTHING_KNOWN)
    assert rows[0]["risk_prob"] is not None


def test_without_a_champion_every_score_is_null_with_the_reason(spark, store):
    rows = load_champion(blood_glucose, store).score(glucose_rows(spark, 5))
    assert {(r["risk_value"], r["risk_reason"], r["risk_unit"]) for r in rows.collect()} == {(None, UNTRAINED, "mg/dL")}


OTHER_QUESTIONS = {
    "another horizon": {"outcome": "type 2 diabetes within 10 years", "time_at_risk": TimeAtRisk(1, 3652)},
    "another outcome": {"outcome": "any diabetes within 5 years"},
    "other features": {"learners": (replace(diabetes_probability.learner, features=FEATURES[:3]),)},
    "another lookback": {"lookback_days": 365},
}


@pytest.mark.parametrize("declared", OTHER_QUESTIONS.values(), ids=OTHER_QUESTIONS)
def test_a_champion_that_was_trained_for_another_question_does_not_score(features, champion, store, declared):
    other = load_champion(replace(diabetes_probability, **declared), store)
    said = other.score(features.where("person_id < 3")).select("model_version", "risk_prob", "risk_reason").collect()
    assert {tuple(row) for row in said} == {(None, None, ANOTHER_QUESTION)}


def test_a_champion_scores_on_where_only_the_way_to_the_next_one_is_declared_otherwise(champion, store):
    eager = replace(diabetes_probability, promotion=replace(diabetes_probability.promotion, minimum_events=1))
    quick = replace(diabetes_probability, learners=(replace(diabetes_probability.learner, parameters={}),))
    for model in (eager, quick):
        assert champion_of(model, store.tracking_uri).version == champion.version


def test_asking_for_a_champion_makes_no_store(tmp_path):
    uri = f"sqlite:///{tmp_path}/none/mlflow.db"
    assert champion_of(blood_glucose, uri).version is None
    assert champion_state("blood_glucose", uri).fingerprint == f"none: {UNTRAINED}"
    assert not (tmp_path / "none").exists()


def test_mlflows_client_and_sqlite_name_the_same_champion(champion, store):
    from twinlake.engine.champions import _from_client, _from_sqlite

    found = _from_sqlite("diabetes_probability", store.tracking_uri)
    assert found == _from_client("diabetes_probability", store.tracking_uri)
    assert found[0] == champion.version
