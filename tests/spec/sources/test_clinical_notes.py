"""Clinical notes as they come, and the rows they become."""

# Tables and records are drawn as wide as they are.
# ruff: noqa: E501

from __future__ import annotations

from base64 import b64encode
from functools import partial

import pytest

from tests.spec.sources.conftest import frame_of
from tests.support.text_table import expect
from twinlake.catalog.sources.clinical_notes import SYSTEM


@pytest.fixture
def records(spark):
    """`records(system, feed, text)`: the feed's records, parsed."""
    return partial(frame_of, spark)


def coded(text: str, charset: str = "utf-8") -> str:
    return b64encode(text.encode(charset)).decode()


def document(ident: str, *attachments: dict, **rest: object) -> dict:
    return {"resourceType": "DocumentReference", "id": ident, "status": "current", "subject": {"reference": "Patient/p1"},
            "content": [{"attachment": a} for a in attachments], **rest}  # fmt: skip


PLAIN = {"contentType": "text/plain; charset=utf-8", "data": coded("No fever.\n否认咳嗽")}
LOINC_NOTE = {"coding": [{"system": "http://loinc.org", "code": "34117-2", "display": "History and physical note"}]}


def test_the_text_of_a_fhir_document_is_a_note(implement) -> None:
    rows = implement(SYSTEM, "note", document_reference=[
        document("d1", PLAIN, type=LOINC_NOTE, date="2026-01-02T10:00:00-05:00", description="H&P",
                 context={"encounter": [{"reference": "Encounter/e1"}]}),
    ])  # fmt: skip
    (row,) = rows.collect()
    assert row.note_text == "No fever.\n否认咳嗽"
    expect(rows.drop("note_text"), """
        source_person_id | note_code | note_vocabulary | note_source_value | note_name                 | note_datetime    | note_title | note_status | visit_source_id | part
        p1               | 34117-2   | LOINC           | 34117-2           | History and physical note | 2026-01-02 15:00 | H&P        | current     | e1              | 0
    """)  # fmt: skip


def test_each_plain_text_of_a_document_is_a_note_and_other_attachments_are_none(implement) -> None:
    rows = implement(SYSTEM, "note", document_reference=[
        document("d1", {"contentType": "application/pdf", "data": coded("%PDF")},
                 {"contentType": "text/plain", "data": coded("one"), "title": "First", "language": "en"},
                 {"contentType": "TEXT/PLAIN;charset=ISO-8859-1", "data": coded("caf\xe9", "latin-1")}),
    ])  # fmt: skip
    expect(rows, """
        part | note_text | note_title | note_language
        1    | one       | First      | en
        2    | café      |            |
    """)  # fmt: skip


@pytest.mark.parametrize(
    "attachment",
    [{"contentType": "text/plain", "data": "a"}, {"contentType": "text/plain", "data": b64encode(b"\xff\xfe").decode()},
     {"contentType": "text/plain; charset=GB18030", "data": coded("x")}],
    ids=["broken base64", "not utf-8", "unknown charset"],
)  # fmt: skip
def test_a_text_that_cannot_be_read_is_a_note_without_text_and_so_goes_to_quarantine(implement, attachment) -> None:
    (row,) = implement(SYSTEM, "note", document_reference=[document("d1", attachment)]).collect()
    assert row.note_text is None


def test_a_document_entered_in_error_is_withdrawn_and_one_without_plain_text_is_explained(implement, records) -> None:
    wrong = [
        document("d1", PLAIN, docStatus="entered-in-error"),
        document("d2", PLAIN) | {"status": "entered-in-error"},
    ]
    assert implement(SYSTEM, "note", document_reference=wrong).count() == 0
    linked = [document("d3", {"contentType": "text/plain", "url": "Binary/1"}), document("d4"), document("d5", {"data": ""}),
              {"id": "d6", "status": "current"}]  # fmt: skip
    assert implement(SYSTEM, "note", document_reference=linked).count() == 0
    feed = SYSTEM.feed("document_reference")
    assert records(SYSTEM, feed, linked).where(" or ".join(feed.unmapped.values())).count() == len(linked)
    assert records(SYSTEM, feed, [document("d7", PLAIN)]).where(" or ".join(feed.unmapped.values())).count() == 0


def test_a_report_presented_in_plain_text_is_a_note_too(implement, records) -> None:
    reports = [
        {"id": "r1", "status": "final", "code": LOINC_NOTE, "subject": {"reference": "Patient/p1"},
         "encounter": {"reference": "Encounter/e1"}, "effectiveDateTime": "2026-01-02T10:00:00Z", "presentedForm": [PLAIN]},
        {"id": "r2", "status": "final", "code": LOINC_NOTE, "subject": {"reference": "Patient/p1"}, "result": []},
    ]  # fmt: skip
    rows = implement(SYSTEM, "note", diagnostic_report=reports)
    expect(rows.drop("note_text"), """
        source_person_id | note_code | note_datetime    | note_status | visit_source_id | part
        p1               | 34117-2   | 2026-01-02 10:00 | final       | e1              | 0
    """)  # fmt: skip
    feed = SYSTEM.feed("diagnostic_report")
    assert [r.id for r in records(SYSTEM, feed, reports).where(" or ".join(feed.unmapped.values())).collect()] == ["r2"]


HEADER = "note_id,patient_id,visit_id,written_at,type_code,type_system,type,title,language,status,updated_at,text"


