"""Another site's OMOP CDM 5.4 as CSV tables (ohdsi.github.io/CommonDataModel/cdm54.html), its concept ids kept.

A code is looked up in the export's own concept.csv: first the site's own (`_source_concept_id`), then the standard one
it was mapped to. Where neither resolves, the ids stay beside the source value, which is then a local code; only a LOINC
code is told by its form. Concept 0 says that the site could not map it. Midnight is how the CDM writes a day without a
time, and so is read as the day.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from twinlake.catalog.sources._concepts import concepts
from twinlake.catalog.sources._omop_feeds import FEEDS, IGNORED, IS_ORDER, OF_THEIR_OWN
from twinlake.catalog.sources._persons import shaped_person
from twinlake.catalog.sources._rows import look_up, shaped, vocabulary
from twinlake.declare.expressions import one_of
from twinlake.declare.source import System, Via, implements
from twinlake.declare.standardise import Instant, day, instant, line, postal, present, sex, state
from twinlake.vocabulary.coding_systems import Vocabulary
from twinlake.vocabulary.maps.omop_concepts import DRUG_TYPES, GENDERS, OPERATORS, RESOLVED, UNITS, VISITS

DEATH = Via("death", fact="person_id", lookup="person_id")
LOCATION = Via("location", fact="location_id", lookup="location_id")
OMOPS_OWN = tuple(str(name) for name in Vocabulary if name != Vocabulary.LOCAL)
LOINC_FORM = "^[0-9]{1,7}-[0-9]$"
COMPARATOR = r"^\s*([<>]=?|=[<>]|[≤≥])?"
NUMBER = COMPARATOR + r"\s*([-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))\s*$"


def _vocabulary(name: Column) -> Column:
    """OMOP's own names mean what OMOP says (`ICD10` is the WHO's); any other is read as everywhere."""
    return F.when(name.isin(*OMOPS_OWN), name).otherwise(vocabulary(name))


def _named(rows: DataFrame, concept: DataFrame, **columns: str) -> DataFrame:
    """The concept of each of these columns beside it, under the name given; null where it is 0 or does not resolve."""
    found = F.struct(
        _vocabulary(F.col("vocabulary_id")).alias("vocabulary"), F.col("concept_code").alias("code"),
        F.col("concept_name").alias("name"),
    )  # fmt: skip
    for name, column in columns.items():
        by_id = Via("concept", fact=column, lookup="concept_id")
        rows = look_up(rows, concept.where("concept_id <> '0'"), by_id, **{name: found})
    return rows


def _resolved(rows: DataFrame, concept: DataFrame, stem: str, **more: str) -> DataFrame:
    """The rows with what they are about as `_own` and `_standard`."""
    return _named(rows, concept, _own=f"{stem}_source_concept_id", _standard=f"{stem}_concept_id", **more)


def _coded(stem: str, otherwise: Column | None = None) -> dict[str, Column | str]:
    """A fact's code, the words for it and the site's ids; `otherwise` is the vocabulary of a code without concept."""
    source = F.col(f"{stem}_source_value")
    own, standard = (F.when(F.col(f"{c}.vocabulary").isNotNull(), F.col(c)) for c in ("_own", "_standard"))
    known = F.coalesce(own, standard)
    ids = (F.nullif(F.col(f"{stem}_{kind}concept_id"), F.lit("0")) for kind in ("source_", ""))
    written = F.coalesce(source, known["code"], *ids)
    fallback = F.lit("local") if otherwise is None else otherwise
    return {
        f"{stem}_code": F.coalesce(known["code"], written),
        f"{stem}_vocabulary": F.coalesce(known["vocabulary"], F.when(written.isNotNull(), fallback)),
        f"{stem}_source_value": written,
        f"{stem}_name": F.coalesce("_own.name", "_standard.name"),
        f"{stem}_concept_id": f"{stem}_concept_id",
        f"{stem}_source_concept_id": f"{stem}_source_concept_id",
    }


def _loinc_or_local(stem: str) -> Column:
    return F.when(F.col(f"{stem}_source_value").rlike(LOINC_FORM), "LOINC").otherwise("local")


def _moment(stem: str) -> Instant:
    """`<stem>_datetime` where it says more than midnight, else the day of `<stem>_date`."""
    full = F.col(f"{stem}_datetime")
    timed = F.when(~full.rlike(r"^.{10}([ T]00:00(:00(\.0*)?)?)?$"), full)
    return instant(F.coalesce(timed, F.substring(F.coalesce(f"{stem}_date", f"{stem}_datetime"), 1, 10)))


@implements("source_person", via=(DEATH, LOCATION))
def source_person(person: DataFrame, death: DataFrame, location: DataFrame, concept: DataFrame) -> DataFrame:
    """person.csv, the day of death.csv, and where location.csv says they live; the CDM has no names."""
    dead = look_up(person, death, DEATH, _died=F.coalesce("death_date", "death_datetime"))
    place = F.struct("address_1", "city", "state", "zip")
    placed = look_up(dead, location, LOCATION, _at_home=place)
    named = _named(placed, concept, _race="race_concept_id", _ethnicity="ethnicity_concept_id")
    parts = ("year_of_birth", F.lit("-"), F.lpad("month_of_birth", 2, "0"), F.lit("-"), F.lpad("day_of_birth", 2, "0"))
    return shaped_person(
        named, birth_date=F.concat(*parts).try_cast("date"), year_of_birth="year_of_birth",
        sex=F.coalesce(one_of(GENDERS, F.col("gender_concept_id")), sex(F.col("gender_source_value"))),
        race_source_value=F.coalesce("race_source_value", "_race.name"),
        ethnicity_source_value=F.coalesce("ethnicity_source_value", "_ethnicity.name"),
        death_date=day(F.col("_died")), address_line=line(F.col("_at_home.address_1")),
        city=line(F.col("_at_home.city")), state=state(F.col("_at_home.state")),
        postal_code=postal(F.col("_at_home.zip")), mrn="person_source_value",
    )  # fmt: skip


@implements("care_site", via=(LOCATION,))
def care_site(care_site: DataFrame, location: DataFrame) -> DataFrame:
    """care_site.csv where location.csv says it is."""
    place = F.struct("city", "state", "zip")
    return shaped(
        look_up(care_site, location, LOCATION, _place=place), care_site_source_id="care_site_id",
        care_site_name="care_site_name", city=line(F.col("_place.city")), state=state(F.col("_place.state")),
        postal_code_prefix=F.substring(postal(F.col("_place.zip")), 1, 3),
    )  # fmt: skip


@implements("visit_occurrence")
def visit_occurrence(visit_occurrence: DataFrame) -> DataFrame:
    """visit_occurrence.csv; a kind of visit that no ActCode is keeps its concept id."""
    return shaped(
        visit_occurrence, visit_source_id="visit_occurrence_id",
        visit_code=one_of(VISITS, F.col("visit_concept_id")), visit_source_value="visit_source_value",
        visit_concept_id="visit_concept_id", visit_source_concept_id="visit_source_concept_id",
        visit_start_datetime=_moment("visit_start"), visit_end_datetime=_moment("visit_end"), visit_reason_code=None,
        visit_reason_vocabulary=None, care_site_source_id="care_site_id",
    )  # fmt: skip


@implements("condition_occurrence")
def condition_occurrence(condition_occurrence: DataFrame, concept: DataFrame) -> DataFrame:
    """condition_occurrence.csv, days only; of all statuses a resolved one alone says that it is over."""
    return shaped(
        _resolved(condition_occurrence, concept, "condition"), **_coded("condition"),
        condition_start_date=day(F.coalesce("condition_start_date", "condition_start_datetime")),
        condition_end_date=day(F.coalesce("condition_end_date", "condition_end_datetime")),
        is_condition_over=F.when(F.col("condition_status_concept_id") == RESOLVED, F.lit(True)),
        visit_source_id="visit_occurrence_id", part=F.lit(""),
    )  # fmt: skip


@implements("drug_exposure")
def drug_exposure(drug_exposure: DataFrame, concept: DataFrame) -> DataFrame:
    """drug_exposure.csv; a vaccine is told by its code (CVX), a type that only says `EHR` leaves the kind unknown."""
    rows = _resolved(drug_exposure, concept, "drug", _route="route_concept_id")
    coded = _coded("drug")
    kind = F.coalesce(one_of(DRUG_TYPES, F.col("drug_type_concept_id")), F.lit("unknown"))
    return shaped(
        rows, **coded, drug_exposure_start_datetime=_moment("drug_exposure_start"),
        drug_exposure_end_datetime=_moment("drug_exposure_end"),
        drug_type=F.when(coded["drug_vocabulary"] == "CVX", "immunisation").otherwise(kind), drug_status="stop_reason",
        is_course_over=F.when(present(F.col("stop_reason")).isNotNull(), F.lit(True)),
        dose_source_value=None, dose_unit_source_value="dose_unit_source_value",
        route_source_value=F.coalesce("route_source_value", "_route.name"), visit_source_id="visit_occurrence_id",
        part=F.lit(""),
    )  # fmt: skip


@implements("procedure_occurrence", when=f"NOT {IS_ORDER}")
def procedure_occurrence(procedure_occurrence: DataFrame, concept: DataFrame) -> DataFrame:
    """procedure_occurrence.csv, without what was only ordered."""
    return shaped(
        _resolved(procedure_occurrence, concept, "procedure"), **_coded("procedure"),
        procedure_datetime=_moment("procedure"), procedure_end_datetime=_moment("procedure_end"),
        visit_source_id="visit_occurrence_id", part=F.lit(""),
    )  # fmt: skip


@implements("measurement")
def measurement(measurement: DataFrame, concept: DataFrame) -> DataFrame:
    """measurement.csv: the number with its operator in the unit it was mapped to, else the text, else the concept."""
    rows = _resolved(measurement, concept, "measurement", _unit="unit_concept_id", _value="value_as_concept_id")
    return shaped(
        rows, **_coded("measurement", _loinc_or_local("measurement")), measurement_datetime=_moment("measurement"),
        value_source_value=_value(), unit_source_value=_unit(),
        range_low_source_value=F.when(~_is_as_written(), F.col("range_low")),
        range_high_source_value=F.when(~_is_as_written(), F.col("range_high")),
        visit_source_id="visit_occurrence_id", part=F.lit(""), value_as_concept_id="value_as_concept_id",
        unit_concept_id="unit_concept_id",
    )  # fmt: skip


@implements("observation")
def observation(observation: DataFrame, concept: DataFrame) -> DataFrame:
    """observation.csv; of an answer the code where it is one, and its words."""
    rows = _resolved(observation, concept, "observation", _unit="unit_concept_id", _value="value_as_concept_id")
    said = F.coalesce("value_as_string", "_value.name", _number(), "value_source_value")
    code = F.when(F.col("_value.vocabulary").isNotNull(), F.col("_value.code"))
    return shaped(
        rows, **_coded("observation", _loinc_or_local("observation")), observation_datetime=_moment("observation"),
        value_source_value=F.coalesce("value_source_value", said), value_as_string=said, value_code=code,
        value_vocabulary="_value.vocabulary", unit_source_value=_unit(), visit_source_id="visit_occurrence_id",
        part=F.lit(""), value_as_concept_id="value_as_concept_id", unit_concept_id="unit_concept_id",
    )  # fmt: skip


@implements("concept", when=f"NOT {OF_THEIR_OWN}")
def concept(concept: DataFrame) -> DataFrame:
    """concept.csv: the ids are the same everywhere, so what this site knows of them serves all."""
    return concepts(concept)


def _value() -> Column:
    """The number with its operator, which may stand in front of the source's own text alone."""
    text = F.col("value_source_value")
    written = F.regexp_extract(text, COMPARATOR + r"\s*[0-9.]", 1)
    operator = F.coalesce(one_of(OPERATORS, F.col("operator_concept_id")), written, F.lit(""))
    return F.coalesce(F.concat(operator, _number()), text, "_value.name")


