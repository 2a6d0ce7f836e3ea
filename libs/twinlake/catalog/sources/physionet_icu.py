"""ICU stays as PhysioNet's Challenge 2012 gives them out: a file of series a stay, or one table that sums stays up.

A hospital delivers one of both: the same stay in both would be told twice. Nothing has a date: series are timed from
the admission to intensive care, which stands on day zero (`_undated`). What the summary says is a statistic of the
first 48 hours: when within them a value was charted is not known, so it stands at their end, under a code of its own
(`HR_lowest`), and is never read as a heart rate charted there.
"""

from __future__ import annotations

from collections.abc import Iterable

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from twinlake.catalog.sources import _icu_feeds as feeds
from twinlake.catalog.sources._persons import shaped_person
from twinlake.catalog.sources._rows import look_up, shaped
from twinlake.catalog.sources._undated import born, days_after, minutes_after
from twinlake.declare.expressions import one_of
from twinlake.declare.source import System, Via, implements
from twinlake.vocabulary.maps.icu_parameters import ICU_PARAMETERS, STATISTICS, UNITS, WINDOW, IcuParameter

OUTCOME = Via("outcomes", fact="source_person_id", lookup="RecordID")
GENDERS = {"0": "female", "1": "male"}
FIRST_48_HOURS = 48 * 60
SCORES = ("SAPS-I", "SOFA")
AT_ADMISSION = ("Height", "Weight")
TAKEN = f"not {feeds.DESCRIPTORS} and not {feeds.VENTILATION} and not {feeds.MISSING}"


@implements("source_person", when=feeds.DESCRIPTORS, via=(OUTCOME,))
def source_person(series: DataFrame, outcomes: DataFrame) -> DataFrame:
    """The first lines of a stay's file; a death from its outcomes. A person is a stay: nothing names anybody twice."""
    told = look_up(_stays(series), outcomes, OUTCOME, _survival=F.col("Survival"))
    return _person(told, "_Age", "_Gender", "_survival")


@implements("source_person")
def summarised_person(summary: DataFrame) -> DataFrame:
    """The summary's Age, Gender and Survival."""
    return _person(summary, "Age", "Gender", "Survival")


def _person(rows: DataFrame, age: str, gender: str, survival: str) -> DataFrame:
    whole = F.regexp_replace(gender, r"\.0+$", "")
    return shaped_person(
        rows, year_of_birth=born(F.col(age)),
        sex=F.coalesce(one_of(GENDERS, whole), F.lit("unknown")), death_date=F.to_date(days_after(F.col(survival))),
    )  # fmt: skip


@implements("visit_occurrence", when=feeds.DESCRIPTORS, via=(OUTCOME,))
def visit_occurrence(series: DataFrame, outcomes: DataFrame) -> DataFrame:
    """A stay; it ends when the hospital is left, which only the outcomes tell."""
    told = look_up(_stays(series), outcomes, OUTCOME, _length=F.col("Length_of_stay"))
    return _visit(told, one_of(UNITS, F.col("_ICUType")), "_length")


@implements("visit_occurrence")
def summarised_visit(summary: DataFrame) -> DataFrame:
    """The summary has a column for each unit but the medical one."""
    units = [F.when(F.col(unit).try_cast("int") == 1, unit) for unit in ("CCU", "CSRU", "SICU")]
    return _visit(summary, F.coalesce(*units, F.lit("MICU")), "Length_of_stay")


def _visit(rows: DataFrame, unit: Column, length: str) -> DataFrame:
    return shaped(
        rows, visit_source_id="source_person_id", visit_code=F.lit("IMP"), visit_source_value=unit,
        visit_start_datetime=minutes_after(F.lit(0)), visit_end_datetime=days_after(F.col(length)),
        visit_reason_code=None, visit_reason_vocabulary=None, care_site_source_id=None,
    )  # fmt: skip


def _stays(series: DataFrame) -> DataFrame:
    """One row a stay, of its RecordID line, with the descriptors beside it; -1 is one that nobody wrote down."""
    itself = F.col("parameter") == "RecordID"
    kept = F.struct("_record_id", "_fact_key", "known_from", "known_until")
    told = {name: F.nullif("value", F.lit("-1")) for name in ("Age", "Gender", "ICUType")}
    each = [F.max(F.when(F.col("parameter") == name, value)).alias(f"_{name}") for name, value in told.items()]
    stays = series.groupBy("hospital", "system", "source_person_id").agg(
        F.min(F.when(itself, kept)).alias("_kept"), *each
    )
    return stays.where("_kept is not null").select("*", "_kept.*")


@implements("measurement", when=TAKEN)
def reading(series: DataFrame) -> DataFrame:
    """The series as charted; a parameter that the map does not know keeps its name as a local code."""
    loinc = one_of({name: known.loinc for name, known in ICU_PARAMETERS.items() if known.loinc}, F.col("parameter"))
    return _measured(
        series, "parameter", F.coalesce(loinc, "parameter"), F.when(loinc.isNotNull(), "LOINC").otherwise("local"),
        _word(ICU_PARAMETERS, "name", F.col("parameter")), _word(ICU_PARAMETERS, "unit", F.col("parameter")),
        minutes_after(_minutes(F.col("time"))), "value", F.lit(""),
    )  # fmt: skip


