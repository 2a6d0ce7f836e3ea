"""Notes of an Arrow batch and the mentions in them; a module of its own, so that a worker loads it where a batch is."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from twinlake.clinical.note_mentions import Mention, mentions

CARRIED = "person_id bigint, hospital string, system string, note_id bigint, note_datetime timestamp"
FOUND = (
    "note_section string, mention_offset int, lexical_variant string, mention_code string, mention_vocabulary string, "
    "mention_name string, term_exists string, term_certainty string, term_temporal string, experiencer string"
)
_NAMES = [column.split()[0] for column in FOUND.split(", ")]
_TYPES = [pa.int32() if column.endswith(" int") else pa.string() for column in FOUND.split(", ")]


def mention_batches(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """A row for each mention: the note's carried columns, and what is said of the mention there."""
    for notes in batches:
        titles, texts = notes["note_title"].to_pylist(), notes["note_text"].to_pylist()
        found = [mentions(text or "", title) for title, text in zip(titles, texts, strict=True)]
        note = pa.array([n for n, each in enumerate(found) for _ in each], pa.int32())
        rows = [_row(mention) for each in found for mention in each]
        told = [pa.array([row[n] for row in rows], kind) for n, kind in enumerate(_TYPES)]
        carried = notes.drop_columns(["note_title", "note_text"]).take(note)
        yield pa.RecordBatch.from_arrays([*carried.columns, *told], [*carried.schema.names, *_NAMES])


def _row(mention: Mention) -> tuple:
    term, status = mention.term, mention.status
    return (
        mention.section, mention.start, mention.text, term.code, term.vocabulary, term.name,
        "N" if status.is_negated else "Y", "possible" if status.is_possible else "certain", status.temporality,
        status.experiencer,
    )  # fmt: skip
