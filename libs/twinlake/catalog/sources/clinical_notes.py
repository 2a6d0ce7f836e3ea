"""Notes: FHIR documents, a CSV table, plain text files with headers, and dialogues of nobody named.

A folder holds any of: `Patient.ndjson` or `patients.csv`; `DocumentReference.ndjson`, `DiagnosticReport.ndjson`,
`notes.csv`, `*.txt` (engine/wire/headed_text.py), and dialogue sets with MTS-Dialog's header (`*Dialog*.csv`).
"""

from __future__ import annotations

from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from twinlake.catalog.sources._fhir_feeds import PATIENT
from twinlake.catalog.sources._fhir_tables import person_merge as fhir_merge
from twinlake.catalog.sources._fhir_tables import source_person as fhir_person
from twinlake.catalog.sources._notes import DIAGNOSTIC_REPORT, DOCUMENT_REFERENCE, document_note, report_note
from twinlake.catalog.sources._persons import roster, rostered, shaped_person
from twinlake.catalog.sources._rows import shaped, vocabulary
from twinlake.declare.source import PART, Feed, System, csv_feed, implements
from twinlake.declare.standardise import instant, present

# One table has the columns, the text files have them as headers (Note-ID, Written-At ...).
COLUMNS = (
    "note_id", "patient_id", "visit_id", "written_at", "type_code", "type_system", "type", "title", "language",
    "status", "updated_at", "text",
)  # fmt: skip
_ONE_NOTE: dict[str, Any] = {"key": ("note_id",), "person": "patient_id", "version": "updated_at",
             "withdrawn": "lower(status) in ('entered-in-error', 'withdrawn')"}  # fmt: skip
FEEDS = (
    PATIENT,
    DOCUMENT_REFERENCE,
    DIAGNOSTIC_REPORT,
    roster("patients", rf"(?:[^/]*/)*patients{PART}\.csv", "patient_id", "snapshot"),
    csv_feed("notes", r"(?:[^/]*/)*notes\.csv", ",".join(COLUMNS), "increment", **_ONE_NOTE),
    Feed("text_notes", r"(?:[^/]*/)*[^/]+\.txt", "headed_text", ", ".join(f"`{c}` string" for c in COLUMNS),
         "increment", **_ONE_NOTE),
    csv_feed(
        "dialogues", r"(?:[^/]*/)*[^/]*[Dd]ialog[^/]*\.csv", "ID,section_header,section_text,dialogue", "increment",
        nameless=True,
        unmapped={"neither a section nor a dialogue": "trim(concat_ws('', section_text, dialogue)) = ''"},
    ),
)  # fmt: skip


@implements("source_person")
def listed_person(patients: DataFrame) -> DataFrame:
    """patients.csv: whom the notes are about."""
    return rostered(patients, mrn=present(F.col("mrn")))


@implements("source_person")
def nameless_person(dialogues: DataFrame) -> DataFrame:
    """Somebody of their own for each dialogue: nothing tells who, when born, or whether two are one.

    A hospital that wants them kept without a year of birth says `"source_person.no_year_of_birth" = "warn"`.
    """
    return shaped_person(dialogues, sex=F.lit("unknown"))


def _written(notes: DataFrame) -> DataFrame:
    code = present(F.col("type_code"))
    system = F.coalesce(vocabulary(F.col("type_system")), F.lit("local"))
    return shaped(
        notes, note_code=code, note_vocabulary=F.when(code.isNotNull(), system),
        note_source_value=F.coalesce(code, present(F.col("type"))), note_name="type",
        note_datetime=instant(F.col("written_at")), note_title="title", note_text="text", note_language="language",
        note_status="status", visit_source_id="visit_id", part=F.lit(""),
    )  # fmt: skip


@implements("note")
def table_note(notes: DataFrame) -> DataFrame:
    """notes.csv."""
    return _written(notes)


@implements("note")
def text_note(text_notes: DataFrame) -> DataFrame:
    """A note of a text file."""
    return _written(text_notes)


def _told(dialogues: DataFrame, part: str, text: str, title: Column | None, name: str) -> DataFrame:
    return shaped(
        dialogues.where(present(F.col(text)).isNotNull()), note_code=None, note_vocabulary=None, note_source_value=None,
        note_name=F.lit(name), note_datetime=None, note_title=title, note_text=text, note_language=None,
        note_status=None, visit_source_id=None, part=F.lit(part),
    )  # fmt: skip


@implements("note")
def dialogue_notes(dialogues: DataFrame) -> DataFrame:
    """Two notes of a record: the section that was written, under its heading, and the dialogue it was written from."""
    section = _told(dialogues, "section", "section_text", F.col("section_header"), "Section of a note")
    return section.unionByName(_told(dialogues, "dialogue", "dialogue", None, "Dialogue"))


SYSTEM = System(
    name="clinical_notes",
    meaning="Clinical notes: FHIR documents and reports, a table, text files, dialogues",
    feeds=FEEDS,
    implementations=(
        fhir_person, fhir_merge, listed_person, nameless_person, document_note, report_note, table_note, text_note,
        dialogue_notes,
    ),
    ignored={
        r"(?:[^/]*/)*(?:Practitioner|PractitionerRole|Organization|Encounter|Location)(?:[.-][\w-]+)*\.ndjson": (
            "authors, places and visits belong to the system that exports them; a note names them only"
        ),
        r"(?:[^/]*/)*[^/]+\.(?:pdf|docx?|rtf|html?|jpe?g|png|tiff?)": "no plain text: other documents are not read",
    },
)  # fmt: skip
