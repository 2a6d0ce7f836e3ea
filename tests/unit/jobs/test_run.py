"""What every job does first, and what it refuses."""

from __future__ import annotations

from argparse import Namespace
from datetime import UTC, datetime

import pytest

from jobs import ingest
from jobs._run import arguments, moment, open_run
from tests.support.landing_sample import AS_OF, lay
from twinlake.declare.errors import ConfigurationError, DataError
from twinlake.engine.ledger import read_ledger


@pytest.fixture
def opened(tmp_path, monkeypatch):
    """Opens a run over feeds with one good hospital and others with the given faults."""

    def make(**hospitals):
        lay(tmp_path / "feeds", {f"{name}/notes.txt": "" for name in ("good", *hospitals)}, **hospitals)
        return open_run(tmp_path / "feeds", AS_OF, "run-1")

    monkeypatch.setenv("TWINLAKE_HOME", str(tmp_path / "home"))
    return make


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-11-01", datetime(2026, 11, 1, tzinfo=UTC)),
        ("2026-11-01T06:30", datetime(2026, 11, 1, 6, 30, tzinfo=UTC)),
        ("2026-11-01T01:00+02:00", datetime(2026, 10, 31, 23, tzinfo=UTC)),
    ],
)
def test_a_moment_is_utc(text, at):
    assert moment(text) == at


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "2026-02-30", "01.11.2026", "", "0001-01-01T00:00+14:00"])
def test_what_is_no_moment_is_refused(text):
    with pytest.raises(ConfigurationError, match="is no date. Give one such as 2026-11-01"):
        moment(text)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            '[severity]\n"measurement.no_such_rule" = "warn"\n',
            "'measurement.no_such_rule' is no rule that a hospital can",
        ),
        ('[severity]\n"person_summary.has_death" = "fatal"\n', "no row of person_summary is one hospital's"),
        ('colour = "red"\n', "unknown key colour"),
        ('calendar = "julian"\n', "calendar must be one of"),
    ],
)
def test_a_hospital_with_wrong_settings_is_refused_and_the_others_go_on(opened, settings, said):
    run = opened(wrong=settings)
    assert list(run.readable) == ["good"] and said in run.refused["wrong"]
    ingest.step(run, Namespace(hospital=None, node=None))
    told = read_ledger(run.run.ops).current
    assert said in told["wrong/hospital.toml"]["reason"] and "good/notes.txt" in told


def test_a_run_none_of_whose_hospitals_can_be_read_stops_and_says_why(opened):
    run = opened(good='colour = "red"\n')
    with pytest.raises(DataError, match=r"No hospital can be read: good/hospital.toml: unknown key colour"):
        ingest.step(run, Namespace(hospital=None, node=None))
    assert read_ledger(run.run.ops).current["good/hospital.toml"]["status"] == "refused"


def test_a_severity_of_a_rule_that_there_is_is_taken(opened):
    from expectations import rules_for
    from twinlake.plan import read_plan

    rule = next(r.name for r in rules_for(read_plan().tables["measurement"]) if r.expression)
    run = opened(other=f'[severity]\n"{rule}" = "warn"\n')
    assert not run.refused and run.run.hospitals["other"].severity == {rule: "warn"}


def test_a_hospital_that_nobody_knows_is_no_silent_nothing(opened):
    run = opened(wrong='colour = "red"\n')
    with pytest.raises(ConfigurationError, match="No hospital is called 'godo'. In the feeds: good"):
        ingest.step(run, Namespace(hospital="godo", node=None))
    assert ingest.step(run, Namespace(hospital="wrong", node=None)) == 0


def test_opening_a_run_over_no_feeds_makes_no_home(tmp_path, monkeypatch):
    monkeypatch.setenv("TWINLAKE_HOME", str(tmp_path / "home"))
    with pytest.raises(ConfigurationError, match="is no folder"):
        open_run(tmp_path / "feeds", AS_OF, "run-1")
    assert not (tmp_path / "home").exists()


def test_nothing_to_land_starts_no_spark(opened):
    run = opened()
    run.run.session = lambda: pytest.fail("Spark was started")
    for _ in range(2):
        assert ingest.step(run, Namespace(hospital=None, node=None)) == 0
    assert len(read_ledger(run.run.ops).rows) == 1


def test_arguments_want_feeds(monkeypatch):
    monkeypatch.delenv("TWINLAKE_FEEDS", raising=False)
    with pytest.raises(ConfigurationError, match="No feeds root"):
        arguments("ingest", ["--as-of", "2026-11-01", "--run-id", "r"])
