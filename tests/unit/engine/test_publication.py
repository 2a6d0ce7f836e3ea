"""A publication is one row set: version of every table, made only when something is new and everything is proved."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import CommitProperties, write_deltalake

from twinlake.declare.errors import DataError, NotPublished
from twinlake.declare.table import Table
from twinlake.engine.home import ERASING, Home
from twinlake.engine.ops import State
from twinlake.engine.publication import last_publication, pin, publication_id, publish, require_publication
from twinlake.engine.quarantine import Quarantine
from twinlake.engine.run import Run


def declared(layer: str, name: str) -> Table:
    return Table(
        name=name, layer=layer, meaning="m", grain="a person", key=("person_id",), columns=("person_id",),
        required=frozenset({"person_id"}), unit="person_id", build=lambda: None, inputs=(),
    )  # fmt: skip


TABLES = {t.name: t for t in (declared("silver", "person"), declared("twins", "patient_state"))}


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(Home(tmp_path, tmp_path), "run-1", datetime(2026, 11, 1, tzinfo=UTC), {}, {}, TABLES, {}, lambda _: ())


@pytest.fixture
def commit(run: Run) -> Callable[..., None]:
    """`commit(name, digest)`: a new version of a table, proved unless told otherwise."""

    def write(
        name: str, hash_sum: int, proved: bool = True, inputs: dict[str, int] | None = None, rows: int = 1
    ) -> None:
        said = CommitProperties(custom_metadata={"userMetadata": State(inputs or {}, "f", rows, hash_sum).to_json()})
        table = pa.table({"person_id": pa.array([hash_sum] * rows, pa.int64())})
        write_deltalake(run.ops.path(name), table, mode="overwrite", commit_properties=said)
        version = run.ops.version(name)
        run.ops.append("validation", [{"table": name, "version": version, "success": proved, "run_id": "run-1"}])

    return write


@pytest.fixture
def both(commit) -> None:
    commit("silver.person", 1)
    commit("twins.patient_state", 1)


def test_what_was_made_before_its_input_changed_is_not_published(run: Run, both, commit) -> None:
    """A run that was broken off between the two leaves both proved."""
    commit("twins.patient_state", 2, inputs={"silver.person": 0})
    assert publish(run)[1]
    commit("silver.person", 2)
    with pytest.raises(DataError, match=r"Not published: twins\.patient_state were made before"):
        publish(run)
    commit("twins.patient_state", 3, inputs={"silver.person": 1})
    assert publish(run)[1]


@pytest.fixture
def emptied(run: Run, commit) -> Callable[..., None]:
    """`emptied(name, refused)`: a version of a table without rows, and so many of its rows in quarantine."""

    def write(name: str, refused: int) -> None:
        commit(name, 0, rows=0)
        held = [{"quarantine_id": n, "unit": n, "rule": f"{name}.x"} for n in range(refused)]
        Quarantine(run.ops, f"quarantine.{name.partition('.')[2]}").replace_units(None, held)

    return write


ALL_REFUSED = r"Not published: all 11 rows built of silver\.person are in quarantine"


def test_a_table_all_of_whose_rows_were_refused_is_not_published(run: Run, both, emptied) -> None:
    """An empty table breaks no fatal rule of rows, so that alone would publish it: the first time and later."""
    emptied("silver.person", 11)
    for step in (pin, publish):
        with pytest.raises(DataError, match=ALL_REFUSED):
            step(run)


def test_a_few_bad_records_of_a_kind_do_not_keep_all_others_from_a_first_publication(run: Run, both, emptied) -> None:
    emptied("silver.person", 10)
    assert publish(run)[1]


def test_a_table_that_had_rows_and_whose_rows_are_all_refused_now_is_not_published(run: Run, both, emptied) -> None:
    publish(run)
    emptied("silver.person", 1)
    with pytest.raises(DataError, match=r"Not published: all 1 rows built of silver\.person are in quarantine"):
        publish(run)


def test_a_table_whose_rows_were_withdrawn_or_never_came_is_published_empty(run: Run, both, emptied) -> None:
    publish(run)
    emptied("silver.person", 0)
    assert publish(run)[1]


def test_a_table_that_readers_know_as_empty_may_begin_with_a_refused_row(run: Run, both, emptied) -> None:
    emptied("silver.person", 0)
    publish(run)
    emptied("silver.person", 1)
    publish(run)


def test_an_erasure_may_empty_a_table(run: Run, both, emptied) -> None:
    """What is left in quarantine is another person's."""
    publish(run)
    emptied("silver.person", 3)
    (run.home.path / ERASING).write_text("{}")
    assert publish(run)[1]
    (run.home.path / ERASING).unlink()
    assert not publish(run)[1]


def test_what_was_made_by_another_declaration_is_not_published(run: Run, both) -> None:
    with pytest.raises(DataError, match=r"Not published: silver\.person were made before"):
        publish(dataclasses.replace(run, fingerprints={"silver.person": "another"}))


def test_the_last_verdict_on_the_same_rows_holds(run: Run, both) -> None:
    """A rule became fatal: the rows are those that passed before."""
    run.ops.append("validation", [{"table": "silver.person", "version": 0, "success": False, "run_id": "run-2"}])
    with pytest.raises(DataError, match=r"silver\.person did not pass"):
        publish(run)


def test_nothing_is_read_before_the_first_publication(run: Run) -> None:
    assert last_publication(run.ops) is None
    with pytest.raises(NotPublished, match="twinlake run"):
        require_publication(run.ops)


def test_a_publication_holds_every_table_and_nothing_new_makes_none(run: Run, both) -> None:
    identity, is_new = publish(run)
    assert (is_new, publish(run)) == (True, (identity, False))
    assert last_publication(run.ops).versions == {"silver.person": 0, "twins.patient_state": 0}


def test_the_id_is_of_what_silver_and_gold_hold_not_of_how_often_they_were_written(run: Run, both, commit) -> None:
    before = publication_id(run)
    commit("silver.person", 2)
    assert publication_id(run) != before
    commit("silver.person", 1)
    assert publication_id(run) == before


def test_twins_that_changed_alone_are_published_too(run: Run, both, commit) -> None:
    identity, _ = publish(run)
    commit("twins.patient_state", 2)
    assert publish(run) == (identity, True)
    assert last_publication(run.ops).versions["twins.patient_state"] == 1


def test_a_version_that_failed_is_neither_pinned_nor_published_and_readers_keep_the_last(
    run: Run, both, commit
) -> None:
    publish(run)
    commit("silver.person", 2, proved=False)
    for step in (pin, publish):
        with pytest.raises(DataError, match="silver.person"):
            step(run)
    assert last_publication(run.ops).versions["silver.person"] == 0
