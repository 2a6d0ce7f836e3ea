"""Real notes: every record counted and every text compared with what another reader (csv, json, base64) makes of it."""

from __future__ import annotations

import base64
import csv
import gzip
import io
import json
from collections import Counter
from pathlib import Path

import pytest

from twinlake.catalog.sources.clinical_notes import SYSTEM
from twinlake.clinical.note_mentions import mentions
from twinlake.engine.wire import Record, reader

DIALOGUES = {
    "TrainingSet": 1201,
    "ValidationSet": 100,
    "TestSet-1-MEDIQA-Chat-2023": 200,
    "TestSet-2-MEDIQA-Sum-2023": 200,
}
DOCUMENTS = {
    "synthea/fhir/DocumentReference.ndjson.gz": 7484,
    "fhir_bulk_smart10/DocumentReference.000.ndjson.gz": 1215,
}
CHOSEN = 60


def unzipped(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes())


def dialogues(data: Path, name: str) -> bytes:
    return unzipped(data / f"notes_mts_dialog/MTS-Dialog-{name}.csv.gz")


def read(feed: str, raw: bytes) -> list:
    declared = SYSTEM.feed(feed)
    return list(reader(declared.wire)(io.BytesIO(raw), declared))


def text_of(document: dict) -> str:
    return base64.b64decode(document["content"][0]["attachment"]["data"]).decode()


@pytest.mark.shared_data
@pytest.mark.parametrize(("name", "records"), DIALOGUES.items())
def test_every_dialogue_lands_whatever_its_line_ends(shared_data, name: str, records: int) -> None:
    raw = dialogues(shared_data, name)
    found = read("dialogues", raw)
    rows = list(csv.reader(io.StringIO(raw.decode(), newline="")))[1:]
    assert len(found) == len(rows) == records and all(isinstance(r, Record) for r in found)
    assert [next(csv.reader(io.StringIO(r.raw, newline=""))) for r in found] == rows


@pytest.mark.shared_data
@pytest.mark.parametrize(("path", "records"), DOCUMENTS.items())
def test_every_document_lands(shared_data, path: str, records: int) -> None:
    found = read("document_reference", unzipped(shared_data / path))
    assert Counter(type(r) for r in found) == {Record: records}
    assert len({r.key for r in found}) == records and all(r.person for r in found)


@pytest.mark.shared_data
def test_every_mention_of_the_notes_stands_at_its_place(shared_data) -> None:
    rows = csv.DictReader(io.StringIO(dialogues(shared_data, "ValidationSet").decode(), newline=""))
    texts = [row[column] for row in rows for column in ("section_text", "dialogue")]
    found = [(text, m) for text in texts for m in mentions(text)]
    assert len(found) > 200
    assert [m for text, m in found if text[m.start : m.end] != m.text] == []


@pytest.mark.shared_data
def test_the_texts_of_dialogues_are_those_another_reader_sees(implement, shared_data) -> None:
    raw = dialogues(shared_data, "ValidationSet")
    rows = csv.DictReader(io.StringIO(raw.decode(), newline=""))
    wanted = Counter(row[c].replace("\r\n", "\n").strip() for row in rows for c in ("section_text", "dialogue"))
    made = implement(SYSTEM, "note", dialogues=raw).collect()
    assert Counter(row.note_text.replace("\r\n", "\n").strip() for row in made) == wanted


@pytest.mark.shared_data
def test_the_texts_of_documents_are_those_another_reader_sees(implement, shared_data) -> None:
    lines = unzipped(shared_data / "synthea/fhir/DocumentReference.ndjson.gz").splitlines()[:CHOSEN]
    documents = [json.loads(line) for line in lines]
    made = implement(SYSTEM, "note", document_reference=b"\n".join(lines)).collect()
    assert Counter(row.note_text for row in made) == Counter(map(text_of, documents))
    assert {row.note_code for row in made} == {"34117-2"}
    assert {row.visit_source_id for row in made} == {
        d["context"]["encounter"][0]["reference"].removeprefix("Encounter/") for d in documents
    }
