"""Making a network as a whole: cached, refused where it must be, and once for real."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from twinlake.declare.errors import ConfigurationError, PlatformError
from twinlake.synthetic import plan, synthea
from twinlake.synthetic.network import make_network
from twinlake.synthetic.synthea import synthea_jars


@pytest.fixture
def without_java(monkeypatch, tmp_path, make):
    """make_network over the tiny population."""
    make(tmp_path / "tiny")
    people = synthea.Population(tmp_path / "tiny" / "population")
    monkeypatch.setattr(plan, "population", lambda *_: people)


def test_a_network_that_is_there_is_taken_as_it_is(without_java, tmp_path):
    made = make_network(12, 4, 7, tmp_path / "out", lambda _: None)
    stamp = (tmp_path / "out/truth/persons.csv").stat().st_mtime_ns
    again = make_network(12, 4, 7, tmp_path / "out", lambda _: None)
    assert again == made and 0 < made.persons <= 12
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["feeds", "truth"]
    assert (tmp_path / "out/truth/persons.csv").stat().st_mtime_ns == stamp


def test_another_network_is_never_overwritten(without_java, tmp_path):
    make_network(12, 4, 7, tmp_path / "out", lambda _: None)
    with pytest.raises(ConfigurationError, match="already holds another network"):
        make_network(12, 3, 7, tmp_path / "out", lambda _: None)


@pytest.mark.parametrize(("patients", "hospitals"), [(0, 4), (10, 0)])
def test_no_patients_or_no_hospitals_is_refused(tmp_path, patients, hospitals):
    with pytest.raises(ConfigurationError, match="at least one of each"):
        make_network(patients, hospitals, 7, tmp_path, lambda _: None)


def test_without_a_network_connection_one_line_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setenv("TWINLAKE_CACHE", str(tmp_path))
    monkeypatch.setattr(synthea, "java", lambda: "java")
    failed = subprocess.CompletedProcess([], 1, stdout=":: resolving\nSERVER ERROR: unknown host\n", stderr="")
    monkeypatch.setattr(synthea.subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(PlatformError, match=r"could not be fetched \(SERVER ERROR.*connect and run again") as caught:
        synthea_jars(lambda _: None)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "synthea" / "lib").exists()


def test_without_java_one_line_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PlatformError, match="Install a Java 17 runtime"):
        synthea.java()


def test_a_population_cut_short_is_refused(tmp_path, make):
    make(tmp_path)
    (tmp_path / "population/fhir/Procedure.ndjson").unlink()
    with pytest.raises(PlatformError, match="left out 1 files"):
        synthea._prove_complete(tmp_path / "population", 12)


def test_progress_never_tells_a_name():
    told: list[str] = []
    synthea._follow(["Loading\n", "1 -- Ann1 Lee2 (4 y/o F)\n", "2 -- Bo3 Ray4 (5 y/o M)\n"], 2, told.append)
    assert told == ["Synthea: 1 of 2 patients", "Synthea: 2 of 2 patients"]


@pytest.mark.nightly
@pytest.mark.skipif(shutil.which("java") is None, reason="Synthea needs Java")
def test_synthea_gives_the_same_network_twice(tmp_path, monkeypatch):
    jars = synthea_jars(lambda _: None)
    for turn in ("a", "b"):
        monkeypatch.setenv("TWINLAKE_CACHE", str(tmp_path / turn))
        (tmp_path / turn / "synthea").mkdir(parents=True)
        (tmp_path / turn / "synthea" / "lib").symlink_to(jars)
        make_network(5, 2, 3, tmp_path / turn / "out", lambda _: None)
    first, second = (
        {str(p.relative_to(tmp_path / turn)): p.read_bytes() for p in (tmp_path / turn / "out").rglob("*.*")}
        for turn in ("a", "b")
    )
    assert first == second and len(first) > 15
