"""A row for each mention of a term in a note, with what the note says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from twinlake.declare.expressions import surrogate_key
from twinlake.declare.table import table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

CARRIED = ("person_id", "hospital", "system", "note_id", "note_datetime")


@table(
    grain="a term at a place of a note",
    key=("note_nlp_id",),
    required=(
        "note_id", "mention_offset", "lexical_variant", "mention_code", "mention_vocabulary", "term_exists",
        "term_certainty", "term_temporal", "experiencer", "hospital", "system",
    ),
    references={"person_id": "person", "note_id": "note"},
    columns=(
        "note_nlp_id", "person_id", "note_id", "note_datetime", "note_section", "mention_offset", "lexical_variant",
        "mention_code", "mention_vocabulary", "mention_name", "term_exists", "term_certainty", "term_temporal",
        "experiencer", "hospital", "system",
    ),
)  # fmt: skip
def note_nlp(note: DataFrame) -> DataFrame:
    """What is mentioned in the notes (OMOP CDM 5.4 NOTE_NLP), by the lexicon and ConText in clinical/context.py.

    A text that a person's hospital sent twice for one day is read once. What it cannot tell: terms the lexicon lacks,
    misspellings, irony; a rule is right of some 98 sentences in a hundred, so no row is a fact by itself. A row's
    `lexical_variant` is a word of the lexicon, so no row names anybody.
    """
    from twinlake.clinical.note_batches import FOUND, mention_batches

    texts = note.join(_read_once(note), "note_id", "left_semi").select(*CARRIED, "note_title", "note_text")
    kept = ", ".join(f"`{f.name}` {f.dataType.simpleString()}" for f in note.select(*CARRIED).schema)
    found = texts.mapInArrow(mention_batches, f"{kept}, {FOUND}")
    return found.withColumn("note_nlp_id", surrogate_key("note_id", "mention_offset", "mention_code"))


def _read_once(note: DataFrame) -> DataFrame:
    """One note of those with the same text, person, hospital and day."""
    day = F.to_date("note_datetime").alias("_day")
    same = note.groupBy("person_id", "hospital", "system", day, F.sha2("note_text", 256).alias("_text"))
    return same.agg(F.min("note_id").alias("note_id")).select("note_id")