def test_a_table_of_notes_keeps_lines_and_quotes_inside_its_cells(implement) -> None:
    table = (
        f"{HEADER}\r\n"
        'n1,p1,v1,2026-01-02T10:00:00,11488-4,LOINC,Consult note,,en,final,,"He said ""no fever"".\r\nCough, too."\r\n'
        "n2,p2,,2026-07-02,,,Letter,,zh,,,无发热\r\n"
        "n3,p2,,,HP,,,,,withdrawn,,gone\r\n"
    ).encode()
    rows = implement(SYSTEM, "note", notes=table)
    texts = {row.source_person_id: row.note_text.replace("\r\n", "\n") for row in rows.collect()}
    assert texts == {"p1": 'He said "no fever".\nCough, too.', "p2": "无发热"}
    expect(rows.drop("note_text"), """
        source_person_id | note_code | note_vocabulary | note_source_value | note_name    | note_datetime    | note_language | note_status | visit_source_id
        p1               | 11488-4   | LOINC           | 11488-4           | Consult note | 2026-01-02 15:00 | en            | final       | v1
        p2               |           |                 | Letter            | Letter       | 2026-07-02 00:00 | zh            |             |
    """)  # fmt: skip


def test_text_files_say_the_same_by_their_headers(implement) -> None:
    text = """
    Note-ID: n1
    Patient-ID: p1
    Written-At: 2026-01-02T10:00:00Z
    Type: Discharge summary
    Ward: of no use

    No fever.

    Cough.
    \fNote-ID: n2
    Patient-ID: p2
    Type-Code: DS

    无发热
    """
    rows = implement(SYSTEM, "note", text_notes=text)
    assert {row.source_person_id: row.note_text for row in rows.collect()} == {
        "p1": "No fever.\n\nCough.\n", "p2": "无发热",
    }  # fmt: skip
    expect(rows.drop("note_text"), """
        source_person_id | note_code | note_vocabulary | note_source_value | note_name         | note_datetime
        p1               |           |                 | Discharge summary | Discharge summary | 2026-01-02 10:00
        p2               | DS        | local           | DS                |                   |
    """)  # fmt: skip


def test_the_persons_of_notes_are_listed_or_come_as_fhir_patients(implement) -> None:
    patients = """
    patient_id,mrn,given_name,family_name,birth_date,sex
    p1,M1,Ana,O'Neil,1980-02-03,F
    p2,,,,1990,
    """
    fhir = [{"id": "p3", "gender": "male", "birthDate": "1970-01-01", "name": [{"family": "Li", "given": ["Wei"]}]}]
    expect(implement(SYSTEM, "source_person", patients=patients, patient=fhir), """
        source_person_id | mrn | given_name | family_name | birth_date | year_of_birth | sex
        p1               | M1  | ANA        | O'NEIL      | 1980-02-03 | 1980          | female
        p2               |     |            |             |            | 1990          | unknown
        p3               |     | WEI        | LI          | 1970-01-01 | 1970          | male
    """)  # fmt: skip


DIALOGUES = (
    b'ID,section_header,section_text,dialogue\r\n'
    b'0,ROS,"No fever.\r\nCough.","Doctor: Any fever?\r\nPatient: No."\r\n'
    b'1,CC,Cough,\r\n'
    b"2,CC,,\r\n"
)  # fmt: skip


def test_a_dialogue_and_the_section_written_from_it_are_two_notes_of_nobody_named(implement, records) -> None:
    rows = implement(SYSTEM, "note", dialogues=DIALOGUES)
    texts = [(row.part, row.note_title, row.note_text.replace("\r\n", "\n")) for row in rows.collect()]
    assert sorted(texts, key=repr) == [
        ("dialogue", None, "Doctor: Any fever?\nPatient: No."), ("section", "CC", "Cough"),
        ("section", "ROS", "No fever.\nCough."),
    ]  # fmt: skip
    feed = SYSTEM.feed("dialogues")
    assert [r.ID for r in records(SYSTEM, feed, DIALOGUES).where(" or ".join(feed.unmapped.values())).collect()] == [
        "2"
    ]
    expect(implement(SYSTEM, "source_person", dialogues=DIALOGUES).select("year_of_birth", "sex"), """
        year_of_birth | sex
                      | unknown
                      | unknown
                      | unknown
    """)  # fmt: skip


@pytest.mark.parametrize(
    ("path", "feed"),
    [("DocumentReference.ndjson", "document_reference"), ("fhir/DocumentReference.000.ndjson", "document_reference"),
     ("DiagnosticReport.ndjson", "diagnostic_report"), ("Patient.ndjson", "patient"), ("patients.csv", "patients"),
     ("notes.csv", "notes"), ("ward-3/2026-01.txt", "text_notes"), ("MTS-Dialog-TrainingSet.csv", "dialogues"),
     ("Observation.ndjson", None), ("scan.pdf", None)],
)  # fmt: skip
def test_a_file_is_known_by_its_name(path: str, feed: str | None) -> None:
    found = SYSTEM.feed_of(path)
    assert (found.name if found else None) == feed


def test_a_file_that_is_not_read_says_why() -> None:
    assert SYSTEM.why_ignored("Practitioner.ndjson") and SYSTEM.why_ignored("scans/scan.pdf")
    assert not SYSTEM.why_ignored("Observation.ndjson")
