"""A lake belongs to one feeds root, has one format, and one run at a time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

import pytest

from twinlake.declare.errors import ConfigurationError, LockedError, NotPublished
from twinlake.engine.home import Home, check_home, home_of, open_home, run_lock

HOLD = """
import sys, time
from pathlib import Path
from twinlake.declare.errors import LockedError
from twinlake.engine.home import Home, run_lock
home = Home(Path(sys.argv[1]), Path("feeds"))
until = time.time() + float(sys.argv[3])
try:
    with run_lock(home, sys.argv[2]):
        print("mine", flush=True)
        time.sleep(max(0, until - time.time()))
except LockedError as error:
    print(error, flush=True)
"""


@pytest.fixture
def home(tmp_path):
    made = Home(tmp_path / "home", tmp_path / "feeds")
    open_home(made)
    return made


def start(home, run_id, seconds):
    command = [sys.executable, "-c", HOLD, str(home.path), run_id, str(seconds)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


def test_a_home_remembers_its_feeds_and_refuses_others(home, tmp_path):
    open_home(home)
    with pytest.raises(ConfigurationError, match="belongs to the feeds in"):
        open_home(Home(home.path, tmp_path / "others"))


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"format": 1}'])
def test_a_home_that_cannot_be_understood_is_refused(home, text):
    (home.path / "home.json").write_text(text)
    with pytest.raises(ConfigurationError, match="rebuilt"):
        check_home(home)


@pytest.mark.parametrize("version", [0, 2, 3, 4, 5, 7, "6"])
def test_a_lake_of_another_format_is_refused(home, version):
    (home.path / "home.json").write_text(json.dumps({"format": version, "feeds": str(home.feeds)}))
    with pytest.raises(ConfigurationError, match=f"lake format {version}; this version reads 6"):
        open_home(home)


def test_a_lake_that_does_not_say_its_format_is_refused(tmp_path):
    home = Home(tmp_path / "home", tmp_path / "feeds")
    (home.lake / "silver" / "person").mkdir(parents=True)
    with pytest.raises(ConfigurationError, match="does not say its format"):
        open_home(home)
    assert not (home.path / "home.json").exists()


def test_without_feeds_the_only_home_is_meant(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TWINLAKE_HOME", raising=False)
    with pytest.raises(NotPublished, match="No lake here yet"):
        home_of(None)
    for name in ("one", "two"):
        open_home(home_of(tmp_path / name / "feeds"))
        if name == "one":
            assert home_of(None).path == tmp_path / ".twinlake" / "one"
    with pytest.raises(ConfigurationError, match="Several lakes here"):
        home_of(None)


def test_a_home_that_holds_nothing_says_what_to_run(tmp_path, monkeypatch):
    monkeypatch.setenv("TWINLAKE_HOME", str(tmp_path))
    with pytest.raises(NotPublished, match="twinlake run"):
        home_of(None)


def test_a_second_run_is_told_who_holds_the_lake(home):
    with run_lock(home, "first"), run_lock(home, "nested"):
        other = start(home, "second", 0)
        told = other.communicate(timeout=30)[0]
    assert f"in use by run first (process {os.getpid()} on " in told
    assert start(home, "third", 0).communicate(timeout=30)[0] == "mine\n"


def test_the_lock_is_released_by_an_error(home):
    with pytest.raises(ZeroDivisionError), run_lock(home, "first"):
        raise ZeroDivisionError
    assert start(home, "second", 0).communicate(timeout=30)[0] == "mine\n"


def test_a_killed_run_leaves_no_lock(home):
    holder = start(home, "first", 60)
    assert holder.stdout.readline() == "mine\n"
    with pytest.raises(LockedError, match="run first"), run_lock(home, "second"):
        pass
    holder.kill()
    holder.wait()
    with run_lock(home, "second"):
        pass


def test_a_process_that_got_the_number_of_a_dead_one_owns_nothing(home):
    (home.path / "run.lock").write_text(json.dumps({"host": "elsewhere", "pid": os.getpid(), "run_id": "dead"}))
    with run_lock(home, "mine"):
        assert json.loads((home.path / "run.lock").read_text())["run_id"] == "mine"
        assert "run mine" in start(home, "other", 0).communicate(timeout=30)[0]


def test_of_many_starters_after_a_crash_one_gets_the_lake(home):
    holder = start(home, "crashed", 60)
    holder.stdout.readline()
    holder.kill()
    holder.wait()
    starters = [start(home, f"s{n}", 4) for n in range(6)]
    told = [starter.communicate(timeout=60)[0] for starter in starters]
    assert sum(text == "mine\n" for text in told) == 1, told


def test_a_forked_child_does_not_join_its_parents_run(home):
    with run_lock(home, "parent"):
        child = os.fork()
        if not child:
            try:
                with run_lock(home, "child"):
                    os._exit(1)
            except LockedError:
                os._exit(0)
        deadline = time.monotonic() + 30
        while (ended := os.waitpid(child, os.WNOHANG))[0] == 0 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert ended == (child, 0)


def test_a_new_home_may_begin_with_the_register_of_who_was_erased_and_no_more(tmp_path):
    made = Home(tmp_path / "home", tmp_path / "feeds")
    (made.lake / "ops" / "erased").mkdir(parents=True)
    open_home(made)
    other = Home(tmp_path / "other", tmp_path / "feeds")
    for name in ("erased", "run"):
        (other.lake / "ops" / name).mkdir(parents=True)
    with pytest.raises(ConfigurationError, match="copy lake/ops/erased"):
        open_home(other)
