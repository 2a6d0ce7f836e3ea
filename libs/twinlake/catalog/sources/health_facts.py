"""Inpatient encounters of diabetics in 130 US hospitals, an extract of Cerner's Health Facts (UCI 296; Strack 2014).

`?` is a missing value, `None` a test that was not done. No encounter has a date, and nothing tells the order of a
person's encounters or what lies between them: each begins on day zero (`_undated`) and has no end, so that nobody
counts a readmission from dates that are none. How long it lasted, and whether the person came back, are observations.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from twinlake.catalog.sources._persons import shaped_person
from twinlake.catalog.sources._rows import look_up, shaped
from twinlake.catalog.sources._undated import born, days_after, minutes_after
from twinlake.declare.expressions import one_of
from twinlake.declare.source import Feed, System, Via, csv_feed, implements, part
from twinlake.declare.standardise import sex
from twinlake.vocabulary.maps.antidiabetic_columns import DRUG_COLUMNS

HEADER = (
    "encounter_id,patient_nbr,race,gender,age,weight,admission_type_id,discharge_disposition_id,admission_source_id,"
    "time_in_hospital,payer_code,medical_specialty,num_lab_procedures,num_procedures,num_medications,number_outpatient,"
    "number_emergency,number_inpatient,diag_1,diag_2,diag_3,number_diagnoses,max_glu_serum,A1Cresult,"
    f"{','.join(DRUG_COLUMNS)},change,diabetesMed,readmitted"
)
# IDs_mapping.csv holds three tables of words, one under another; only where a row stands tells which id it explains.
WORDS = Feed(
    name="ids_mapping", files=r"(?:dataset_diabetes/)?IDs_mapping\.csv", wire="stacked_csv",
    schema="field_1 string, field_2 string", delivery="snapshot", key=("field_1",),
    unmapped={"a table of words that no column of the encounters is explained by": "true"},
)  # fmt: skip
KINDS = ("admission_type", "discharge_disposition", "admission_source")
FEEDS = (
    csv_feed(
        "diabetic_data", r"(?:dataset_diabetes/)?diabetic_data\.csv", HEADER, "snapshot",
        key=("encounter_id",), person="patient_nbr",
    ),
    WORDS,
    *(part(WORDS, kind, f"record_kind = '{kind}_id'") for kind in KINDS),
)  # fmt: skip
TYPE, DISPOSITION, SOURCE = (Via(kind, fact=f"{kind}_id", lookup="field_1") for kind in KINDS)

# Expired: in this hospital, at home, in a facility, in a place unknown (IDs_mapping.csv).
EXPIRED = ("11", "19", "20", "21")
# Strack et al. 2014, table 1: HbA1c in per cent, glucose in mg/dL, weight in pounds; each told as a band.
BANDS = {
    "A1Cresult": ("4548-4", "%", "Haemoglobin A1c, band"),
    "max_glu_serum": (None, "mg/dL", "Highest serum glucose of the stay, band"),
    "weight": ("29463-7", "lb", "Weight, band"),
}
COUNTED = {
    "age": ("a", "Age, band of ten years"),
    "time_in_hospital": ("d", "Days between admission and discharge"),
    "payer_code": (None, "Payer"),
    "medical_specialty": (None, "Specialty of the admitting physician"),
    "num_lab_procedures": (None, "Laboratory tests during the encounter"),
    "num_procedures": (None, "Procedures other than laboratory tests during the encounter"),
    "num_medications": (None, "Distinct generic drugs given during the encounter"),
    "number_outpatient": (None, "Outpatient visits in the year before"),
    "number_emergency": (None, "Emergency visits in the year before"),
    "number_inpatient": (None, "Inpatient visits in the year before"),
    "number_diagnoses": (None, "Diagnoses entered"),
    "change": (None, "Change of a diabetic drug"),
    "diabetesMed": (None, "Any diabetic drug prescribed"),
    "readmitted": (None, "Days to readmission: <30, >30 or NO record of one"),
}


def _start() -> Column:
    return minutes_after(F.lit(0))


def _told(name: str) -> Column:
    """A column, null where `?` says that it is missing."""
    return F.when(~F.col(f"`{name}`").isin("?", ""), F.col(f"`{name}`"))


def _unpivoted(encounters: DataFrame, names: tuple[str, ...], nothing: tuple[str, ...] = ()) -> DataFrame:
    """A row for each of these columns that says something."""
    cells = [F.struct(F.lit(name).alias("name"), _told(name).alias("value")) for name in names]
    rows = encounters.withColumn("said", F.explode(F.array(*cells))).where("said.value is not null")
    return rows.where(~F.col("said.value").isin(*nothing)) if nothing else rows


@implements("source_person")
def source_person(diabetic_data: DataFrame) -> DataFrame:
    """A person's encounters together: what the one of the highest number says, with its band of age; race and a death
    as any of them says it.
    """
    number = F.struct(F.col("encounter_id").try_cast("bigint"), "_record_id")
    itself = F.struct("_record_id", "_fact_key", "known_from", "known_until", "gender", "age")
    race = F.max_by(_told("race"), F.when(_told("race").isNotNull(), number)).alias("_race")
    died = F.col("discharge_disposition_id").isin(*EXPIRED)
    death = F.max(F.when(died, F.to_date(days_after(F.col("time_in_hospital"))))).alias("_death")
    persons = diabetic_data.groupBy("hospital", "system", "source_person_id").agg(
        F.max_by(itself, number).alias("_last"), race, death
    )
    low, high = (F.regexp_extract("age", r"\[(\d+)-(\d+)\)", n).try_cast("int") for n in (1, 2))
    return shaped_person(
        persons.select("*", "_last.*"), year_of_birth=born((low + high) / 2),
        year_of_birth_margin=F.ceil((high - low) / 2), sex=sex(F.col("gender")), race_source_value="_race",
        death_date="_death",
    )  # fmt: skip


@implements("visit_occurrence", via=(TYPE,))
def visit_occurrence(diabetic_data: DataFrame, admission_type: DataFrame) -> DataFrame:
    """All encounters are inpatient: that is how the extract was chosen."""
    return shaped(
        look_up(diabetic_data, admission_type, TYPE, _words=F.trim("field_2")), visit_source_id="encounter_id",
        visit_code=F.lit("IMP"), visit_source_value=F.coalesce("_words", _told("admission_type_id")),
        visit_start_datetime=_start(), visit_end_datetime=None, visit_reason_code=None, visit_reason_vocabulary=None,
        care_site_source_id=None,
    )  # fmt: skip


@implements("condition_occurrence")
def condition_occurrence(diabetic_data: DataFrame) -> DataFrame:
    """diag_1 to diag_3, ICD-9-CM with its dot; `38` and `8` are 038 and 008, which lost their zeros on the way.

    So did `250` (250.00) and `250.1` (250.10): the extract has 250.01 to .03 and 250.11 to .13 but no code that ends in
    0. Not so `250.6` and `250.7`: the fifth digits of these are gone from the whole extract, whatever they were.
    """
    rows = _unpivoted(diabetic_data, ("diag_1", "diag_2", "diag_3"))
    value = F.col("said.value")
    whole = F.lpad(F.regexp_extract(value, r"^(\d+)", 1), 3, "0")
    padded = F.when(value.rlike(r"^\d{1,2}(\.\d+)?$"), F.concat(whole, F.regexp_extract(value, r"(\.\d+)$", 1)))
    trailing = F.when(value == "250", "250.00").when(value.rlike(r"^250\.[0-589]$"), F.concat(value, F.lit("0")))
    code = F.coalesce(padded, trailing, value)
    known = code.rlike(r"^(?:[0-9]{3}|V[0-9]{2})(?:\.[0-9]{1,2})?$|^E[0-9]{3}(?:\.[0-9])?$")
    return shaped(
        rows, condition_code=code, condition_vocabulary=F.when(known, "ICD9CM").otherwise("local"),
        condition_source_value="said.value", condition_name=None, condition_start_date=F.to_date(_start()),
        condition_end_date=None, visit_source_id="encounter_id", part="said.name",
    )  # fmt: skip


@implements("drug_exposure")
def drug_exposure(diabetic_data: DataFrame) -> DataFrame:
    """A drug column that is not No: prescribed, and its dose Steady, Up or Down."""
    rows = _unpivoted(diabetic_data, tuple(DRUG_COLUMNS), nothing=("No",))
    code = one_of({name: atc for name, atc in DRUG_COLUMNS.items() if atc}, F.col("said.name"))
    return shaped(
        rows, drug_code=F.coalesce(code, "said.name"), drug_vocabulary=F.when(code.isNull(), "local").otherwise("ATC"),
        drug_source_value="said.name", drug_name="said.name", drug_exposure_start_datetime=_start(),
        drug_exposure_end_datetime=None, drug_type=F.lit("order"), drug_status="said.value", dose_source_value=None,
        dose_unit_source_value=None, route_source_value=None, visit_source_id="encounter_id", part="said.name",
    )  # fmt: skip


@implements("measurement")
def measurement(diabetic_data: DataFrame) -> DataFrame:
    """Bands: `>8` keeps its comparator, `Norm` and `[75-100)` have no number; the highest glucose is no glucose of a
    moment, and so has a code of its own.
    """
    rows, name = _unpivoted(diabetic_data, tuple(BANDS), nothing=("None",)), F.col("said.name")
    loinc = one_of({band: code for band, (code, _, _) in BANDS.items() if code}, name)
    return shaped(
        rows, measurement_code=F.coalesce(loinc, name),
        measurement_vocabulary=F.when(loinc.isNull(), "local").otherwise("LOINC"), measurement_source_value=name,
        measurement_name=one_of({band: words for band, (_, _, words) in BANDS.items()}, name),
        measurement_datetime=_start(), value_source_value="said.value",
        unit_source_value=one_of({band: unit for band, (_, unit, _) in BANDS.items()}, name),
        range_low_source_value=None, range_high_source_value=None, visit_source_id="encounter_id", part=name,
    )  # fmt: skip


@implements("observation")
def observation(diabetic_data: DataFrame) -> DataFrame:
    """Everything else a column says of the encounter."""
    rows, name = _unpivoted(diabetic_data, tuple(COUNTED)), F.col("said.name")
    unit = one_of({column: unit for column, (unit, _) in COUNTED.items() if unit}, name)
    words = one_of({column: words for column, (_, words) in COUNTED.items()}, name)
    return _observed(rows, name, words, F.col("said.value"), F.col("said.value"), unit)


@implements("observation", via=(DISPOSITION,))
def discharge(diabetic_data: DataFrame, discharge_disposition: DataFrame) -> DataFrame:
    """Where the person went, in the words of IDs_mapping.csv."""
    return _explained(diabetic_data, discharge_disposition, DISPOSITION, "Where the person was discharged to")


@implements("observation", via=(SOURCE,))
def admission(diabetic_data: DataFrame, admission_source: DataFrame) -> DataFrame:
    """Where the person came from, in the words of IDs_mapping.csv."""
    return _explained(diabetic_data, admission_source, SOURCE, "Where the person was admitted from")


def _explained(encounters: DataFrame, words: DataFrame, via: Via, meaning: str) -> DataFrame:
    rows = look_up(encounters, words, via, _words=F.trim("field_2")).where(_told(via.fact).isNotNull())
    return _observed(
        rows, F.lit(via.fact), F.lit(meaning), F.col(via.fact), F.coalesce("_words", via.fact), F.lit(None)
    )


def _observed(rows: DataFrame, name: Column, words: Column, raw: Column, value: Column, unit: Column) -> DataFrame:
    return shaped(
        rows, observation_code=name, observation_vocabulary=F.lit("local"), observation_source_value=name,
        observation_name=words, observation_datetime=_start(), value_source_value=raw, value_as_string=value,
        value_code=None, value_vocabulary=None, unit_source_value=unit, visit_source_id="encounter_id", part=name,
    )  # fmt: skip


SYSTEM = System(
    name="health_facts",
    meaning="Cerner Health Facts: inpatient encounters of diabetics without dates, one row an encounter",
    feeds=FEEDS,
    ignored={r"(?:dataset_diabetes/)?(?:README|LICENSE)[\w.]*": "papers of the data set"},
    implementations=(
        source_person, visit_occurrence, condition_occurrence, drug_exposure, measurement, observation, discharge,
        admission,
    ),
)  # fmt: skip
