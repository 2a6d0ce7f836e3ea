"""The harness of faults: plans that check themselves, kills that come, deliveries that all arrive in the end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from pkgutil import resolve_name
from random import Random

import pytest

from tests.conftest import REPOSITORY
from tests.support.published_lake import published_lake
from twinlake import plan_picture
from twinlake.declare.errors import ConfigurationError
from twinlake.engine.ops import Ops
from twinlake.faults import watch
from twinlake.faults.command import Command
from twinlake.faults.deliveries import Deliveries
from twinlake.faults.harness import Told
from twinlake.faults.moments import MOMENTS, Moment
from twinlake.faults.plan import PLANS, Round, read_plan
from twinlake.faults.rounds import Line
from twinlake.faults.stored import digests, misread
from twinlake.faults.table import as_json, as_text
from twinlake.faults.victim import Wound


@pytest.mark.parametrize("name", [file.stem for file in PLANS.glob("*.toml")])
def test_a_plan_of_ours_can_be_read(name: str):
    assert read_plan(name).rounds


def test_every_moment_is_a_function_that_there_is():
    assert [name for name, moment in MOMENTS.items() if not callable(resolve_name(moment.function))] == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no [[round]]"),
        ("[[round]]\nname = 'a'\nkills = ['lunch']", "no moment is called lunch; known: any, stage"),
        ("[[round]]\nname = 'a'\nkill = ['land']", "unexpected keyword argument 'kill'"),
        ("[[round]]\nname = 'a'\nlate = 2.0\n[[round]]\nname = 'a'", "two rounds of one name; a share is not"),
        ("[[round]]\nname = 'a'\ndamaged = 1", "runs is 2 or more"),
        ("[[round]]\nname = 'a'\nwhen = 'soon'", "when is none of before, inside, after"),
        ("[[round]]\nname = 'a'\n[netwrk]\n", "unknown table netwrk"),
        ("[[round", "plan.toml"),
    ],
)
def test_a_plan_that_cannot_be_meant_is_refused(tmp_path: Path, text: str, said: str):
    (tmp_path / "plan.toml").write_text(text)
    with pytest.raises(ConfigurationError) as refused:
        read_plan(str(tmp_path / "plan.toml"))
    assert said in str(refused.value)


@pytest.mark.parametrize("whom", ["both", "driver", "jvm"])
@pytest.mark.parametrize("when", ["before", "inside", "after"])
def test_a_command_ends_with_9_in_the_call_that_is_meant_and_says_so(tmp_path: Path, when: str, whom: str):
    # Without a JVM there is only the driver to be killed; `jvm` then means both.
    wound = Wound("twinlake.plan_picture.plan_text", "", 1, when, 0.01, whom, str(tmp_path / "told"))
    assert victim(tmp_path, wound, "plan") == -signal.SIGKILL
    assert (tmp_path / "told").read_text() == {"jvm": "both"}.get(whom, whom)


def test_a_command_whose_moment_does_not_come_is_left_alone(tmp_path: Path):
    wound = Wound("twinlake.plan_picture.plan_text", "", 2, "before", 0.01, "both", str(tmp_path / "told"))
    assert victim(tmp_path, wound, "plan") == 0
    assert not (tmp_path / "told").exists()


def victim(folder: Path, wound: Wound, *command: str) -> int:
    path = os.pathsep.join([str(REPOSITORY / "libs"), str(REPOSITORY)])
    program = [sys.executable, "-m", "twinlake.faults.victim", wound.as_json(), *command]
    env = {**os.environ, "PYTHONPATH": path}
    return subprocess.run(
        program, env=env, cwd=folder, check=False, start_new_session=True, stdout=subprocess.DEVNULL
    ).returncode


DAYS = ("2026-11-02", "2026-11-03")
NAMES = ("observations.csv", "Observation.ndjson.gz", "Patient.ndjson", "scan.dcm")


@pytest.fixture
def network(tmp_path: Path) -> Path:
    """A network of one hospital with two later days, and feeds `one` and `two` that have its first delivery."""
    first = ("2026-11-01",)
    for root, days in (("one", first), ("two", first), ("network", (*first, *DAYS))):
        for day in days:
            for name in NAMES:
                file = tmp_path / root / "h" / "s" / day / name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(f"{day} {name} " * 9)
    return tmp_path


@pytest.mark.parametrize("seed", range(8))
def test_whatever_is_done_to_deliveries_all_of_them_are_there_in_the_end(network: Path, seed: int):
    kind = Round("r", runs=3, resent=0.5, reordered=0.5, late=0.3, damaged=2)
    came = Deliveries(network / "network", network / "one", kind, Random(seed))
    whole = {path: (network / "network" / path).read_bytes() for path in came.new}
    broken, told = set(), []
    for said in came.runs():
        told.append(said)
        held = {p.relative_to(network / "one"): p.read_bytes() for p in (network / "one").rglob("*") if p.is_file()}
        broken |= {path for path in held if path in whole and held[path] != whole[path]}
    assert len(told) == 3
    assert {path: held[path] for path in came.new} == whole
    assert len(broken) == sum(int(said.split(" files damaged")[0].split()[-1]) for said in told)
    assert sum(int(said.split(" again")[0].split()[-1]) for said in told) == round(0.5 * len(came.days))
    for path, data in held.items():
        if path not in whole and "2026-11-01" not in path.parts:
            assert data in [whole[p] for p in whole if p.parent == path.parent]


def test_batches_come_run_by_run_in_the_order_of_their_days(network: Path):
    came = Deliveries(network / "network", network / "one", Round("r", runs=2), Random(1))
    runs = came.runs()
    assert next(runs) == "1 batches, 0 after their day, 0 again, 0 files damaged"
    assert [p.name for p in sorted((network / "one" / "h" / "s").iterdir())] == ["2026-11-01", "2026-11-02"]
    assert list(runs) == ["1 batches, 0 after their day, 0 again, 0 files damaged"]


def test_the_same_seed_does_the_same(network: Path):
    kind = Round("r", runs=3, resent=0.5, reordered=0.5, late=0.3, damaged=2)
    laid = []
    for feeds in ("one", "two"):
        told = list(Deliveries(network / "network", network / feeds, kind, Random(3)).runs())
        laid.append((told, sorted(p.relative_to(network / feeds) for p in (network / feeds).rglob("*"))))
    assert laid[0] == laid[1]


def test_a_plain_round_gets_everything_at_once(network: Path):
    came = Deliveries(network / "network", network / "one", Round("r"), Random(1))
    assert list(came.runs()) == ["2 batches, 0 after their day, 0 again, 0 files damaged"]


def test_a_round_that_is_done_several_times_is_as_many_rounds(tmp_path: Path):
    (tmp_path / "plan.toml").write_text("[[round]]\nname = 'a'\ntimes = 2\nkills = ['land']\n[[round]]\nname = 'b'")
    rounds = read_plan(str(tmp_path / "plan.toml")).rounds
    assert [(each.name, each.kills) for each in rounds] == [("a 1", ("land",)), ("a 2", ("land",)), ("b", ())]


def test_a_watched_command_tells_how_long_each_call_of_a_moment_took(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(watch, "MOMENTS", {"drawn": Moment("twinlake.plan_picture.plan_text")})
    monkeypatch.setattr(plan_picture, "plan_text", lambda plan: f"drawn {plan}")
    seconds: dict[str, list[float]] = {}
    watch.watch(seconds)
    assert plan_picture.plan_text("a") == "drawn a"
    assert [0 <= taken < 1 for taken in seconds["drawn"]] == [True]


def test_a_wound_is_put_into_a_call_that_the_undisturbed_run_made(tmp_path: Path):
    calls = {"write": [0.0, 2.0], "mark": []}
    wounds = [Command(tmp_path, "2026-11-01").wound("write", "inside", Random(n), calls) for n in range(20)]
    assert {(wound.call, wound.when) for wound in wounds} == {(1, "inside"), (2, "inside")}
    assert all(wound.seconds <= calls["write"][wound.call - 1] for wound in wounds)
    with pytest.raises(ConfigurationError, match="did not come to the moment mark"):
        Command(tmp_path, "2026-11-01").wound("mark", "", Random(1), calls)


def test_a_row_that_differs_and_a_count_that_is_not_the_published_one_are_seen(tmp_path: Path):
    from deltalake import DeltaTable

    home = published_lake(tmp_path, persons=6)
    (home.lake / "bronze").mkdir()
    before = digests(home.lake)
    assert list(misread(home.lake)) == []
    assert before["silver.person"].startswith("6:")
    table = DeltaTable(str(home.lake / "silver" / "person"))
    table.delete("person_id = 1")
    assert digests(home.lake) == before, "what is not published is not read"
    table.restore(0)
    other = published_lake(tmp_path / "other", persons=7)
    (other.lake / "bronze").mkdir()
    assert digests(other.lake)["silver.person"] != before["silver.person"]


def test_a_publication_that_is_mixed_of_two_runs_is_seen(tmp_path: Path):
    home = published_lake(tmp_path, persons=6)
    row = Ops(home.lake).rows("publication")[0]
    Ops(home.lake).append("publication", [{**row, "run_id": "another"}])
    assert list(misread(home.lake)) == [f"publication {row['sequence']} is mixed of several"]


TOLD = Told(
    [Line("a", "kill -9 jvm: write", "exit 1 after 3 s", 12.2), Line("a", "disk full after 3 KiB", "exit 1 after 9 s"),
     Line("b", "kill -9 both: land", "the moment did not come (exit 0)", 1.0)],
    {"a": [], "b": ["silver.person is 1:2, undisturbed 1:3"]}, 7,
)  # fmt: skip


def test_the_table_tells_each_fault_and_each_round_that_differs():
    assert as_text(TOLD).splitlines()[1].split("  ")[-1] == "12 s"
    assert as_text(TOLD).splitlines()[-2:] == [
        "b: DIFFERS: silver.person is 1:2, undisturbed 1:3",
        "1 of 2 rounds equal the undisturbed run; 1 kills, 1 moments that did not come, 1 full disks, "
        "7 reads meanwhile.",
    ]


def test_a_program_is_told_the_same():
    told = json.loads(as_json(TOLD))
    assert [(each["round"], each["equal"], len(each["faults"])) for each in told["rounds"]] == [
        ("a", True, 2), ("b", False, 1)
    ]  # fmt: skip
    assert told["rounds"][0]["faults"][0]["recovered_seconds"] == 12.2
