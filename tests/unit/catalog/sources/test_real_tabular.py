"""The tabular systems on real data: records and rows counted against another reader (pandas, csv)."""

from __future__ import annotations

import csv
import gzip
import zipfile
from collections import Counter
from functools import cache
from io import StringIO
from pathlib import Path

import pandas as pd
import pytest
from pyspark.sql import DataFrame

from twinlake.catalog.silver.concept import concept as concept_table
from twinlake.catalog.silver.measurement import measurement
from twinlake.catalog.sources import health_facts, lifestyle, omop_cdm, physionet_icu
from twinlake.catalog.sources._icu_feeds import SUMMARISED
from twinlake.declare.codes import with_concepts
from twinlake.declare.hospital import Hospital
from twinlake.declare.source import System
from twinlake.engine.staging import stage
from twinlake.vocabulary.codes import is_valid_code
from twinlake.vocabulary.maps.antidiabetic_columns import DRUG_COLUMNS
from twinlake.vocabulary.maps.icu_parameters import WINDOW

# Slow: whole data sets are landed and mapped.
pytestmark = [pytest.mark.nightly, pytest.mark.timeout(1800)]

OMOP = "omop_synthea27nj"
SURVEY = "brfss2015_diabetes/diabetes_binary_health_indicators_BRFSS2015.csv.gz"
STAYS = "icu_physionet2012_a/PhysionetChallenge2012-set-a.csv.gz"
READ = {feed.name for feed in omop_cdm.FEEDS}
EVERY = 40


@cache
def frame(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False)


@cache
def text(path: Path) -> str:
    return gzip.decompress(path.read_bytes()).decode()


