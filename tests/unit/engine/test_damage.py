"""Each way a Delta table can be damaged is found, and the file that it happened to is named."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from jobs._verify import what_to_do
from tests.support.landing_sample import toy_run
from twinlake.engine.damage import damage
from twinlake.engine.delta_log import vector_file
from twinlake.engine.ops import Ops
from twinlake.engine.publication import Publication
from twinlake.engine.stored_files import record_files, recorded_files

LAST = 11
PUBLISHED = Publication("p", datetime(2026, 11, 1, tzinfo=UTC), 1, {"silver.toy": LAST}, {}, {})


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Ops:
    """One table of each sort, twelve commits and a checkpoint each, as a publication found them."""
    from deltalake import DeltaTable, write_deltalake

    made = toy_run(tmp_path_factory.mktemp("whole")).ops
    for layer in ("silver", "bronze", "quarantine", "ops"):
        for n in range(LAST + 1):
            write_deltalake(made.path(f"{layer}.toy"), pa.table({"n": [n]}), mode="append")
        DeltaTable(made.path(f"{layer}.toy")).create_checkpoint()
    record_files(made, 1)
    assert list(damage(made, PUBLISHED)) == []
    return made


@pytest.fixture
def ops(whole: Ops, tmp_path: Path) -> Ops:
    """A copy of it, to be damaged."""
    return Ops(Path(shutil.copytree(whole.lake, tmp_path / "lake")))


def a_data_file(folder: Path) -> Path:
    return sorted(folder.glob("*.parquet"))[0]


def entry(version: int) -> Callable[[Path], Path]:
    return lambda folder: folder / "_delta_log" / f"{version:020}.json"


def checkpoint(folder: Path) -> Path:
    return next(folder.glob("_delta_log/*.checkpoint.parquet"))


def unlink(file: Path) -> None:
    file.unlink()


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:20])


def flip(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


DAMAGES = {
    "data file deleted": (a_data_file, unlink, "is missing"),
    "data file cut": (a_data_file, cut, "has 20 bytes"),
    "data file, one byte flipped": (a_data_file, flip, "was altered since it was stored"),
    "first log entry deleted": (entry(0), unlink, "is missing"),
    "log entry deleted": (entry(5), unlink, "is missing"),
    "newest log entry deleted": (entry(LAST), unlink, "is missing"),
    "log entry altered": (entry(5), flip, "was altered since it was stored"),
    "log entry cut": (entry(LAST), cut, "has 20 bytes"),
    "checkpoint deleted": (checkpoint, unlink, "is missing"),
    "checkpoint altered": (checkpoint, flip, "was altered since it was stored"),
}


@pytest.mark.parametrize("layer", ["silver", "bronze", "quarantine", "ops"])
@pytest.mark.parametrize("kind", DAMAGES)
def test_damage_is_found_and_its_file_named(ops: Ops, layer: str, kind: str):
    choose, harm, said = DAMAGES[kind]
    folder = Path(ops.path(f"{layer}.toy"))
    file = choose(folder)
    harm(file)
    (found,) = damage(ops, PUBLISHED)
    assert str(found).startswith(f"{layer}.toy: {file.relative_to(folder).as_posix()} {said}")


def test_a_table_that_is_gone_is_named(ops: Ops):
    Path(ops.path("bronze.toy")).rename(ops.lake.parent / "elsewhere")
    assert {each.table for each in damage(ops, PUBLISHED)} == {"bronze.toy"}


def test_what_came_after_the_publication_is_held_against_its_log(ops: Ops):
    from deltalake import write_deltalake

    folder = Path(ops.path("bronze.toy"))
    before = set(folder.glob("*.parquet"))
    write_deltalake(str(folder), pa.table({"n": [99]}), mode="append")
    assert list(damage(ops, PUBLISHED)) == []
    (new,) = set(folder.glob("*.parquet")) - before
    cut(new)
    assert [each.what.split(",")[0] for each in damage(ops, PUBLISHED)] == ["has 20 bytes"]
    cut(entry(LAST + 1)(folder))
    assert [each.what for each in damage(ops, PUBLISHED)] == ["cannot be read as JSON"]


def test_what_a_vacuum_and_a_cleaned_log_took_away_is_no_damage(ops: Ops):
    from deltalake import DeltaTable, write_deltalake

    path = ops.path("bronze.toy")
    write_deltalake(path, pa.table({"n": [0]}), mode="overwrite")
    DeltaTable(path).vacuum(0, dry_run=False, enforce_retention_duration=False)
    for version in range(LAST):
        entry(version)(Path(path)).unlink()
    assert len(list(Path(path).glob("*.parquet"))) == 1
    assert list(damage(ops, PUBLISHED)) == []


def test_a_version_that_is_not_published_yet_must_be_whole_too(ops: Ops):
    from deltalake import write_deltalake

    folder = Path(ops.path("silver.toy"))
    before = set(folder.glob("*.parquet"))
    write_deltalake(str(folder), pa.table({"n": [99]}), mode="append")
    (new,) = set(folder.glob("*.parquet")) - before
    unlink(new)
    assert [each.file for each in damage(ops, PUBLISHED)] == [new.name]


def test_a_file_is_hashed_once(ops: Ops):
    known = recorded_files(ops)
    record_files(ops, 2)
    assert recorded_files(ops) == known
    assert ops.version("ops.stored_file") == 0


def test_a_derived_table_can_be_mended_and_a_landing_or_a_log_cannot(ops: Ops):
    unlink(a_data_file(Path(ops.path("silver.toy"))))
    assert list(what_to_do(list(damage(ops, PUBLISHED)))) == [
        "`twinlake mend` builds silver.toy anew from the tables before."
    ]
    unlink(entry(LAST)(Path(ops.path("silver.toy"))))
    unlink(a_data_file(Path(ops.path("bronze.toy"))))
    (line,) = what_to_do(list(damage(ops, PUBLISHED)))
    assert line.startswith("bronze.toy, silver.toy: no other table holds what is lost there. Restore a backup")


def test_a_deletion_vector_is_found_by_the_name_in_its_log():
    # From Delta's PROTOCOL.md, "JSON Example 1": storage type u, and the UUID that its text stands for.
    vector = {"storageType": "u", "pathOrInlineDv": "ab^-aqEH.-t@S}K{vb[*k^"}
    assert vector_file(vector) == "ab/deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin"
    assert vector_file(None) == vector_file({"storageType": "i", "pathOrInlineDv": "wi5b"}) == ""
