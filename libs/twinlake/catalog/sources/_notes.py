"""Notes as FHIR R4 sends them: the plain text inside DocumentReference and DiagnosticReport, and how it is read.

US Core wants the same text in both: `silver.note` has a row for each, `silver.note_nlp` reads it once.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from twinlake.catalog.sources._fhir import (
    CONCEPT,
    OF_VISIT,
    PERIOD,
    REFERENCE,
    columns_of,
    ddl,
    resource_feed,
    struct,
    visit,
    with_code,
)
from twinlake.catalog.sources._rows import shaped
from twinlake.declare.source import implements
from twinlake.declare.standardise import instant, present

_ATTACHMENT = struct(contentType="string", language="string", data="string", url="string", title="string")


def _has_text(attachments: str) -> str:
    """SQL: some attachment is plain text that stands in the record."""
    return f"ifnull(exists({attachments}, a -> {_is_text('a')}), false)"


def _is_text(attachment: str) -> str:
    kind = f"lower(trim(split_part({attachment}.contentType, ';', 1)))"
    return f"({kind} = 'text/plain' and length({attachment}.data) > 0)"


DOCUMENT_TEXTS = "transform(content, c -> c.attachment)"
DOCUMENT_REFERENCE = resource_feed(
    "DocumentReference",
    ddl(
        docStatus="string",
        type=CONCEPT,
        subject=REFERENCE,
        date="string",
        description="string",
        content=f"array<{struct(attachment=_ATTACHMENT)}>",
        indexed="string",
        context=struct(encounter="string", period=PERIOD),
    ),
    person="subject.reference",
    withdrawn="status = 'entered-in-error' or ifnull(docStatus, '') = 'entered-in-error'",
    unmapped={
        "no attachment is plain text that stands in the record (a link, a PDF, an image)": (
            f"not {_has_text(DOCUMENT_TEXTS)}"
        )
    },
)
DIAGNOSTIC_REPORT = resource_feed(
    "DiagnosticReport",
    ddl(
        code=CONCEPT,
        subject=REFERENCE,
        **OF_VISIT,
        effectiveDateTime="string",
        effectivePeriod=PERIOD,
        issued="string",
        presentedForm=f"array<{_ATTACHMENT}>",
    ),
    person="subject.reference",
    unmapped={"it presents no plain text; its results come as Observation": f"not {_has_text('presentedForm')}"},
)


def text_of(attachment: str) -> Column:
    """The text of an attachment (base64); null where that is broken, or the text is not of the charset it names."""
    said = F.col(attachment)
    data = F.try_to_binary(F.regexp_replace(said["data"], r"\s", ""), F.lit("base64"))
    charset = F.upper(F.regexp_extract(said["contentType"], r"(?i)charset\s*=\s*\"?([\w.:-]+)", 1))
    utf8 = F.try_validate_utf8(data.cast("string"))
    return (
        F.when(charset.isin("", "UTF-8", "UTF8", "US-ASCII", "ASCII"), utf8)
        .when(charset.isin("ISO-8859-1", "LATIN1"), F.decode(data, "ISO-8859-1"))
    )  # fmt: skip


def _attached(records: DataFrame, attachments: str) -> DataFrame:
    """A row for each attachment that is plain text; `part` is its place among all of them."""
    every = records.select("*", F.posexplode(F.expr(attachments)).alias("_nth", "_file"))
    return every.where(_is_text("_file")).withColumn("part", F.col("_nth").cast("string"))


@implements("note", when=_has_text(DOCUMENT_TEXTS))
def document_note(document_reference: DataFrame) -> DataFrame:
    """DocumentReference: a note for each of its plain texts, superseded documents too: they were written."""
    texts = _attached(document_reference, DOCUMENT_TEXTS).withColumn(
        "_at", F.coalesce(*(F.get_json_object("context.encounter", f"${each}.reference") for each in ("[0]", "")))
    )
    return shaped(
        with_code(texts, F.col("type")),
        **columns_of("note"),
        note_datetime=instant(F.coalesce("date", "indexed", "context.period.start")),
        note_title=F.coalesce(present(F.col("_file.title")), present(F.col("description"))),
        note_text=text_of("_file"),
        note_language="_file.language",
        note_status=F.coalesce("docStatus", "status"),
        visit_source_id=visit("_at"),
        part="part",
    )


@implements("note", when=_has_text("presentedForm"))
def report_note(diagnostic_report: DataFrame) -> DataFrame:
    """DiagnosticReport: a note for each plain text it is presented in."""
    return shaped(
        with_code(_attached(diagnostic_report, "presentedForm"), F.col("code")),
        **columns_of("note"),
        note_datetime=instant(F.coalesce("effectiveDateTime", "effectivePeriod.start", "issued")),
        note_title=present(F.col("_file.title")),
        note_text=text_of("_file"),
        note_language="_file.language",
        note_status="status",
        visit_source_id=visit(),
        part="part",
    )
