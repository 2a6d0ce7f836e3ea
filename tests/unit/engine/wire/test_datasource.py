"""A wire format alone in a notebook: `spark.read.format(name)` and its stream."""

from __future__ import annotations

import gzip
import os

import pytest

from twinlake.engine.wire.datasource import formats, register

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
