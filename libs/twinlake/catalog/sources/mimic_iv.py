"""MIMIC-IV, hosp and icu, as PhysioNet gives it out (mimic.mit.edu/docs/iv).

Dates are shifted for each person and times have no zone: let hospital.toml say UTC, since no true hour is left. A stay
in intensive care is no visit of its own: OMOP calls it a visit_detail; its facts carry the admission they belong to.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from twinlake.catalog.sources import _mimic_feeds as feeds
from twinlake.catalog.sources._mimic_wards import bed_event, care_site
from twinlake.catalog.sources._persons import shaped_person
from twinlake.catalog.sources._rows import Said, look_up, shaped
from twinlake.declare.expressions import one_of
from twinlake.declare.source import System, Via, implements
from twinlake.declare.standardise import day, instant, sex
from twinlake.vocabulary.maps.mimic_charted import CHARTED
from twinlake.vocabulary.maps.mimic_labitems import ITEMID_TO_LOINC
from twinlake.vocabulary.maps.mimic_omr import OMR

STAYS = Via("admissions", fact="subject_id", lookup="subject_id")
ADMISSION = Via("admissions", fact="hadm_id", lookup="hadm_id")
ICD = "concat(icd_version, ':', icd_code)"
ITEM = Via("d_items", fact="itemid", lookup="itemid")
LABITEM = Via("d_labitems", fact="itemid", lookup="itemid")


def _icd(lookup: str) -> Via:
    return Via(lookup, fact=ICD, lookup=ICD)


def _dotted(after: int) -> Column:
    """An ICD code with the dot that MIMIC leaves out."""
    code = F.trim("icd_code")
    return F.when(F.length(code) > after, F.concat_ws(".", code.substr(1, after), code.substr(after + 1, 9))).otherwise(
        code
    )


def _icd_code(ninth: Column, tenth: Column) -> Column:
    version = F.trim("icd_version")
    return F.when(version == "9", ninth).when(version == "10", tenth)


def _coded(stem: str, code: Column, vocabulary: Column, source: Column, name: Column) -> dict[str, Column]:
    return {
        f"{stem}_code": code,
        f"{stem}_vocabulary": F.when(code.isNotNull(), vocabulary),
        f"{stem}_source_value": source,
        f"{stem}_name": name,
    }


def _local(stem: str) -> dict[str, Column]:
    """An item of the ICU's own dictionary."""
    return _coded(stem, F.col("itemid"), F.lit("local"), F.col("itemid"), F.col("_label"))


@implements("source_person", via=(STAYS,))
def source_person(patients: DataFrame, admissions: DataFrame) -> DataFrame:
    """patients.csv: no names and no birth date, a year of birth from the anchor; race and marital status as the last
    admission has them.
    """
    newest = F.struct("admittime", "hadm_id", "known_from", "_record_id")
    said = admissions.groupBy("hospital", "system", F.col("subject_id").alias("_subject")).agg(
        F.max_by(F.struct("race", "marital_status"), newest).alias("_last")
    )
    here = (patients.hospital == said.hospital) & (patients.system == said.system)
    known = patients.join(said, here & (patients.subject_id == said._subject), "left").drop(said.hospital, said.system)
    return shaped_person(
        known,
        year_of_birth=F.col("anchor_year").try_cast("int") - F.col("anchor_age").try_cast("int"),
        sex=sex(F.col("gender")),
        race_source_value="_last.race",
        marital_status="_last.marital_status",
        death_date=day(F.col("dod")),
    )


@implements("visit_occurrence")
def visit_occurrence(admissions: DataFrame) -> DataFrame:
    """admissions.csv; an observation that did not become an admission is OBSENC, everything else a stay."""
    watched = F.col("admission_type").like("%OBSERVATION")
    return shaped(
        admissions,
        visit_source_id="hadm_id",
        visit_code=F.when(watched, "OBSENC").otherwise("IMP"),
        visit_source_value="admission_type",
        visit_start_datetime=instant(F.col("admittime")),
        visit_end_datetime=instant(F.col("dischtime")),
        visit_reason_code=None,
        visit_reason_vocabulary=None,
        care_site_source_id=None,
    )


@implements("condition_occurrence", via=(ADMISSION, _icd("d_icd_diagnoses")))
def condition_occurrence(diagnoses_icd: DataFrame, admissions: DataFrame, d_icd_diagnoses: DataFrame) -> DataFrame:
    """diagnoses_icd.csv: billed at discharge, dated by the admission; in ICD-9 an E code has its dot after four."""
    dated = look_up(diagnoses_icd, admissions, ADMISSION, _start=F.col("admittime"))
    named = look_up(dated, d_icd_diagnoses, _icd("d_icd_diagnoses"), _label=F.col("long_title"))
    ninth = F.when(F.trim("icd_code").startswith("E"), _dotted(4)).otherwise(_dotted(3))
    vocabulary = _icd_code(F.lit("ICD9CM"), F.lit("ICD10CM"))
    return shaped(
        named,
        **_coded("condition", _icd_code(ninth, _dotted(3)), vocabulary, F.col("icd_code"), F.col("_label")),
        condition_start_date=day(F.col("_start")),
        condition_end_date=None,
        visit_source_id="hadm_id",
        part=F.lit(""),
    )