def _number() -> Column:
    """The number that the site mapped; the text's, which may be of before, only where it is read in its own unit."""
    own = F.regexp_extract("value_source_value", NUMBER, 2)
    return F.when(_is_as_written(), own).otherwise(F.col("value_as_number"))


def _unit() -> Column:
    """The unit of the number: what it was mapped to, else what the site wrote of a number that is not mapped."""
    return F.coalesce(_ucum(), F.when(~_is_mapped() | _is_as_written(), F.col("unit_source_value")))


def _ucum() -> Column:
    resolved = F.when(F.col("_unit.vocabulary") == "UCUM", F.col("_unit.code"))
    return F.coalesce(one_of(UNITS, F.col("unit_concept_id")), resolved)


def _is_mapped() -> Column:
    return F.coalesce(F.col("unit_concept_id"), F.lit("0")) != "0"


def _is_as_written() -> Column:
    """Whether a number is read in the site's own words: that it was mapped to is in a unit that nobody knows."""
    is_number = F.coalesce(F.col("value_source_value").rlike(NUMBER), F.lit(False))
    return _is_mapped() & _ucum().isNull() & is_number


SYSTEM = System(
    name="omop_cdm",
    meaning="Another site's OMOP CDM 5.4 as CSV tables: its whole state at each delivery",
    feeds=FEEDS,
    ignored=IGNORED,
    implementations=(
        source_person, care_site, visit_occurrence, condition_occurrence, drug_exposure, procedure_occurrence,
        measurement, observation, concept,
    ),
)  # fmt: skip
