"""Survey extracts about how people live: the health indicators of the CDC's telephone survey BRFSS of 2015 (UCI 891).

Nothing names a person, so a row is somebody of their own, and equal rows are people who gave the same coarse answers.
The day of the call is not told: an answer is dated by the first day of the survey's year. What people say of themselves
is an observation, their diabetes too; body mass is computed from the height and weight they named.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from twinlake.catalog.sources._persons import shaped_person
from twinlake.catalog.sources._rows import shaped
from twinlake.declare.expressions import one_of
from twinlake.declare.source import System, csv_feed, implements
from twinlake.declare.standardise import Instant, instant
from twinlake.vocabulary.maps.brfss2015 import QUESTIONS

YEAR = 2015
HEADER = (
    "Diabetes_binary,HighBP,HighChol,CholCheck,BMI,Smoker,Stroke,HeartDiseaseorAttack,PhysActivity,Fruits,Veggies,"
    "HvyAlcoholConsump,AnyHealthcare,NoDocbcCost,GenHlth,MentHlth,PhysHlth,DiffWalk,Sex,Age,Education,Income"
)
SEXES = {"0": "female", "1": "male"}
FEEDS = (
    csv_feed(
        "brfss2015", r"diabetes_binary_health_indicators_BRFSS2015(?:-[\w-]+)?\.csv", HEADER, "snapshot",
        nameless=True,
    ),
)  # fmt: skip
IGNORED = {
    r"diabetes_binary_5050split_health_indicators_BRFSS2015\.csv": "a selection of the same answers",
    r"diabetes_012_health_indicators_BRFSS2015\.csv": "the same answers again, prediabetes told apart",
}


def _step(column: str | Column) -> Column:
    """A step of an answer as a whole number (`4.0` is 4); any other text as it is."""
    return F.regexp_replace(column, r"\.0+$", "")


@implements("source_person")
def source_person(brfss2015: DataFrame) -> DataFrame:
    """Sex and a band of age; who was 25 to 29 in 2015 was born in 1988, give or take three years."""
    band = one_of(QUESTIONS["Age"].words, _step("Age"))
    low, high = (F.split_part(band, F.lit("-"), F.lit(n)).try_cast("int") for n in (1, 2))
    return shaped_person(
        brfss2015, year_of_birth=YEAR - F.floor((low + high + 1) / 2),
        year_of_birth_margin=F.floor((high - low + 2) / 2),
        sex=F.coalesce(one_of(SEXES, _step("Sex")), F.lit("unknown")),
    )  # fmt: skip


@implements("measurement")
def body_mass_index(brfss2015: DataFrame) -> DataFrame:
    """BMI, which the survey computes from what people say of their height and weight and the extract has rounded."""
    return shaped(
        brfss2015.where("BMI is not null"), measurement_code=F.lit("39156-5"), measurement_vocabulary=F.lit("LOINC"),
        measurement_source_value=F.lit("BMI"), measurement_name=F.lit("Body mass index, self-reported"),
        measurement_datetime=_asked(), value_source_value="BMI", unit_source_value=F.lit("kg/m2"),
        range_low_source_value=None, range_high_source_value=None, visit_source_id=None, part=F.lit("BMI"),
    )  # fmt: skip


@implements("observation")
def answer(brfss2015: DataFrame) -> DataFrame:
    """A row for each question that was answered; a step that the codebook does not have stays without words."""
    cells = [F.struct(F.lit(name).alias("name"), F.col(name).alias("value")) for name in QUESTIONS]
    rows = brfss2015.withColumn("said", F.explode(F.array(*cells))).where("said.value is not null")
    name = F.col("said.name")
    return shaped(
        rows, observation_code=name, observation_vocabulary=F.lit("local"), observation_source_value=name,
        observation_name=one_of({key: question.asked for key, question in QUESTIONS.items()}, name),
        observation_datetime=_asked(), value_source_value="said.value", value_as_string=_words(), value_code=None,
        value_vocabulary=None, unit_source_value=one_of({k: q.unit for k, q in QUESTIONS.items() if q.unit}, name),
        visit_source_id=None, part=name,
    )  # fmt: skip


def _asked() -> Instant:
    return instant(F.lit(str(YEAR)))


def _words() -> Column:
    words = {f"{name}={step}": word for name, question in QUESTIONS.items() for step, word in question.words.items()}
    said = one_of(words, F.concat_ws("=", "said.name", _step("said.value")))
    return F.coalesce(said, F.col("said.value"))


SYSTEM = System(
    name="lifestyle",
    meaning="Survey extracts about smoking, diet and activity, of persons whom nothing names",
    feeds=FEEDS,
    ignored=IGNORED,
    implementations=(source_person, body_mass_index, answer),
)