@implements("procedure_occurrence", via=(_icd("d_icd_procedures"),))
def billed_procedure(procedures_icd: DataFrame, d_icd_procedures: DataFrame) -> DataFrame:
    """procedures_icd.csv, days only."""
    named = look_up(procedures_icd, d_icd_procedures, _icd("d_icd_procedures"), _label=F.col("long_title"))
    code = _icd_code(_dotted(2), F.trim("icd_code"))
    vocabulary = _icd_code(F.lit("ICD9Proc"), F.lit("ICD10PCS"))
    return shaped(
        named, **_coded("procedure", code, vocabulary, F.col("icd_code"), F.col("_label")), **_done("chartdate", None)
    )


@implements("procedure_occurrence")
def outpatient_procedure(hcpcsevents: DataFrame) -> DataFrame:
    """hcpcsevents.csv: HCPCS level I, which begins with a digit, is CPT-4."""
    code = F.trim("hcpcs_cd")
    vocabulary = F.when(code.rlike("^[0-9]"), "CPT4").otherwise("HCPCS")
    words = _coded("procedure", code, vocabulary, F.col("hcpcs_cd"), F.col("short_description"))
    return shaped(hcpcsevents, **words, **_done("chartdate", None))


@implements("procedure_occurrence", via=(ITEM,))
def bedside_procedure(procedureevents: DataFrame, d_items: DataFrame) -> DataFrame:
    """procedureevents.csv of the ICU (ventilation, lines, imaging)."""
    named = look_up(procedureevents, d_items, ITEM, _label=F.col("label"))
    return shaped(named, **_local("procedure"), **_done("starttime", "endtime"))


def _done(start: str, end: str | None) -> dict[str, Said]:
    return {
        "procedure_datetime": instant(F.col(start)),
        "procedure_end_datetime": instant(F.col(end)) if end else None,
        "visit_source_id": "hadm_id",
        "part": F.lit(""),
    }


@implements("measurement", when=f"{feeds.RESULT} is not null", via=(LABITEM,))
def laboratory(labevents: DataFrame, d_labitems: DataFrame) -> DataFrame:
    """labevents.csv, numbers and texts; where there is no value, its number or its comment stands (`<0.2.` is <0.2)."""
    named = look_up(labevents, d_labitems, LABITEM, _label=F.col("label"))
    loinc = one_of({str(item): code for item, code in ITEMID_TO_LOINC.items()}, F.col("itemid"))
    vocabulary = F.when(loinc.isNotNull(), "LOINC").otherwise("local")
    code = F.coalesce(loinc, "itemid")
    return shaped(
        named,
        **_coded("measurement", code, vocabulary, F.col("itemid"), F.col("_label")),
        measurement_datetime=instant(F.col("charttime")),
        value_source_value=F.expr(feeds.RESULT),
        unit_source_value="valueuom",
        range_low_source_value="ref_range_lower",
        range_high_source_value="ref_range_upper",
        visit_source_id="hadm_id",
        part=F.lit(""),
    )


@implements("measurement")
def outpatient_vital(omr: DataFrame) -> DataFrame:
    """omr.csv: the unit is what the name says, `Weight (Lbs)`; a blood pressure `120/80` is two rows."""
    name, value = F.col("result_name"), F.col("result_value")
    upper, lower = (F.regexp_extract(value, r"^\s*(\d+)\s*/\s*(\d+)\s*$", n) for n in (1, 2))
    pair = F.array(_reading("systolic", _omr_codes(2, 0), upper), _reading("diastolic", _omr_codes(2, 1), lower))
    parts = F.when(upper != "", pair).otherwise(F.array(_reading("", _omr_codes(1, 0), value)))
    rows = omr.withColumn("_part", F.explode(parts))
    code = F.coalesce("_part.loinc", "result_name")
    vocabulary = F.when(F.col("_part.loinc").isNotNull(), "LOINC").otherwise("local")
    return shaped(
        rows,
        **_coded("measurement", code, vocabulary, name, name),
        measurement_datetime=instant(F.col("chartdate")),
        value_source_value="_part.value",
        unit_source_value=one_of({known: item.unit for known, item in OMR.items()}, name),
        range_low_source_value=None,
        range_high_source_value=None,
        visit_source_id=None,
        part="_part.part",
    )


