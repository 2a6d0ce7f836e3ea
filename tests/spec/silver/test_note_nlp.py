"""What a note mentions, as rows."""

from __future__ import annotations

from tests.support.text_table import expect, expect_shape
from twinlake.catalog.silver.note import note
from twinlake.catalog.silver.note_nlp import note_nlp


def test_a_row_for_each_mention_says_whether_when_and_of_whom(given) -> None:
    actual = note_nlp.build(given("""
        note_id | person_id | hospital | system | note_datetime    | note_title | note_text
        1       | 7         | st_a     | notes  | 2026-01-02 10:00 |            | No fever, but cough.
        2       | 7         | st_a     | notes  |                  | FH         | Diabetes in his father.
        3       | 8         | st_a     | notes  | 2026-01-02 10:00 |            | 既往高血压。不能排除肺炎。
        4       | 8         | st_a     | notes  | 2026-01-02 10:00 |            | Nothing to tell.
    """, note))  # fmt: skip
    expect(actual, """
        note_id | person_id | mention_offset | lexical_variant | mention_code | mention_name      | term_exists | term_certainty | term_temporal | experiencer | note_section
        1       | 7         | 3              | fever           | 386661006    | Fever             | N           | certain        | recent        | patient     |
        1       | 7         | 14             | cough           | 49727002     | Cough             | Y           | certain        | recent        | patient     |
        2       | 7         | 0              | Diabetes        | 73211009     | Diabetes mellitus | Y           | certain        | recent        | other       | family_history
        3       | 8         | 2              | 高血压          | 38341003     | Hypertension      | Y           | certain        | historical    | patient     |
        3       | 8         | 10             | 肺炎            | 233604007    | Pneumonia         | Y           | possible       | recent        | patient     |
    """)  # fmt: skip  # noqa: E501
    expect_shape(actual, note_nlp)


def test_a_text_that_one_hospital_sent_twice_for_a_day_is_read_once(given) -> None:
    actual = note_nlp.build(given("""
        note_id | person_id | hospital | system | note_datetime    | note_text
        1       | 7         | st_a     | notes  | 2026-01-02 10:00 | Fever.
        2       | 7         | st_a     | notes  | 2026-01-02 10:05 | Fever.
        3       | 7         | st_a     | notes  | 2026-01-03 10:00 | Fever.
        4       | 7         | st_b     | notes  | 2026-01-02 10:00 | Fever.
        5       | 8         | st_a     | notes  | 2026-01-02 10:00 | Fever.
    """, note))  # fmt: skip
    expect(actual.select("note_id"), """
        note_id
        1
        3
        4
        5
    """)  # fmt: skip


def test_no_notes_are_no_mentions(given) -> None:
    actual = note_nlp.build(given("""
        note_id | person_id | hospital | system | note_text
    """, note))  # fmt: skip
    assert actual.count() == 0
    expect_shape(actual, note_nlp)
