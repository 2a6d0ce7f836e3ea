"""A note's row: its key, its visit, and the hospital's own word for its kind."""

from __future__ import annotations

from types import SimpleNamespace

from twinlake.catalog.silver.note import note


def test_parts_of_a_record_are_notes_of_their_own_and_a_local_kind_becomes_its_code(given) -> None:
    rows = given("""
        hospital | system | _fact_key:bigint | part:string | note_source_value | note_code | note_vocabulary | note_text | visit_source_id
        st_a     | notes  | 1                | 0           | HP                |           |                 | one       | v1
        st_a     | notes  | 1                | 1           | 11488-4           | 11488-4   | LOINC           | two       |
    """)  # fmt: skip  # noqa: E501
    hospital = SimpleNamespace(code_pairs={"HP": ("LOINC", "34117-2")})
    made = note.build(rows, {"st_a": hospital}).orderBy("part").collect()
    assert len({row.note_id for row in made}) == 2
    assert [(row.note_vocabulary, row.note_code) for row in made] == [("LOINC", "34117-2"), ("LOINC", "11488-4")]
    assert [row.visit_occurrence_id is None for row in made] == [False, True]