@pytest.fixture(scope="module")
def encounters(shared_data, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("health_facts")
    with zipfile.ZipFile(shared_data / "diabetes130/dataset_diabetes.zip") as packed:
        packed.extractall(folder)
    return folder / "dataset_diabetes"


def landed(system: System, file: Path, tmp_path: Path) -> dict:
    """What staging says of a file, by the feed that its name belongs to."""
    feed = system.feed_of(file.name.removesuffix(".gz"))
    assert feed is not None, file.name
    about, *faults = stage(file, feed, tmp_path / f"{file.name}.parquet", f"h/{system.name}/{file.name}")
    assert "rule" not in about and not faults, (file.name, about, faults[:3])
    return about


def no_concepts(spark) -> DataFrame:
    return spark.createDataFrame([], concept_table.ddl)


def sample(raw: str) -> str:
    """The header and every so many lines."""
    header, *lines = raw.splitlines()
    return "\n".join([header, *lines[::EVERY]])


@pytest.mark.shared_data
def test_every_omop_file_is_read_or_ignored_with_a_reason_and_lands_whole(shared_data, tmp_path) -> None:
    seen = set()
    for file in sorted((shared_data / OMOP).glob("*.csv.gz")):
        name = file.name.removesuffix(".gz")
        if omop_cdm.SYSTEM.feed_of(name) is None:
            assert omop_cdm.SYSTEM.why_ignored(name), name
            continue
        seen.add(name.removesuffix(".csv"))
        assert landed(omop_cdm.SYSTEM, file, tmp_path)["landed"] == len(frame(file))
    assert seen == READ


@pytest.mark.shared_data
def test_equal_survey_answers_are_all_kept(shared_data, tmp_path) -> None:
    file = shared_data / SURVEY
    about = landed(lifestyle.SYSTEM, file, tmp_path)
    answers = frame(file)
    assert int(answers.duplicated().sum()) == 24_206
    assert (about["records_in"], about["landed"], about["duplicates"]) == (len(answers), len(answers), 0)
    ids = pd.read_parquet(tmp_path / f"{file.name}.parquet", columns=["source_person_id", "record_key"])
    assert ids.source_person_id.nunique() == ids.record_key.nunique() == len(answers) == 253_680


@pytest.mark.shared_data
def test_stays_and_encounters_land_whole(shared_data, encounters, tmp_path) -> None:
    assert landed(physionet_icu.SYSTEM, shared_data / STAYS, tmp_path)["landed"] == 4_000
    about = landed(health_facts.SYSTEM, encounters / "diabetic_data.csv", tmp_path)
    assert (about["landed"], about["duplicates"]) == (101_766, 0)


@pytest.mark.shared_data
def test_the_stacked_tables_are_told_apart(encounters, tmp_path) -> None:
    """The oracle cuts the file at its empty lines and reads each part by itself."""
    raw = (encounters / "IDs_mapping.csv").read_text(encoding="utf-8")
    parts = [list(csv.reader(part.strip().splitlines())) for part in raw.replace("\r", "").split("\n,\n")]
    wanted = {header[0]: {row[0] for row in rows} for header, *rows in parts}
    about = landed(health_facts.SYSTEM, encounters / "IDs_mapping.csv", tmp_path)
    found = pd.read_parquet(tmp_path / "IDs_mapping.csv.parquet")
    keys = found.record_key.str.split("|", expand=True)
    assert about["duplicates"] == 0 and len(found) == sum(map(len, wanted.values())) == 63
    assert {kind: set(keys[1][found.record_kind == kind]) for kind in found.record_kind.unique()} == wanted


@pytest.mark.shared_data
def test_omop_facts_keep_their_ids_and_resolve_as_far_as_concept_does(implement, shared_data) -> None:
    folder = shared_data / OMOP
    concept = text(folder / "concept.csv.gz")
    known = dict(frame(folder / "concept.csv.gz")[["concept_id", "vocabulary_id"]].to_numpy().tolist())
    for table, stem in (
        ("condition_occurrence", "condition"),
        ("drug_exposure", "drug"),
        ("procedure_occurrence", "procedure"),
    ):
        wanted = frame(folder / f"{table}.csv.gz")
        own, standard = (wanted[f"{stem}_{kind}concept_id"] for kind in ("source_", ""))
        words = [known.get(a) or known.get(b) or "local" for a, b in zip(own, standard, strict=True)]
        rows = implement(omop_cdm.SYSTEM, table, concept=concept, **{table: text(folder / f"{table}.csv.gz")})
        found = rows.select(
            f"{stem}_vocabulary", f"{stem}_source_value", f"{stem}_concept_id", f"{stem}_source_concept_id"
        )
        told = zip(words, wanted[f"{stem}_source_value"], standard.astype(int), own.astype(int), strict=True)
        assert Counter(map(tuple, found.collect())) == Counter(told), table


@pytest.mark.shared_data
def test_the_concept_ids_of_omop_drugs_come_from_their_codes_as_the_site_has_them(implement, shared_data) -> None:
    """The site's own mapping is the oracle: without its ids, code and vocabulary must lead to the same ones."""
    folder = shared_data / OMOP
    concept, drugs = text(folder / "concept.csv.gz"), text(folder / "drug_exposure.csv.gz")
    told = implement(omop_cdm.SYSTEM, "drug_exposure", drug_exposure=drugs, concept=concept)
    vocabulary = concept_table.build(implement(omop_cdm.SYSTEM, "concept", concept=concept))
    assert vocabulary.count() == len(frame(folder / "concept.csv.gz")) == 1_293
    known = told.where("drug_vocabulary = 'RxNorm'").selectExpr(
        "drug_vocabulary", "drug_code", "drug_concept_id AS standard", "drug_source_concept_id AS own"
    )
    found = with_concepts(known, vocabulary, "drug").selectExpr(
        "count(*) AS rows", "count_if(own = drug_source_concept_id) AS own",
        "count_if(standard <=> drug_concept_id OR standard <> own) AS standard",
    ).first()  # fmt: skip
    assert found.rows == found.own == found.standard > 700


@pytest.mark.shared_data
def test_omop_measurements_are_their_numbers_in_a_known_unit(spark, implement, shared_data) -> None:
    folder = shared_data / OMOP
    wanted = frame(folder / "measurement.csv.gz")
    raw, concept = text(folder / "measurement.csv.gz"), text(folder / "concept.csv.gz")
    rows = implement(omop_cdm.SYSTEM, "measurement", measurement=raw, concept=concept)
    shown = rows.select("measurement_vocabulary", "measurement_source_value", "value_source_value").toPandas()
    said = wanted.value_as_number.where(wanted.value_as_number != "", wanted.value_source_value)
    assert Counter(shown.value_source_value.fillna("")) == Counter(said)
    is_loinc = wanted.measurement_source_value.str.fullmatch(r"\d{1,7}-\d")
    assert (shown.measurement_vocabulary == "LOINC").sum() == is_loinc.sum() == 9_155
    assert all(is_valid_code("LOINC", code) for code in wanted.measurement_source_value[is_loinc].unique())
    built = measurement.build(rows, {"st_a": Hospital("st_a", "A", "UTC", "urn:a")}, no_concepts(spark))
    rules = Counter(row.conversion_rule for row in built.select("conversion_rule").collect())
    assert rules["no_value"] == (said == "").sum() and rules["unit_unknown"] == 0
    assert rules["not_numeric"] == ((said != "") & pd.to_numeric(said, errors="coerce").isna()).sum()


@pytest.mark.shared_data
def test_omop_persons_and_visits_are_counted_by_another_reader(implement, shared_data) -> None:
    folder = shared_data / OMOP
    persons = implement(
        omop_cdm.SYSTEM, "source_person", person=text(folder / "person.csv.gz"), death=text(folder / "death.csv.gz")
    ).toPandas()
    wanted = frame(folder / "person.csv.gz")
    assert Counter(persons.sex) == Counter(wanted.gender_source_value.map({"M": "male", "F": "female"}))
    assert Counter(persons.birth_date.astype(str)) == Counter(wanted.birth_datetime.str[:10])
    assert set(persons.source_person_id[persons.death_date.notna()]) == set(frame(folder / "death.csv.gz").person_id)
    visits = implement(omop_cdm.SYSTEM, "visit_occurrence", visit_occurrence=text(folder / "visit_occurrence.csv.gz"))
    kinds = frame(folder / "visit_occurrence.csv.gz").visit_concept_id.map(
        {"9201": "IMP", "9202": "AMB", "9203": "EMER"}
    )
    assert Counter(row.visit_code for row in visits.collect()) == Counter(kinds)
    answers = implement(omop_cdm.SYSTEM, "observation", observation=text(folder / "observation.csv.gz"))
    assert answers.count() == len(frame(folder / "observation.csv.gz")) == 8_099


@pytest.mark.shared_data
def test_every_cell_of_the_stays_summary_is_a_value(spark, implement, shared_data) -> None:
    raw = sample(text(shared_data / STAYS))
    table = pd.read_csv(StringIO(raw), dtype=str, keep_default_na=False)
    values = [*SUMMARISED, *WINDOW]
    cells = int((table[values] != "").to_numpy().sum() - table[["SAPS-I", "SOFA"]].isin(["-1"]).to_numpy().sum())
    body = int((table[["Height", "Weight"]] != "").to_numpy().sum())
    rows = implement(physionet_icu.SYSTEM, "measurement", summary=raw)
    assert rows.where("measurement_vocabulary = 'local'").count() == cells
    assert rows.where("measurement_vocabulary = 'LOINC'").count() == body
    assert rows.where("measurement_vocabulary = 'LOINC' and measurement_code not in ('8302-2', '29463-7')").count() == 0
    built = measurement.build(
        rows, {"st_a": Hospital("st_a", "A", "UTC", "urn:a", calendar="shifted")}, no_concepts(spark)
    )
    rules = {row.conversion_rule for row in built.select("conversion_rule").distinct().collect()}
    assert rules == {"identity", "as_reported"}, "UrineOutputSum, which has no unit, is left out"


@pytest.mark.shared_data
def test_every_stay_is_a_person(implement, shared_data) -> None:
    table = frame(shared_data / STAYS)
    persons = implement(physionet_icu.SYSTEM, "source_person", summary=text(shared_data / STAYS)).toPandas()
    assert persons.death_date.notna().sum() == (table.Survival.astype(int) >= 0).sum() == 1_474
    assert Counter(persons.sex) == {"male": 2_246, "female": 1_751, "unknown": 3}
    assert sorted(2100 - persons.year_of_birth) == sorted(table.Age.astype(float).astype(int))


@pytest.mark.shared_data
def test_encounters_are_counted_by_another_reader(implement, encounters) -> None:
    raw = sample((encounters / "diabetic_data.csv").read_text(encoding="utf-8"))
    rows = list(csv.DictReader(raw.splitlines()))
    ids = (encounters / "IDs_mapping.csv").read_bytes()

    def made(table: str):
        return implement(health_facts.SYSTEM, table, diabetic_data=raw, ids_mapping=ids)

    codes = [row[f"diag_{n}"] for row in rows for n in (1, 2, 3) if row[f"diag_{n}"] != "?"]
    conditions = made("condition_occurrence").select("condition_code", "condition_vocabulary").collect()
    assert len(conditions) == len(codes)
    assert all(c.condition_vocabulary == "ICD9CM" and is_valid_code("ICD9CM", c.condition_code) for c in conditions)
    given = Counter(name for row in rows for name in DRUG_COLUMNS if row[name] != "No")
    assert Counter(r.drug_source_value for r in made("drug_exposure").select("drug_source_value").collect()) == given
    bands = sum((r["A1Cresult"] != "None") + (r["max_glu_serum"] != "None") + (r["weight"] != "?") for r in rows)
    assert made("measurement").count() == bands
    assert made("visit_occurrence").count() == len(rows)
    persons = made("source_person").toPandas()
    assert len(persons) == persons.source_person_id.nunique() == len({row["patient_nbr"] for row in rows})
    said = sum(row[name] != "?" for row in rows for name in health_facts.COUNTED) + 2 * len(rows)
    assert made("observation").count() == said


@pytest.mark.shared_data
def test_survey_answers_are_counted_by_another_reader(implement, shared_data) -> None:
    raw = sample(text(shared_data / SURVEY))
    rows = list(csv.DictReader(raw.splitlines()))
    file = {"diabetes_binary_health_indicators_BRFSS2015.csv": raw}
    assert implement(lifestyle.SYSTEM, "observation", brfss2015=file).count() == 20 * len(rows)
    smokers = implement(lifestyle.SYSTEM, "observation", brfss2015=file).where("observation_code = 'Smoker'")
    found = Counter(row.value_as_string for row in smokers.select("value_as_string").collect())
    assert found == Counter({"1.0": "yes", "0.0": "no"}[row["Smoker"]] for row in rows)
    persons = implement(lifestyle.SYSTEM, "source_person", brfss2015=file)
    assert persons.select("source_person_id").distinct().count() == len(rows)
    assert persons.where("year_of_birth is null or sex = 'unknown'").count() == 0
    assert implement(lifestyle.SYSTEM, "measurement", brfss2015=file).count() == len(rows)
