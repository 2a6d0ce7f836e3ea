"""Damage to a lake is found: sums that do not add up, records and files that are gone."""

from __future__ import annotations

import pyarrow as pa
import pytest

from tests.support.landing_sample import landed_row, toy_run
from twinlake.engine.integrity import missing_records, unbalanced_files


@pytest.fixture
def run(tmp_path):
    return toy_run(tmp_path)


def write(run, name, rows):
    from deltalake import write_deltalake

    write_deltalake(run.ops.path(name), pa.Table.from_pylist(rows), mode="append")


def bronze(run, *files):
    write(
        run, "bronze.toy_persons", [{"path": p, "_file_hash": h, "n": n} for p, h, count in files for n in range(count)]
    )


def test_a_ledger_that_does_not_add_up_is_told(run):
    run.ops.append("landing_ledger", [landed_row("a", 1, records_in=3, landed=1, quarantined=1, duplicates=1),
                                      landed_row("b", 1, records_in=3, landed=1, quarantined=1)])  # fmt: skip
    assert list(unbalanced_files(run.ops)) == ["b: 3 records in, 2 accounted for"]


def test_a_record_that_left_bronze_is_told(run):
    run.ops.append("landing_ledger", [landed_row("a", 1, landed=2), landed_row("b", 1, landed=2)])
    bronze(run, ("a", "a", 2), ("b", "a", 1), ("unfinished", "a", 5))
    assert list(missing_records(run.ops)) == ["bronze.toy_persons: b has 1 records, its ledger says 2"]


def test_a_bronze_table_that_is_gone_is_told(run):
    run.ops.append("landing_ledger", [landed_row("a", 1, landed=2)])
    assert list(missing_records(run.ops)) == ["bronze.toy_persons: a has 0 records, its ledger says 2"]


def test_a_content_that_came_back_and_a_mend_are_counted(run):
    rows = [landed_row("a", 1, "x", landed=2), landed_row("a", 2, "y", landed=1), landed_row("a", 3, "x", landed=2),
            landed_row("a", 4, "x", landed=3, mended=1)]  # fmt: skip
    run.ops.append("landing_ledger", rows)
    bronze(run, ("a", "x", 5), ("a", "y", 1))
    assert not list(missing_records(run.ops))
