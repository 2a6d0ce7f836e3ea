"""The command line as a newcomer meets it: quick help, one clear line for what is wrong, and its exit code."""

from __future__ import annotations

import os
import resource
import subprocess
import sys

import pytest

from tests.support.landing_sample import lay
from twinlake.engine.home import Home, open_home

MAIN = "from twinlake.cli import main; main()"


@pytest.fixture
def twinlake(tmp_path):
    """Runs a command in a folder of its own; exit code, output, errors."""
    known = {k: v for k, v in os.environ.items() if not k.startswith("TWINLAKE_")}

    def run(*args, **environment):
        paths = os.pathsep.join(p for p in sys.path if p)
        environment = {**known, "PYTHONPATH": paths, "COLUMNS": "200", **environment}
        command = [sys.executable, "-c", MAIN, *map(str, args)]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=environment)
        return done.returncode, done.stdout, done.stderr

    return run


def _processor_seconds() -> float:
    """Of the children so far: what a busy machine does not stretch."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_a_fault_of_its_own_is_one_line_without_what_it_quotes(twinlake, tmp_path, monkeypatch):
    broken = "import jobs._run; jobs._run.moment = lambda text: int('Lovejoy'); " + MAIN
    monkeypatch.setattr(sys.modules[__name__], "MAIN", broken)
    code, out, err = twinlake("run", "--feeds", "feeds", "--as-of", "2026-11-01", TMPDIR=str(tmp_path))
    (told,) = tmp_path.glob("twinlake-*.txt")
    assert code == 1 and out == ""
    assert err.startswith("twinlake: a fault of its own: ValueError in <string>, line 1.") and err.count("\n") == 1
    assert "Lovejoy" not in err and "Lovejoy" in told.read_text()
    assert told.stat().st_mode & 0o077 == 0


def test_help_is_instant_and_names_every_command(twinlake):
    twinlake("--help")
    before = _processor_seconds()
    code, out, _ = twinlake("--help")
    assert code == 0 and _processor_seconds() - before < 1
    for command in (
        "run",
        "demo",
        "plan",
        "sql",
        "twin",
        "report",
        "doctor",
        "quarantine",
        "codes",
        "verify",
        "synth",
        "score-synth",
        "airflow",
    ):
        assert f" {command} " in out


def test_help_imports_nothing_heavy():
    heavy = (
        "pyspark",
        "pandas",
        "airflow",
        "great_expectations",
        "mlflow",
        "matplotlib",
        "duckdb",
        "deltalake",
        "numpy",
    )
    code = f"import sys, twinlake.cli; print([m for m in {heavy!r} if m in sys.modules])"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment).stdout == "[]\n"
    )


ASKED = [("sql", "select 1"), ("report",), ("twin", "1", "--on", "2026-01-01"), ("verify",), ("quarantine", "list"),
         ("quarantine", "export", "x", "--out", "o"), ("empi", "train"),
         ("empi", "review"), ("empi", "review", "a/s/1", "b/s/2"), ("empi", "show", "-12"), ("empi", "decisions"),
         ("empi", "accept", "a/s/1", "b/s/2", "--why", "x"), ("empi", "undo", "0", "--why", "x"),
         ("empi", "split", "-12", "--out", "a/s/1", "b/s/2", "--why", "x")]  # fmt: skip


@pytest.mark.parametrize("command", ASKED, ids=" ".join)
def test_before_any_lake_every_question_says_what_to_run(twinlake, command):
    code, out, err = twinlake(*command)
    assert (code, out, err) == (
        1,
        "",
        "twinlake: No lake here yet. Run `twinlake run --feeds DIR` (or `make demo`) first.\n",
    )


@pytest.mark.parametrize("command", [c for c in ASKED[:4] if c[0] != "report"], ids=" ".join)
def test_before_any_publication_every_question_says_what_to_run(twinlake, tmp_path, command):
    lay(tmp_path / "feeds", {"h/x": ""})
    open_home(Home(tmp_path / ".twinlake" / tmp_path.name, (tmp_path / "feeds").resolve()))
    code, out, err = twinlake(*command, "--feeds", "feeds")
    assert (code, out) == (1, "") and err.count("\n") == 1
    assert "Nothing is published in this lake yet. Run `twinlake run --feeds DIR`" in err


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("run", "--feeds", "nowhere"), "nowhere is no folder. Give --feeds a folder laid out <hospital>/<system>/"),
        (("run", "--feeds", "empty"), "empty holds no hospital."),
        (("run", "--feeds", "feeds", "--as-of", "yesterday"), "'yesterday' is no date. Give one such as 2026-11-01."),
        (("run", "--feeds", "feeds", "--only", "gold.nope"), "--only: No node is called 'gold.nope'. Known: "),
        (("run", "--feeds", "feeds", "--only", "gold.nope", "--dry-run"), "--only: No node is called 'gold.nope'."),
        (("sql", "select 1", "--format", "xml"), "--format 'xml'; use one of table, csv, json."),
        (("quarantine", "replay", "nofile", "--feeds", "feeds"), "nofile is no file."),
        (("run", "--fees", "x"), "No such option: --fees"),
        (("runn",), "No such command 'runn'"),
        (("twin", "Ada", "--on", "2026-01-01"), "Invalid value for 'person'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_wrong_usage_is_exit_code_2_and_says_what_was_expected(twinlake, tmp_path, command, said):
    lay(tmp_path / "feeds", {"h/x": ""})
    (tmp_path / "empty").mkdir()
    code, _, err = twinlake(*command)
    assert code == 2 and said in err and "Traceback" not in err


def test_a_machine_that_is_not_right_is_exit_code_1(twinlake):
    code, out, _ = twinlake("doctor", TWINLAKE_ENV="nowhere")
    assert code == 1 and "environment    NOT RIGHT: TWINLAKE_ENV=nowhere" in out


def test_a_dry_run_writes_nothing_and_counts_what_it_would_land(twinlake, tmp_path):
    lay(tmp_path / "feeds", {"h/synthea_csv/patients.csv": "", "h/other/x": "", "bad/x": ""}, bad='colour = "red"\n')
    code, out, _ = twinlake("run", "--dry-run", "--feeds", "feeds")
    assert code == 0 and "h: 1 new files to land, 1 that no feed takes" in out and "bad: refused: " in out
    assert "  lands    h/synthea_csv/patients.csv as synthea_csv.patients\n  unknown  h/other/x: " in out
    assert [p.name for p in tmp_path.iterdir()] == ["feeds"]


def test_a_lake_of_other_feeds_and_of_another_format_are_refused(twinlake, tmp_path):
    for name in ("one", "two"):
        lay(tmp_path / name, {"h/x": ""})
    home = {"TWINLAKE_HOME": str(tmp_path / "home")}
    open_home(Home(tmp_path / "home", (tmp_path / "one").resolve()))
    code, _, err = twinlake("run", "--dry-run", "--feeds", "two", **home)
    assert code == 2 and "belongs to the feeds in" in err
    (tmp_path / "home" / "home.json").write_text('{"format": 0, "feeds": "one"}')
    code, _, err = twinlake("run", "--dry-run", "--feeds", "one", **home)
    assert code == 2 and "lake format 0; this version reads 6" in err
