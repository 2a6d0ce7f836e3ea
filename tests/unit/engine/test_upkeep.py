"""Upkeep: fewer files, shorter logs, and for readers and the next run the same lake."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from unittest.mock import patch

import pytest

from jobs._maintain import maintain
from jobs._run import Opened
from tests.support.landing_sample import bronze, land, lay, toy_run
from twinlake.declare.errors import NotPublished
from twinlake.declare.table import Table
from twinlake.engine.changes import changed_rows, was_rewritten
from twinlake.engine.compaction import FEW, FILE_BYTES, MANY, is_scattered
from twinlake.engine.curate import curate
from twinlake.engine.damage import damage
from twinlake.engine.delta_log import DataFile
from twinlake.engine.environment import load_environment
from twinlake.engine.home import Home, open_home
from twinlake.engine.ops import State
from twinlake.engine.publication import last_publication, publication_id, publish, require_publication
from twinlake.engine.replace import replace
from twinlake.engine.run import Run
from twinlake.engine.steps import make

DAY = datetime(2026, 11, 1, tzinfo=UTC)


def declared(name: str, layer: str, inputs: tuple[str, ...] = (), **more) -> Table:
    return Table(
        name=name, layer=layer, meaning="Where a person lives.", grain="a person", key=("person_id",),
        columns=("person_id", "city"), required=frozenset({"person_id"}), unit="person_id", inputs=inputs,
        build=(lambda place: place.select("person_id", "city")) if inputs else lambda: None, **more,
    )  # fmt: skip


PLACE, TWIN = declared("place", "silver"), declared("twin", "twins", ("place",))
TABLES = {"place": PLACE, "twin": TWIN}


class Lake:
    """A table of places, another made of it, and publications of both."""

    def __init__(self, home: Home, spark, day: int = 0) -> None:
        self.home, self.spark, self.day = home, spark, day
        open_home(self.home)
        self.run = self.opened("upkeep").run

    def opened(self, run_id: str) -> Opened:
        run = Run(
            self.home, run_id, DAY + timedelta(self.day), {}, {}, TABLES, {"twins.twin": "f"}, lambda _: (),
            session=lambda: self.spark,
        )  # fmt: skip
        return Opened(run, None, (), {})  # type: ignore[arg-type]

    def deliver(self, *rows: tuple[int, str], units: list[int] | None = None) -> str:
        """A day: places as they are now; the mode in which the twins followed."""
        self.day += 1
        run = self.opened(f"run-{self.day}").run
        frame = run.spark.createDataFrame(list(rows), "person_id bigint, city string")
        replace(run, PLACE, frame, units, State({}, "f"))
        return self.follow(run)

    def follow(self, run: Run) -> str:
        outcome = curate(run, TWIN)
        with patch("twinlake.engine.steps.curate", lambda *_: outcome), patch("twinlake.engine.steps.prove"):
            make(run, TWIN, "materialise")
        for name in ("silver.place", "twins.twin"):
            run.ops.append("validation", [{"table": name, "version": run.ops.version(name), "success": True,
                                           "run_id": run.run_id}])  # fmt: skip
        publish(run)
        run.ops.append("run", [{"run_id": run.run_id, "stage": "publish", "state": "done"}])
        return outcome.mode

    def maintain(self, **keep: int) -> list[str]:
        said: list[str] = []
        kept = dataclasses.replace(load_environment("ci"), **keep)
        with patch("jobs._maintain.load_environment", lambda: kept):
            maintain(self.opened("maintain"), said.append)
        return said

    def files(self, name: str) -> int:
        return len(self.run.ops.log(name).files(self.run.ops.newest(name)))

    def cities(self, name: str, version: int | None = None) -> dict[int, str]:
        rows = self.run.ops.ask(f"select * from {name.split('.')[1]}", {name: version})
        return {row["person_id"]: row["city"] for row in rows}


@pytest.fixture(scope="module")
def days(spark, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Lake]:
    """Ten days, on each of which one person moved: in tables that count as large Spark adds a file a day."""

    @cache
    def made(size: str) -> Lake:
        folder = tmp_path_factory.mktemp(size)
        lake = Lake(Home(folder / "home", folder / "feeds"), spark)
        lake.deliver(*((n, "OLD") for n in range(20)))
        for n in range(FEW + 1):
            lake.deliver((n, "NEW"), units=[n])
        return lake

    return made


@pytest.fixture
def lake(
    days: Callable[[str], Lake], spark, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Lake:
    """A copy of those ten days, in large tables where a test asks for no others."""
    size = getattr(request, "param", "large")
    if size == "large":
        monkeypatch.setattr("twinlake.engine.stored.FEW_VALUES", 0)
    home = days(size).home
    shutil.copytree(home.path, tmp_path / "home")
    return Lake(dataclasses.replace(home, path=tmp_path / "home"), spark, days(size).day)


# Of the slowest tests those in large tables are for the night.
in_both = pytest.mark.parametrize("lake", [pytest.param("large", marks=pytest.mark.nightly), "small"], indirect=True)
NOW = {n: "NEW" if n <= FEW else "OLD" for n in range(20)}


def test_many_files_become_few_and_nothing_that_anybody_asks_about_has_moved(lake: Lake) -> None:
    ops = lake.run.ops
    before = [ops.version(name) for name in ("silver.place", "twins.twin")]
    states, identity = [ops.state(name) for name in ("silver.place", "twins.twin")], publication_id(lake.run)
    published = ops.rows("publication")
    assert lake.files("twins.twin") > FEW
    said = lake.maintain(keep_days=30)
    assert [lake.files(name) for name in ("silver.place", "twins.twin")] == [1, 1]
    assert any("twins.twin" in line and "become 1" in line for line in said)
    assert [ops.version(name) for name in ("silver.place", "twins.twin")] == before
    after = [ops.state(name) for name in ("silver.place", "twins.twin")]
    assert [(s.digest, s.inputs) for s in after] == [(s.digest, s.inputs) for s in states]
    assert publication_id(lake.run) == identity
    assert ops.rows("publication") == published
    assert lake.cities("twins.twin") == NOW == lake.cities("twins.twin", before[1])
    assert lake.follow(lake.opened("again").run) == "unchanged"
    assert ops.rows("publication") == published


def test_rows_keep_the_order_by_which_a_few_persons_are_found(lake: Lake) -> None:
    import pyarrow.parquet as pq

    lake.maintain()
    (file,) = lake.run.ops.log("silver.place").files(lake.run.ops.newest("silver.place"))
    stored = pq.read_table(Path(lake.run.ops.path("silver.place")) / file)["person_id"].to_pylist()
    assert stored == sorted(stored)


def test_the_change_feed_goes_on_over_a_compaction_and_shows_nothing_of_it(lake: Lake) -> None:
    ops = lake.run.ops
    since = ops.version("silver.place")
    lake.maintain()
    assert changed_rows(lake.run, "silver.place", since, ops.newest("silver.place")).count() == 0
    assert not was_rewritten(lake.run, "silver.place", since)
    assert lake.deliver((15, "LATER"), units=[15]) == "units"
    assert lake.cities("twins.twin") == {**NOW, 15: "LATER"}


@in_both
def test_what_a_table_has_not_taken_yet_is_still_told_after_two_upkeeps(lake: Lake) -> None:
    run = lake.opened("killed").run
    replace(run, PLACE, lake.spark.createDataFrame([(15, "LATER")], PLACE.ddl), [15], State({}, "f"))
    lake.maintain()
    lake.maintain()
    assert lake.follow(lake.opened("next").run) == "units"
    assert lake.cities("twins.twin")[15] == "LATER"


@in_both
def test_what_no_publication_asks_for_goes_with_the_second_upkeep_and_says_so(lake: Lake) -> None:
    ops, folder = lake.run.ops, Path(lake.run.ops.path("twins.twin"))
    first = ops.rows("publication")[0]["publication_id"]
    kept = {row["version"]: row["publication_id"] for row in ops.rows("publication") if row["table"] == "twins.twin"}
    lake.maintain(keep_publications=3, keep_days=1)
    readable = sorted(kept)[-3:]
    there = {file for version in readable for file in ops.log("twins.twin").files(version)}
    lake.maintain(keep_publications=3, keep_days=1)
    for version in readable:
        assert last_publication(ops, kept[version]).versions["twins.twin"] == version
        assert len(lake.cities("twins.twin", version)) == 20
    newest = {*ops.log("twins.twin").files(ops.newest("twins.twin"))}
    assert {file.name for file in folder.glob("part-*.parquet")} == there | newest
    with pytest.raises(NotPublished, match="not kept .* Kept are") as told:
        require_publication(ops, first)
    assert all(kept[version] in str(told.value) for version in readable)


def test_files_are_held_against_what_was_stored_after_upkeep_too(lake: Lake) -> None:
    ops = lake.run.ops
    lake.maintain()
    lake.maintain()
    assert list(damage(ops, require_publication(ops))) == []
    (file,) = ops.log("twins.twin").files(ops.newest("twins.twin"))
    stored = Path(ops.path("twins.twin")) / file
    stored.write_bytes(stored.read_bytes()[:-1] + b"x")
    assert [(each.file, each.what) for each in damage(ops, require_publication(ops))] == [
        (file, "was altered since it was stored")
    ]


def test_a_lake_that_was_just_kept_up_is_left_alone(lake: Lake) -> None:
    for _ in range(3):
        lake.maintain(keep_runs=100)
    newest = {name: lake.run.ops.newest(name) for name in ("silver.place", "twins.twin", "ops.run", "ops.publication")}
    (said,) = [line for line in lake.maintain(keep_runs=100) if "Kept" not in line]
    assert said.startswith("Files that nothing asks for any more: 0")
    assert newest == {name: lake.run.ops.newest(name) for name in newest}


@in_both
def test_an_upkeep_that_is_killed_is_done_by_the_next(lake: Lake) -> None:
    for moment in ("_sweep", "_forget", "_compact", "_tend"):
        with patch(f"jobs._maintain.{moment}", side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
            lake.maintain()
    with patch("twinlake.engine.delta_log.os.link", side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
        lake.maintain()
    lake.maintain()
    lake.maintain()
    assert lake.cities("twins.twin") == NOW
    assert list(damage(lake.run.ops, require_publication(lake.run.ops))) == []


@in_both
def test_runs_of_long_ago_are_forgotten_but_for_what_the_next_run_asks(lake: Lake) -> None:
    ops = lake.run.ops
    equal = lake.deliver((19, "OLD"), units=[19])
    assert equal == "unchanged"
    lake.maintain(keep_publications=1, keep_days=1, keep_runs=2)
    assert {row["run_id"] for row in ops.rows("validation")} <= {"run-9", "run-10", "run-11"}
    assert [row["run_id"] for row in ops.rows("run")] == [f"run-{n}" for n in range(1, 12)], "who published is kept"
    # Of the runs that made the two kept publications, and the last word on the twins.
    assert {row["run_id"] for row in ops.rows("table_run")} == {"run-9", "run-10"}
    assert publish(lake.run)[1] is False, "what was proved is still proved"


def test_rows_of_ops_stay_in_the_order_in_which_they_came(lake: Lake) -> None:
    before = lake.run.ops.rows("run")
    lake.maintain(keep_runs=100)
    assert lake.files("ops.run") == 1
    lake.run.ops.append("run", [{"run_id": "last"}])
    assert lake.run.ops.rows("run")[:-1] == before
    assert lake.run.ops.rows("run")[-1]["run_id"] == "last"


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([FILE_BYTES] * 100, False),
        ([1000] * FEW, False),
        ([1000] * (FEW + 1), True),
        ([FILE_BYTES] * 100 + [1000] * (FEW + 1), False),
        ([FILE_BYTES] * 100 + [1000] * (MANY + 1), True),
    ],
)  # fmt: skip
def test_a_table_is_written_anew_where_that_is_worth_its_cost(sizes: list[int], expected: bool) -> None:
    assert is_scattered([DataFile(str(n), size, 0, "") for n, size in enumerate(sizes)]) is expected


@pytest.fixture
def landed(tmp_path: Path) -> Callable[[int], Run]:
    def land_day(day: int) -> Run:
        run = toy_run(tmp_path, f"run-{day}", day=day)
        feeds = lay(run.home.feeds, {f"h/toy/2026-11-{day:02}/visit.ndjson":
                    f'{{"id": "{day}", "subject": {{"reference": "p{day % 3}"}}}}\n'})  # fmt: skip
        assert feeds.is_dir()
        land(run)
        return run

    return land_day


def test_small_landings_become_one_file_sorted_by_person_and_the_next_lands_beside_it(landed) -> None:
    for day in range(1, FEW + 2):
        run = landed(day)
    before = bronze(run, "visit")
    said: list[str] = []
    for _ in range(2):
        maintain(Opened(run, None, (), {}), said.append)  # type: ignore[arg-type]
    log, name = run.ops.log("bronze.toy_visit"), "bronze.toy_visit"
    (file,) = log.files(run.ops.newest(name)).values()
    assert [p.name for p in Path(run.ops.path(name)).glob("*.parquet")] == [file.path]
    assert bronze(run, "visit") == before
    run = landed(FEW + 2)
    assert len(bronze(run, "visit")) == len(before) + 1
    assert len(log.files(run.ops.newest(name))) == 2


def test_a_landing_that_was_not_finished_is_left_for_the_next_run_to_take_back(landed) -> None:
    for day in range(1, FEW + 2):
        run = landed(day)
    with patch("twinlake.engine.ops.Ops.append", side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
        landed(FEW + 2)
    run.hospitals = {"h": None}  # type: ignore[dict-item]
    newest = run.ops.newest("bronze.toy_visit")
    maintain(Opened(run, None, (), {}), lambda _: None)  # type: ignore[arg-type]
    assert run.ops.newest("bronze.toy_visit") == newest


def test_a_checkpoint_whose_writer_was_killed_is_none_and_goes(lake: Lake) -> None:
    lake.deliver((15, "NEW"), units=[15])
    log, newest = lake.run.ops.log("twins.twin"), lake.run.ops.newest("twins.twin")
    before, left = log.files(newest), log.folder / f"{newest:020}.checkpoint.parquet#1"
    left.write_bytes(b"PAR1")
    again = lake.run.ops.log("twins.twin")
    assert before and again.files(newest) == before and again.checkpoint_before(newest) < newest
    lake.maintain()
    assert not left.exists()
    assert list(damage(lake.run.ops, require_publication(lake.run.ops))) == []
    assert lake.cities("twins.twin") == {**NOW, 15: "NEW"}
