"""Tab-separated tables without quoting: a record a line, a quote a letter, another header no table of ours."""

from __future__ import annotations

from io import BytesIO

import pytest

from tests.support.athena_sample import CONCEPT_HEADER, concept_csv
from twinlake.catalog.sources.athena import SYSTEM
from twinlake.engine.wire import Fault, FileFault, Record, alone
from twinlake.engine.wire.tsv import read

CONCEPT = SYSTEM.feed("concept")


def records(data: str | bytes) -> list[Record | Fault]:
    return list(read(BytesIO(data.encode() if isinstance(data, str) else data), CONCEPT))


def test_a_line_is_a_record_with_its_key_whatever_quotes_stand_in_it() -> None:
    found = records(concept_csv(44836914, 9529).replace("\n", "\r\n"))
    assert [(r.offset, r.key) for r in found] == [(0, "44836914"), (1, "9529")]
    assert found[0].raw.split("\t")[1] == 'Diabetes, no mention of "complication"'
    odd = records(concept_csv(9529, concept_name='5" tube'))
    assert [r.key for r in odd] == ["9529"]


def test_a_line_of_another_width_and_bytes_that_are_no_text_are_faults_of_their_own() -> None:
    data = concept_csv(9529).encode() + b"1\ttoo few\n\n" + concept_csv(8840).split("\n")[1].encode() + b"\xff\n"
    found = records(data)
    assert [(f.offset, f.rule) for f in found if isinstance(f, Fault)] == [(1, "field_count"), (2, "not_utf8")]
    assert isinstance(found[0], Record)


@pytest.mark.parametrize(
    ("data", "rule"),
    [("", "empty_file"), (CONCEPT_HEADER.replace("\t", ",") + "\n", "wrong_header"),
     (CONCEPT_HEADER.replace("domain_id\tvocabulary_id", "vocabulary_id\tdomain_id") + "\n", "wrong_header")],
)  # fmt: skip
def test_another_header_refuses_the_file(data, rule) -> None:
    with pytest.raises(FileFault) as fault:
        records(data)
    assert fault.value.rule == rule


def test_a_header_may_be_in_any_case_and_a_record_can_be_read_alone() -> None:
    assert records(CONCEPT_HEADER.upper() + "\n") == []
    raw = concept_csv(9529).split("\n")[1]
    assert [r.raw for r in records(alone(raw, CONCEPT))] == [raw]
