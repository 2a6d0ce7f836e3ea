"""The worklist as people see it: a table, a fragment of hospital.toml, and one line where there is nothing to do."""

from __future__ import annotations

import pytest

from jobs._codes import unmapped
from tests.support.published_lake import published_lake
from twinlake.declare.errors import ConfigurationError


@pytest.fixture
def lake(tmp_path, monkeypatch):
    home = published_lake(tmp_path)
    for name in ("st_a", "st_b", "st_c"):
        (home.feeds / name).mkdir(parents=True)
    monkeypatch.setenv("TWINLAKE_HOME", str(home.path))
    monkeypatch.setenv("COLUMNS", "200")
    return home


def test_the_table_is_in_order_and_says_how_much_it_leaves_out(lake, capsys):
    unmapped(None, None, False, 1, print)
    out = capsys.readouterr().out
    assert "GLU" in out and "900" in out and "K+" not in out and "1 of 4; --limit 0 shows all." in out


def test_one_hospital_s_codes_only(lake, capsys):
    unmapped(None, "st_b", True, 0, print)
    assert capsys.readouterr().out.splitlines()[-1] == '# "K+" = "LOINC:"'
    unmapped(None, "st_b", False, 0, print)
    assert "Potassium <quick> [b]" in capsys.readouterr().out, "what looks like markup is text"
    unmapped(None, "st_c", False, 0, print)
    assert capsys.readouterr().out == "Every code is one of a vocabulary.\n"


def test_a_hospital_that_is_none_is_refused(lake):
    with pytest.raises(ConfigurationError, match="no hospital 'st_z'"):
        unmapped(None, "st_z", False, 0, print)
