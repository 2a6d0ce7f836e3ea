"""What changed, as the command says it: within a terminal, as rows for pipes, and as a stop before publication."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from jobs._drift import show
from tests.support.published_lake import DRIFT, published_lake, write
from twinlake.declare.errors import ConfigurationError, DataError
from twinlake.declare.hospital import Hospital
from twinlake.engine.drift_alarms import refuse_drifted
from twinlake.engine.home import Home
from twinlake.engine.ops import Ops


@pytest.fixture
def home(tmp_path, monkeypatch):
    home = published_lake(tmp_path)
    (home.feeds / "st_b").mkdir(parents=True)
    monkeypatch.setenv("TWINLAKE_HOME", str(home.path))
    return home


def test_changes_are_told_hospital_by_hospital_within_eighty_columns(home, capsys):
    show(None, None, "table", print)
    told = capsys.readouterr().out
    assert max(map(len, told.splitlines())) < 80
    assert told.splitlines()[:10] == [
        "st_a",
        "  files of synthea_csv.observations, as declared",
        "    new <ward>: not declared; holds text → keep; 2 files of 2026-01-02 to",
        "      2026-01-03",
        "  files of synthea_csv.observations, as delivered before",
        "    dropped VALUE: held number; 1 file of 2026-01-02",
        "    new <ward>: holds text; 1 file of 2026-01-02",
        "    retyped CODE: held text, holds integer; 1 file of 2026-01-03",
        "  measurements, against the year before",
        "    2345-7 in mg/dL, quarter from 2026-07-01: its values have moved (index",
    ]


def test_one_hospital_and_a_pipe_get_their_own(home, capsys):
    show(None, "st_b", "json", print)
    (row,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert (row["hospital"], row["event"], row["column"]) == ("st_b", "silent", "2345-7")
    with pytest.raises(ConfigurationError, match="st_c"):
        show(None, "st_c", "table", print)


@pytest.mark.parametrize(
    ("policy", "stops"), [({}, False), ({"distribution": "warn"}, False), ({"distribution": "stop"}, True)]
)
def test_a_hospital_may_want_no_publication_while_an_alarm_rings(home, policy, stops):
    st_a = Hospital("st_a", "A", "UTC", "urn:a", drift=policy)
    run = SimpleNamespace(hospitals={"st_a": st_a}, ops=Ops(home.lake))
    if not stops:
        refuse_drifted(run)
        return
    with pytest.raises(DataError, match="st_a: 2345-7 in mg/dL, quarter from 2026-07-01.*hospital.toml"):
        refuse_drifted(run)


def test_an_alarm_of_long_ago_stops_nobody(tmp_path):
    home = Home(tmp_path / "home", tmp_path / "feeds")
    st_a = Hospital("st_a", "A", "UTC", "urn:a", drift={"distribution": "stop"})
    write(home, "gold.measurement_drift", [{**row, "is_recent": False} for row in DRIFT])
    refuse_drifted(SimpleNamespace(hospitals={"st_a": st_a}, ops=Ops(home.lake)))
