"""DICOM files (PS3.10) of any kind: what an instance is and where its pixels lie, never the pixels."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from twinlake.catalog.sources._persons import PERSON, shaped_person
from twinlake.catalog.sources._rows import shaped
from twinlake.declare.source import Feed, System, implements
from twinlake.declare.standardise import Instant, full_date, instant, name_part, sex

# The elements that conform reads (PS3.6); a record holds them all.
TAGS = {
    "sop_class": "00080016", "instance": "00080018", "study_date": "00080020", "study_time": "00080030",
    "modality": "00080060", "maker": "00080070", "model": "00081090", "zone": "00080201", "patient": "00100020",
    "issuer": "00100021", "birth_date": "00100030", "sex": "00100040", "age": "00101010", "body_part": "00180015",
    "study": "0020000D", "series": "0020000E", "series_number": "00200011", "instance_number": "00200013",
    "photometric": "00280004", "frames": "00280008", "rows": "00280010", "columns": "00280011", "bits": "00280100",
}  # fmt: skip
NAME = "00100010"
QUALIFIERS, UNIVERSAL_ID = "00100024", "00400032"
SYNTAX = "00020010"
_TEXTS = ", ".join(f"`{tag}`: struct<Value: array<string>>" for tag in sorted(TAGS.values()))


def _sql(what: str) -> str:
    return f"nullif(trim(get(data.`{TAGS[what]}`.Value, 0)), '')"


_NO_INSTANCE = " OR ".join(f"{_sql(what)} IS NULL" for what in ("study", "series", "instance"))
_NOBODY = f"{_sql('patient')} IS NULL"
TAKEN = f"NOT ({_NO_INSTANCE} OR {_NOBODY})"
INSTANCES = Feed(
    name="instances",
    # Most archives give no ending; the names of others are UIDs.
    files=r"(?:[^/]+/)*(?!README$)(?:[^/.]+|[0-9.]+|(?!\.)[^/]+\.(?:dcm|dicom|ima|DCM|IMA))",
    wire="dicom",
    # The wire names both: an archive may give an instance to another patient.
    key=("SOPInstanceUID",),
    person="PatientID, IssuerOfPatientID",
    schema="address struct<path: string, sha256: string, bytes: bigint, pixel_offset: bigint, pixel_bytes: bigint>, "
    f"meta struct<`{SYNTAX}`: struct<Value: array<string>>>, "
    f"data struct<`{NAME}`: struct<Value: array<struct<Alphabetic: string>>>, "
    f"`{QUALIFIERS}`: struct<Value: array<struct<`{UNIVERSAL_ID}`: struct<Value: array<string>>>>>, {_TEXTS}>",
    delivery="increment",
    unmapped={
        "no instance of a study: it names no study, no series or no instance (the index of a medium, a fragment)":
        _NO_INSTANCE,
        "an instance that names no patient can be nobody's": _NOBODY,
    },
)  # fmt: skip


def _value(what: str) -> Column:
    return F.expr(_sql(what))


def _day() -> Column:
    """A date is YYYYMMDD, in old files YYYY.MM.DD (PS3.5 section 6.2)."""
    return _dashed(_value("study_date"))


def _dashed(date: Column) -> Column:
    plain = F.replace(date, F.lit("."), F.lit(""))
    return F.when(plain.rlike("^[0-9]{8}$"), F.regexp_replace(plain, "^(....)(..)(..)$", "$1-$2-$3"))


def _moment() -> Instant:
    """The day at its time HHMM[SS[.FFFFFF]], in the zone the file names, else the hospital's."""
    found = F.replace(_value("study_time"), F.lit(":"), F.lit(""))
    pattern = r"^([0-9]{2})([0-9]{2})([0-9]{2})?(\.[0-9]{1,6})?$"
    hour, minute, second, fraction = (F.regexp_extract(found, pattern, n) for n in range(1, 5))
    second = F.when(second == "", "00").otherwise(second)
    zone = F.regexp_replace(F.coalesce(_value("zone"), F.lit("")), "^([+-]..)(..)$", "$1:$2")
    written = F.concat(_day(), F.lit("T"), hour, F.lit(":"), minute, F.lit(":"), second, fraction, zone)
    return instant(F.when(found.rlike(pattern), written))


@implements("source_person", when=TAKEN)
def source_person(instances: DataFrame) -> DataFrame:
    """Who the last study of a patient says they are; PatientID is the record number where no other issuer is named."""
    ranked = F.struct(_day(), F.col("known_from"), F.col("_record_id"))
    columns = [c for c in instances.columns if c not in PERSON]
    newest = F.max_by(F.struct(*columns), ranked).alias("_newest")
    one = instances.groupBy(*PERSON).agg(newest).select(*PERSON, "_newest.*")
    names = F.split(F.expr(f"get(data.`{NAME}`.Value, 0).Alphabetic"), r"\^")
    family, given, middle = (name_part(F.get(names, F.lit(n))) for n in range(3))
    universal = F.expr(f"nullif(trim(get(get(data.`{QUALIFIERS}`.Value, 0).`{UNIVERSAL_ID}`.Value, 0)), '')")
    issuers, namespace = F.array_compact(F.array(_value("issuer"), universal)), F.col("identifier_namespace")
    own = (F.size(issuers) == 0) | F.arrays_overlap(
        issuers, F.array(namespace, F.replace(namespace, F.lit("urn:oid:")))
    )
    told = {
        "family_name": family, "given_name": given, "middle_name": middle, "mrn": F.when(own, _value("patient")),
        "birth_date": full_date(_dashed(_value("birth_date"))),
    }  # fmt: skip
    return shaped_person(one, **told, year_of_birth=_born(), sex=sex(_value("sex")))


def _born() -> Column:
    """The year of birth, else that of the study less the age in years (`042Y`)."""
    age = F.regexp_extract(_value("age"), "^([0-9]{3})Y$", 1).try_cast("int")
    studied, said = (F.substring(date, 1, 4).try_cast("int") for date in (_day(), _dashed(_value("birth_date"))))
    return F.coalesce(said, studied - age)


@implements("imaging_study", when=TAKEN)
def imaging_study(instances: DataFrame) -> DataFrame:
    """A file an instance."""
    frames = F.when(_value("rows").isNotNull(), F.coalesce(_value("frames"), F.lit("1")))
    return shaped(
        instances,
        study_uid=_value("study"),
        series_uid=_value("series"),
        instance_uid=_value("instance"),
        sop_class_uid=_value("sop_class"),
        transfer_syntax_uid=F.expr(f"get(meta.`{SYNTAX}`.Value, 0)"),
        modality_source_value=_value("modality"),
        body_site_source_value=_value("body_part"),
        device_source_value=F.nullif(F.concat_ws(" ", _value("maker"), _value("model")), F.lit("")),
        study_date=_day(),
        study_datetime=_moment(),
        series_number=_value("series_number"),
        instance_number=_value("instance_number"),
        frame_count=frames,
        pixel_row_count=_value("rows"),
        pixel_column_count=_value("columns"),
        pixel_bit_count=_value("bits"),
        photometric_source_value=_value("photometric"),
        file_path="address.path",
        file_sha256="address.sha256",
        file_bytes="address.bytes",
        pixel_offset_bytes="address.pixel_offset",
        pixel_bytes="address.pixel_bytes",
    )


SYSTEM = System(
    name="dicom",
    meaning="DICOM files: images, reports, plans and waveforms, each an instance of a study",
    feeds=(INSTANCES,),
    ignored={r"(?:[^/]+/)*(?:README|[^/]+\.(?:txt|md))": "a description beside the images"},
    implementations=(source_person, imaging_study),
)
