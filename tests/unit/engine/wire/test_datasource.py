"""A wire format alone in a notebook: `spark.read.format(name)` and its stream."""

from __future__ import annotations

import gzip
import os

import pytest

from tests.support.ccda_sample import SNOMED, code, concern, document, section
from tests.support.device_files import LITTLE, data_set, file_of
from twinlake.engine.wire.datasource import SPARKS_OWN, formats, register

PNEUMONIA = code("233604007", SNOMED, "Pneumonia", tag="value")
VCF = (
    "##fileformat=VCFv4.2\n##reference=GRCh38\n##contig=<ID=chr10,length=133797422>\n"
    "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tS1\nchr10\t100\trs1\tA\tG\t50\tPASS\t.\tGT\t0/1\n"
)
CSV = b"id,name\n1,Ada\n2,Bo,x\n3,Ce\n"


@pytest.fixture(scope="module")
def session(spark):
    register(spark)
    return spark


def test_every_wire_format_is_a_data_source(session):
    assert {"csv", "ndjson"} <= set(formats())
    assert not {"text", "datasource"} & set(formats())


def test_a_folder_is_read_with_its_records_faults_and_refused_files(session, tmp_path):
    (tmp_path / "a.csv").write_bytes(CSV)
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(CSV)[:-9])
    (tmp_path / "c.csv").write_bytes(b"other,header\n1,2\n")
    read = session.read.format("twinlake_csv").option("header", "id,name").option("key", "id").option("person", "id")
    rows = read.load(str(tmp_path)).orderBy("path", "record_offset").collect()
    assert [(r["path"].rsplit("/")[-1], r["record_key"], r["raw_record"], r["rule"]) for r in rows] == [
        ("a.csv", "1", "1,Ada", None),
        ("a.csv", None, "2,Bo,x", "field_count"),
        ("a.csv", "3", "3,Ce", None),
        ("b.csv.gz", None, None, "damaged_gzip"),
        ("c.csv", None, None, "wrong_header"),
    ]


# Of each format a file, the options it needs, and what its records are: (kind, key) each.
SAMPLES = {
    "ccda": ("a.xml", document(section("11450-4", concern(PNEUMONIA))), {}, None),
    "csv": ("a.csv", "id,name\n1,Ada\n", {"header": "id,name", "key": "id"}, [(None, "1")]),
    "dicom": ("a.dcm", file_of(LITTLE, data_set()), {}, None),
    "fhir_bundle": (
        "a.json", '{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient","id":"p"}}]}', {},
        [("Patient", "p")],
    ),
    "headed_text": ("a.txt", "Note-ID: n1\n\nNo fever.\n", {"key": "note_id"}, [(None, "n1")]),
    "hl7v2": ("a.hl7", "MSH|^~\\&|A|B|C|D|20240101||ADT^A04|1|P|2.5\rPID|1||7^^^H^MR\r", {}, [("person", "7^^^H")]),
    "icu_series": ("a.txt", "Time,Parameter,Value\n00:00,RecordID,7\n00:10,HR,80\n", {}, None),
    "listed_lines": ("a.txt", "A00 Cholera\nA01 Typhoid\n", {}, None),
    "ndjson": ("a.ndjson", '{"id":"1"}\n', {"key": "id"}, [(None, "1")]),
    "stacked_csv": (
        "a.csv", "type_id,words\n1,Urgent\n", {"header": "field_1,field_2", "key": "field_1"}, [("type_id", "1")],
    ),
    "tsv": ("a.tsv", "id\tname\n1\tAda\n", {"header": "id,name", "key": "id"}, [(None, "1")]),
    "vcf": ("a.vcf", VCF, {}, None),
    "wfdb": ("a.hea", "7 1 360 1000\n7.dat 212 200 11 1024 0 0 0 MLII\n", {}, None),
}  # fmt: skip


def test_every_format_has_a_sample():
    assert set(SAMPLES) == set(formats())


@pytest.mark.parametrize("name", SAMPLES)
def test_every_format_is_read_alone(session, tmp_path, name):
    file, content, options, expected = SAMPLES[name]
    (tmp_path / file).write_bytes(content if isinstance(content, bytes) else content.encode())
    known = SPARKS_OWN.get(name, name)
    rows = session.read.format(known).options(**options).load(str(tmp_path)).collect()
    assert rows and not [(r["rule"], r["reason"]) for r in rows if r["rule"]]
    assert all(r["raw_record"] for r in rows)
    assert expected is None or [(r["record_kind"], r["record_key"]) for r in rows] == expected
    streamed = session.readStream.format(known).options(**options).load(str(tmp_path))
    assert (
        streamed.isStreaming
        and streamed.columns == session.read.format(known).options(**options).load(str(tmp_path)).columns
    )


@pytest.mark.parametrize("name", ["twinlake_csv", "stacked_csv", "tsv"])
def test_a_table_whose_columns_are_not_told_is_refused_by_name(session, tmp_path, name):
    with pytest.raises(Exception, match=f"format '{name}' needs option header"):
        session.read.format(name).load(str(tmp_path)).count()


@pytest.mark.nightly
def test_a_stream_takes_each_new_file_once(session, tmp_path):
    feeds, sink, mark = tmp_path / "in", str(tmp_path / "out"), str(tmp_path / "mark")
    feeds.mkdir()

    def take(number: int) -> int:
        file = feeds / f"{number}.ndjson"
        file.write_text(f'{{"id":"{number}"}}\n')
        os.utime(file, ns=(number * 10**9, number * 10**9))
        stream = session.readStream.format("ndjson").option("key", "id").load(str(feeds))
        started = stream.writeStream.format("delta").option("checkpointLocation", mark).trigger(availableNow=True)
        started.start(sink).awaitTermination()
        return session.read.format("delta").load(sink).count()

    assert [take(1), take(2)] == [1, 2]


def test_a_wrong_option_says_which_there_are(session, tmp_path):
    with pytest.raises(Exception, match="unknown option colour .known: path, files, header, key, person, version"):
        session.read.format("ndjson").option("colour", "red").load(str(tmp_path)).count()
