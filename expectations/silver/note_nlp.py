"""A mention stands in a note, and in its text."""

from __future__ import annotations

from twinlake.declare.rule import referring

RULES = (
    referring(
        "note_exists",
        "CASE WHEN note_id IS NOT NULL THEN note.note_id IS NOT NULL END",
        "the note that a mention stands in is in note",
        to="note",
        on="note_id",
        kahn="conformance",
        severity="fatal",
    ),
    referring(
        "mention_stands_in_its_text",
        "substring(note.note_text, mention_offset + 1, length(lexical_variant)) = lexical_variant",
        "the text has the mention's words at the mention's place",
        to="note",
        on="note_id",
        kahn="conformance",
        severity="fatal",
    ),
)
