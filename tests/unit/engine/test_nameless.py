"""A feed of people whom nothing names: equal records are different persons, wherever and however often they come."""

from __future__ import annotations

import gzip

import pyarrow.parquet as pq
import pytest

from twinlake.declare.errors import DeclarationError
from twinlake.declare.source import csv_feed
from twinlake.engine.discover import inside
from twinlake.engine.staging import stage

ANSWERS = csv_feed("answers", r"answers\.csv", "smoker,fruit", "snapshot", nameless=True)
RAW = b"smoker,fruit\n1.0,0.0\n0.0,1.0\n1.0,0.0\n1.0\n1.0,0.0\n"


def staged(tmp_path, path, data=RAW):
    (tmp_path / "in").write_bytes(data)
    about, *faults = stage(tmp_path / "in", ANSWERS, tmp_path / "out.parquet", path)
    return about, faults, pq.read_table(tmp_path / "out.parquet").to_pylist()


def test_equal_answers_all_land_as_persons_of_their_own(tmp_path):
    about, faults, rows = staged(tmp_path, "h/lifestyle/answers.csv")
    assert (about["records_in"], about["landed"], about["quarantined"], about["duplicates"]) == (5, 4, 1, 0)
    assert about["rekeyed"] == 0 and faults[0]["rule"] == "field_count"
    assert len({row["record_key"] for row in rows}) == len({row["source_person_id"] for row in rows}) == 4
    assert len({row["record_hash"] for row in rows}) == 2


def test_the_same_file_delivered_again_holds_the_same_persons(tmp_path):
    _, _, first = staged(tmp_path, "h/lifestyle/2026-01-01/answers.csv")
    _, _, again = staged(tmp_path, "h/lifestyle/2026-02-01/answers.csv.gz", gzip.compress(RAW))
    assert first == again


def test_an_answer_that_changed_is_another_person_and_the_others_stay(tmp_path):
    _, _, first = staged(tmp_path, "h/lifestyle/answers.csv")
    _, _, later = staged(tmp_path, "h/lifestyle/answers.csv", RAW.replace(b"0.0,1.0", b"0.0,0.0"))
    ids = [{row["source_person_id"] for row in rows} for rows in (first, later)]
    assert len(ids[0] & ids[1]) == 3


def test_equal_answers_at_one_place_of_two_files_are_two_persons(tmp_path):
    ids = {row["source_person_id"] for name in ("a", "b") for row in staged(tmp_path, f"h/lifestyle/{name}.csv")[2]}
    assert len(ids) == 8


@pytest.mark.parametrize(
    ("path", "same"),
    [
        ("h/s/f.csv", "f.csv"),
        ("h/s/2026-01-01/f.csv", "f.csv"),
        ("h/s/2026-01-01/f.csv.gz", "f.csv"),
        ("h/s/sub/f.csv", "sub/f.csv"),
        ("h/s/2026-01-01/sub/f.csv", "sub/f.csv"),
        ("h/s/2026-01-01", "2026-01-01"),
    ],
)
def test_a_path_inside_its_system_is_the_same_in_every_delivery(path, same):
    assert inside(path) == same


def test_what_has_a_key_or_a_person_is_not_nameless():
    with pytest.raises(DeclarationError, match="is not nameless"):
        csv_feed("answers", r"answers\.csv", "id,fruit", "snapshot", key=("id",), nameless=True)
