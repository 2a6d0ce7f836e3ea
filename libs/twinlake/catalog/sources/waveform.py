"""WFDB recordings, a folder a person: headers, samples and annotations, each a record that names the others.

Samples stay in their files. A segment whose header knows no day begins so far after its master as the master says, any
other such recording (MIT-BIH) at day zero; see `_undated.py`.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from twinlake.catalog.sources._devices import WEARERS, wearers
from twinlake.catalog.sources._persons import PERSON, shaped_person
from twinlake.catalog.sources._rows import look_up, look_up_newest, shaped
from twinlake.catalog.sources._undated import YEAR_ZERO, born
from twinlake.declare.source import Feed, System, Via, implements, part
from twinlake.declare.standardise import Instant, instant, sex

PLACE = "record string, file string, path string"
RECORDING = Feed(
    name="recording",
    files=r"(?:[^/]+/)*(?P<person>[^/]+)/[^/]+\.(?:hea|dat|atr|qrs)",
    wire="wfdb",
    schema=PLACE,
    delivery="increment",
)
HEADER = part(
    RECORDING,
    name="header",
    only="record_kind = 'header'",
    schema=f"{PLACE}, text string, is_multi_segment boolean, frequency double, begun string, sample_count bigint, "
    "signals array<struct<number: int, file: string, format: string, name: string, unit: string, gain: double, "
    "baseline: bigint, frequency: double, expected_bytes: bigint, sample_count: bigint>>",
    unmapped={
        "a recording in segments: each segment is a recording of its own": "is_multi_segment",
        "a recording without signals: its annotations are records of their own": "size(signals) = 0",
    },
)
# The same records once more, for segments to look their master up in.
MASTER = part(
    RECORDING,
    name="master",
    only="record_kind = 'header'",
    schema="record string, frequency double, begun string, segments array<struct<record: string, offset: bigint>>",
)
ANNOTATION = part(
    RECORDING,
    name="annotation",
    only="record_kind = 'annotation'",
    schema=f"{PLACE}, annotator string, frequency double, "
    "marks array<struct<number: int, sample: bigint, symbol: string, is_beat: boolean, name: string, note: string>>",
    unmapped={"nobody marked anything": "size(marks) = 0"},
)
SAMPLES = part(
    RECORDING, name="samples", only="record_kind = 'samples'", schema=f"{PLACE}, sha256 string, bytes bigint"
)

OF_HEADER = Via("header", fact="record", lookup="record")
OF_MASTER = Via("master", fact="record", lookup="explode(segments.record)")
OF_SAMPLES = Via("samples", fact="explode(signals.file)", lookup="file")
OF_ROSTER = Via("persons", fact="source_person_id", lookup="person_id")
# MIT-BIH writes age and sex first: `# 69 M 1085 1629 x1` (physionet.org/content/mitdb).
AGE_AND_SEX = r"(?m)^#\s*([0-9]{1,3})\s+([MF])\b"
BEATS = "filter(marks, mark -> mark.is_beat)"
HAS_RATE = f"size({BEATS}) > 1"
OFFSET = "get(filter(segments, segment -> segment.record = _at), 0).offset"


def _begun(header: DataFrame, master: DataFrame) -> DataFrame:
    """The headers with when their recording began: on their own day, else by their master's clock, else at day zero.

    A frequency of zero tells nothing; a master and its segments have one frequency (header(5)).
    """
    told = instant(F.coalesce("begun", F.lit(str(YEAR_ZERO))))
    own = F.struct(told.utc.alias("utc"), told.quality.alias("quality"))
    hertz, samples = F.nullif(F.col("frequency"), F.lit(0.0)), F.expr(OFFSET)
    place = F.struct(own.alias("begun"), hertz.alias("hertz"), samples.alias("samples"))
    found = look_up_newest(header, master, OF_MASTER, _in=place)
    seconds = F.when(F.col("_in.samples") == 0, 0.0).otherwise(F.col("_in.samples") / F.coalesce("_in.hertz", hertz))
    within = F.struct(_later(F.col("_in.begun.utc"), seconds).alias("utc"), F.col("_in.begun.quality").alias("quality"))
    of_master = F.when(seconds.isNotNull(), within)
    return found.withColumn("_begun", F.coalesce(F.when(F.col("begun").isNotNull(), own), of_master, own)).drop("_in")


def _later(begun: Column, seconds: Column) -> Column:
    return F.timestamp_micros(F.unix_micros(begun) + F.round(seconds * 1_000_000).cast("bigint"))


@implements("source_person")
def source_person(persons: DataFrame) -> DataFrame:
    """persons.csv."""
    return wearers(persons)


@implements("source_person", when="begun IS NULL", via=(OF_ROSTER, OF_MASTER))
def person_of_a_comment(header: DataFrame, persons: DataFrame, master: DataFrame) -> DataFrame:
    """Whom only the comment of an undated header tells of, by age and sex at day zero; a dated master dates it too."""
    dated = look_up_newest(header, master, OF_MASTER, _day=F.col("begun"))
    header = dated.where("_day IS NULL").drop("_day")
    known = persons.select("hospital", "system", F.col("person_id").alias("source_person_id"))
    told = header.join(known, list(PERSON), "left_anti").where(F.col("text").rlike(AGE_AND_SEX))
    told = told.withColumns(
        {"_age": F.regexp_extract("text", AGE_AND_SEX, 1), "_sex": F.regexp_extract("text", AGE_AND_SEX, 2)}
    )
    columns = [c for c in told.columns if c not in PERSON]
    newest = F.max_by(F.struct(*columns), F.struct("known_from", "_record_id")).alias("_newest")
    one = told.groupBy(*PERSON).agg(newest).select(*PERSON, "_newest.*")
    return shaped_person(one, year_of_birth=born(F.col("_age")), sex=sex(F.col("_sex")))


@implements("device_reading", when="size(signals) > 0", via=(OF_SAMPLES, OF_MASTER))
def signal(header: DataFrame, samples: DataFrame, master: DataFrame) -> DataFrame:
    """Each signal of a header: what its samples mean and in which file they lie, as soon as that is delivered."""
    each = _begun(header, master).withColumn("_signal", F.explode("signals"))
    at = Via("samples", fact="_signal.file", lookup="file")
    found = look_up(each, samples, at, _path=F.col("path"), _sha256=F.col("sha256"), _bytes=F.col("bytes"))
    name = F.coalesce("_signal.name", F.concat(F.lit("signal "), F.col("_signal.number").cast("string")))
    lasted = F.col("_signal.sample_count") / F.nullif(F.col("_signal.frequency"), F.lit(0.0))
    return shaped(
        found,
        device_reading_type=F.lit("signal"),
        device_source_value=None,
        measurement_code=name,
        measurement_vocabulary=F.lit("local"),
        measurement_source_value=name,
        measurement_name=name,
        device_reading_datetime=Instant(F.col("_begun.utc"), F.col("_begun.quality")),
        device_reading_end_datetime=_later(F.col("_begun.utc"), lasted),
        recording_source_id="record",
        recording_seconds=F.lit(0.0),
        value_source_value=None,
        unit_source_value="_signal.unit",
        part=F.concat(F.lit("signal "), F.col("_signal.number").cast("string")),
        signal_number="_signal.number",
        signal_format="_signal.format",
        signal_frequency_hz="_signal.frequency",
        signal_gain="_signal.gain",
        signal_baseline="_signal.baseline",
        sample_count="_signal.sample_count",
        file_path="_path",
        file_sha256="_sha256",
        file_bytes="_bytes",
        file_bytes_needed="_signal.expected_bytes",
    )


def _timed(annotation: DataFrame, header: DataFrame, master: DataFrame) -> DataFrame:
    """Annotations with when their recording began and how many samples a second has."""
    begun = _begun(header, master)
    found = look_up(annotation, begun, OF_HEADER, _begun=F.col("_begun"), _own=F.col("frequency"))
    return found.withColumn("_frequency", F.nullif(F.coalesce("frequency", "_own"), F.lit(0.0)))


@implements("device_reading", when="size(marks) > 0", via=(OF_HEADER, OF_MASTER))
def beat(annotation: DataFrame, header: DataFrame, master: DataFrame) -> DataFrame:
    """Each mark of an annotator, a beat or not, at its distance from the start; its header may come later."""
    each = _timed(annotation, header, master).withColumn("_mark", F.explode("marks"))
    seconds = F.col("_mark.sample") / F.col("_frequency")
    kind = F.when(F.col("_mark.is_beat"), "beat").otherwise("mark")
    return shaped(
        each,
        device_reading_type=kind,
        device_source_value="annotator",
        measurement_code=F.concat(kind, F.lit(":"), F.col("_mark.symbol")),
        measurement_vocabulary=F.lit("local"),
        measurement_source_value="_mark.symbol",
        measurement_name="_mark.name",
        device_reading_datetime=Instant(_later(F.col("_begun.utc"), seconds), F.col("_begun.quality")),
        device_reading_end_datetime=None,
        recording_source_id="record",
        recording_seconds=seconds,
        value_source_value="_mark.note",
        unit_source_value=None,
        part=F.concat(F.lit("mark "), F.col("_mark.number").cast("string")),
    )


@implements("measurement", when=HAS_RATE, via=(OF_HEADER, OF_MASTER))
def mean_heart_rate(annotation: DataFrame, header: DataFrame, master: DataFrame) -> DataFrame:
    """The mean heart rate of a recording: intervals between beats, over the time from the first beat to the last."""
    timed = _timed(annotation, header, master).withColumn("_at", F.expr(f"transform({BEATS}, mark -> mark.sample)"))
    seconds = (F.array_max("_at") - F.array_min("_at")) / F.col("_frequency")
    rate = F.round((F.size("_at") - 1) * 60 / F.nullif(seconds, F.lit(0.0)), 4)
    return shaped(
        timed,
        measurement_code=F.lit("8867-4"),
        measurement_vocabulary=F.lit("LOINC"),
        measurement_source_value="annotator",
        measurement_name=F.lit("Heart rate, mean of a recording"),
        measurement_datetime=Instant(F.col("_begun.utc"), F.col("_begun.quality")),
        value_source_value=rate.cast("string"),
        unit_source_value=F.lit("/min"),
        range_low_source_value=None,
        range_high_source_value=None,
        visit_source_id=None,
        part=F.lit("heart rate"),
    )


SYSTEM = System(
    name="waveform",
    meaning="WFDB recordings (ECG and other signals), a folder a person, and a roster of persons",
    feeds=(WEARERS, RECORDING, HEADER, MASTER, ANNOTATION, SAMPLES),
    ignored={
        r"(?:[^/]+/)*[^/]+\.xws": "a bookmark of a viewer",
        r"(?:[^/]+/)*(?:README[^/]*|RECORDS|ANNOTATORS|SHA256SUMS[^/]*)": "lists and descriptions of the set",
    },
    implementations=(source_person, person_of_a_comment, signal, beat, mean_heart_rate),
)