def _omr_codes(parts: int, place: int) -> Column:
    """The LOINC code at this place of a result that has so many parts."""
    codes = {name: item.codes[place] for name, item in OMR.items() if len(item.codes) == parts}
    return one_of(codes, F.col("result_name"))


def _reading(part: str, loinc: Column, value: Column) -> Column:
    return F.struct(F.lit(part).alias("part"), loinc.alias("loinc"), value.alias("value"))


@implements("measurement", when=feeds.CHARTED_VITAL, via=(ITEM,))
def charted_vital(chartevents: DataFrame, d_items: DataFrame) -> DataFrame:
    """chartevents.csv: the vital signs of the bedside chart; a unit the row leaves out is the dictionary's."""
    item = F.col("itemid")
    return shaped(
        look_up(chartevents, d_items, ITEM, _label=F.col("label")),
        **_coded(
            "measurement",
            one_of({str(known): charted.code for known, charted in CHARTED.items()}, item),
            F.lit("LOINC"),
            item,
            F.col("_label"),
        ),
        measurement_datetime=instant(F.col("charttime")),
        value_source_value=F.coalesce("value", "valuenum"),
        unit_source_value=F.coalesce("valueuom", one_of({str(k): c.unit for k, c in CHARTED.items()}, item)),
        range_low_source_value=None,
        range_high_source_value=None,
        visit_source_id="hadm_id",
        part=F.lit(""),
    )


@implements("measurement", via=(ITEM,))
def output(outputevents: DataFrame, d_items: DataFrame) -> DataFrame:
    """outputevents.csv: urine, drains."""
    return shaped(
        look_up(outputevents, d_items, ITEM, _label=F.col("label")),
        **_local("measurement"),
        measurement_datetime=instant(F.col("charttime")),
        value_source_value="value",
        unit_source_value="valueuom",
        range_low_source_value=None,
        range_high_source_value=None,
        visit_source_id="hadm_id",
        part=F.lit(""),
    )


@implements("drug_exposure", when=f"not {feeds.IS_CONTAINER}")
def drug_order(prescriptions: DataFrame) -> DataFrame:
    """prescriptions.csv: an NDC where there is one (0 is none), else the formulary's own code."""
    ndc = F.when(F.trim("ndc").rlike("[1-9]"), F.trim("ndc"))
    code = F.coalesce(ndc, "formulary_drug_cd")
    vocabulary = F.when(ndc.isNotNull(), "NDC").otherwise("local")
    return shaped(
        prescriptions,
        **_coded("drug", code, vocabulary, F.coalesce(code, "drug"), F.col("drug")),
        **_exposure("order", "starttime", "stoptime"),
        drug_status=None,
        dose_source_value="dose_val_rx",
        dose_unit_source_value="dose_unit_rx",
        route_source_value="route",
    )


@implements("drug_exposure", when=feeds.GIVEN)
def drug_administration(emar: DataFrame) -> DataFrame:
    """emar.csv: what the bedside scanner saw given; the drug by name only."""
    return shaped(
        emar,
        **_coded("drug", F.lit(None).cast("string"), F.lit(None), F.col("medication"), F.col("medication")),
        **_exposure("administration", "charttime", None),
        drug_status="event_txt",
        dose_source_value=None,
        dose_unit_source_value=None,
        route_source_value=None,
    )


@implements("drug_exposure", when=f"not {feeds.IS_REWRITTEN}", via=(ITEM,))
def infusion(inputevents: DataFrame, d_items: DataFrame) -> DataFrame:
    """inputevents.csv of the ICU: the amount that went in between two times."""
    return shaped(
        look_up(inputevents, d_items, ITEM, _label=F.col("label")),
        **_local("drug"),
        **_exposure("infusion", "starttime", "endtime"),
        drug_status="statusdescription",
        is_course_over=F.col("statusdescription").isin("FinishedRunning", "Stopped"),
        dose_source_value="amount",
        dose_unit_source_value="amountuom",
        route_source_value=None,
    )


def _exposure(kind: str, start: str, end: str | None) -> dict[str, Said]:
    return {
        "drug_exposure_start_datetime": instant(F.col(start)),
        "drug_exposure_end_datetime": instant(F.col(end)) if end else None,
        "drug_type": F.lit(kind),
        "visit_source_id": "hadm_id",
        "part": F.lit(""),
    }


SYSTEM = System(
    name="mimic_iv",
    meaning="MIMIC-IV tables of hosp and icu: the whole state of a de-identified hospital at each delivery",
    feeds=feeds.FEEDS,
    ignored=feeds.IGNORED,
    implementations=(
        source_person, visit_occurrence, care_site, bed_event, condition_occurrence, billed_procedure,
        outpatient_procedure, bedside_procedure, laboratory, outpatient_vital, charted_vital, output, drug_order,
        drug_administration, infusion,
    ),
)  # fmt: skip
