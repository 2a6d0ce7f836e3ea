"""Notes and what is mentioned in them (OMOP CDM 5.4 NOTE and NOTE_NLP)."""

from __future__ import annotations

from twinlake.vocabulary.field import Field
from twinlake.vocabulary.fields.silver import VOCABULARIES

PAGE = (
    Field("note_id", "bigint", "One note: a text that a clinician wrote or a conversation that was written down"),
    Field("note_datetime", "timestamp", "When the note was written, UTC; null where nobody said"),
    Field("note_code", "string", "Kind of note, in `note_vocabulary`; null where the hospital gave no code"),
    Field("note_vocabulary", "string", "Coding system of `note_code`", categories=VOCABULARIES),
    Field("note_source_value", "string", "Kind of note, the code or word as the hospital wrote it"),
    Field("note_name", "string", "Kind of note, in the hospital's words"),
    Field("note_title", "string", "Title or heading the whole note stands under; may name a person", identifier=True),
    Field("note_text", "string", "The text as it was written; may name a person: restricted", identifier=True),
    Field("note_language", "string", "Language as the hospital wrote it (BCP 47: en, zh-CN)"),
    Field("note_status", "string", "Status as the hospital wrote it (current, superseded, final ...)"),
    Field("note_nlp_id", "bigint", "One mention of one term at one place of one note"),
    Field("note_section", "string", "Section of the note that the mention stands in; null where none is known"),
    Field("mention_offset", "int", "Where in the text the mention begins, in characters from 0", minimum=0),
    Field("lexical_variant", "string", "The term as the note spells it; always a word of the lexicon"),
    Field("mention_code", "string", "What is mentioned, in `mention_vocabulary`"),
    Field("mention_vocabulary", "string", "Coding system of `mention_code`", categories=VOCABULARIES),
    Field("mention_name", "string", "What is mentioned, in the lexicon's words"),
    Field("term_exists", "string", "Y: the note says it is so; N: the note says it is not", categories=("Y", "N")),
    Field(
        "term_certainty", "string", "Whether the note leaves it open (suspected, to be ruled out, asked)",
        categories=("certain", "possible"),
    ),
    Field(
        "term_temporal", "string", "Of now, of the past (or lifelong), or only in case of",
        categories=("recent", "historical", "hypothetical"),
    ),
    Field("experiencer", "string", "Whom it is said of", categories=("patient", "other")),
)  # fmt: skip