@implements("measurement")
def summarised_value(summary: DataFrame) -> DataFrame:
    """The summary's statistics and scores at the end of the window, each under its column's name; -1 is no score."""
    names = [*feeds.SUMMARISED, *(name for name in WINDOW)]
    rows = _unpivoted(summary, names).where(f"not (said.name in {SCORES} and try_cast(said.value as double) < 0)")
    name = F.col("said.name")
    stem, statistic = F.regexp_extract(name, "^(.*)_([a-z]+)$", 1), F.regexp_extract(name, "^(.*)_([a-z]+)$", 2)
    words = F.concat_ws(", ", _word(ICU_PARAMETERS, "name", stem), one_of(STATISTICS, statistic))
    unit = F.coalesce(_word(ICU_PARAMETERS, "unit", stem), _word(WINDOW, "unit", name))
    return _measured(
        rows, "said.name", name, F.lit("local"), F.coalesce(_word(WINDOW, "name", name), words), unit,
        minutes_after(F.lit(FIRST_48_HOURS)), "said.value", name,
    )  # fmt: skip


@implements("measurement")
def summarised_body(summary: DataFrame) -> DataFrame:
    """Height and weight were asked at admission: their time is known, so they are values like any other."""
    name = F.col("said.name")
    loinc = one_of({known: str(ICU_PARAMETERS[known].loinc) for known in AT_ADMISSION}, name)
    return _measured(
        _unpivoted(summary, AT_ADMISSION), "said.name", loinc, F.lit("LOINC"), _word(ICU_PARAMETERS, "name", name),
        _word(ICU_PARAMETERS, "unit", name), minutes_after(F.lit(0)), "said.value", name,
    )  # fmt: skip


def _measured(
    rows: DataFrame, source: str, code: Column, vocabulary: Column, name: Column, unit: Column, at: Column, value: str,
    part: Column,
) -> DataFrame:  # fmt: skip
    return shaped(
        rows, measurement_code=code, measurement_vocabulary=vocabulary, measurement_source_value=source,
        measurement_name=name, measurement_datetime=at, value_source_value=value, unit_source_value=unit,
        range_low_source_value=None, range_high_source_value=None, visit_source_id="source_person_id", part=part,
    )  # fmt: skip


@implements("observation", when=f"{feeds.VENTILATION} and not {feeds.MISSING}")
def ventilation(series: DataFrame) -> DataFrame:
    """MechVent: somebody wrote that the patient was ventilated."""
    return _observed(series, "parameter", minutes_after(_minutes(F.col("time"))), "value", F.lit(""))


@implements("observation")
def summarised_answer(summary: DataFrame) -> DataFrame:
    """Ventilated in the last eight hours of the window, and dead in hospital: known when it was left, or life was."""
    rows = _unpivoted(summary, ("MechVentLast8Hour", "In-hospital_death"))
    left = F.coalesce(days_after(F.col("Length_of_stay")), days_after(F.col("Survival")))
    at = F.when(F.col("said.name") == "In-hospital_death", left).otherwise(minutes_after(F.lit(FIRST_48_HOURS)))
    return _observed(rows, "said.name", at, "said.value", F.col("said.name"))


def _observed(rows: DataFrame, name: str, at: Column, value: str, part: Column) -> DataFrame:
    return shaped(
        rows, observation_code=name, observation_vocabulary=F.lit("local"), observation_source_value=name,
        observation_name=name, observation_datetime=at, value_source_value=value, value_as_string=value,
        value_code=None, value_vocabulary=None, unit_source_value=None, visit_source_id="source_person_id", part=part,
    )  # fmt: skip


def _unpivoted(summary: DataFrame, names: Iterable[str]) -> DataFrame:
    """A row for each of these columns that holds something."""
    cells = [F.struct(F.lit(name).alias("name"), F.col(f"`{name}`").alias("value")) for name in names]
    return summary.withColumn("said", F.explode(F.array(*cells))).where("said.value is not null")


def _word(known: dict[str, IcuParameter], what: str, name: Column) -> Column:
    """What the map says of a parameter, null where it says nothing."""
    said = {key: getattr(parameter, what) for key, parameter in known.items()}
    return one_of({key: word for key, word in said.items() if word}, name)


def _minutes(time: Column) -> Column:
    """hh:mm since admission in minutes."""
    hours, minutes = F.split_part(time, F.lit(":"), F.lit(1)), F.split_part(time, F.lit(":"), F.lit(2))
    return hours.try_cast("int") * 60 + minutes.try_cast("int")


SYSTEM = System(
    name="physionet_icu",
    meaning="Stays in intensive care as PhysioNet's Challenge 2012 gives them out, timed from admission",
    feeds=feeds.FEEDS,
    ignored=feeds.IGNORED,
    implementations=(
        source_person, summarised_person, visit_occurrence, summarised_visit, reading, summarised_value,
        summarised_body, ventilation, summarised_answer,
    ),
)  # fmt: skip
