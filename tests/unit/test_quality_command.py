"""`twinlake quality` tells what ops.validation and ops.broken_rule hold of the published versions."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jobs._quality import show
from tests.support.published_lake import published_lake
from twinlake.declare.errors import ConfigurationError
from twinlake.engine.ops import Ops
from twinlake.engine.report.facts import read_facts
from twinlake.engine.report.proved import published

Asked = Callable[..., list[dict[str, str]]]


@pytest.fixture(scope="module")
def feeds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = published_lake(tmp_path_factory.mktemp("lake"))
    (home.feeds / "lakeside").mkdir(parents=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TWINLAKE_HOME", str(home.path))
        yield home.feeds


@pytest.fixture
def asked(feeds: Path, capsys: pytest.CaptureFixture[str]) -> Asked:
    def ask(table: str | None = None, hospital: str | None = None, every: bool = False) -> list[dict[str, str]]:
        show(feeds, table, hospital, every, "csv")
        return list(csv.DictReader(io.StringIO(capsys.readouterr().out)))

    return ask


def test_without_a_word_it_tells_the_rules_that_are_broken(asked: Asked) -> None:
    told = asked()
    assert {(r["state"], r["broken"], r["judged"]) for r in told} == {("failed", "3", "9")}
    assert "silver.person" in {r["table"] for r in told}


def test_with_all_it_tells_those_that_passed_too(asked: Asked) -> None:
    assert len(asked(every=True)) == 2 * len(asked())


def test_of_a_table_or_a_hospital_it_tells_codes_and_keys(asked: Asked) -> None:
    [row] = asked("silver.person")
    assert (row["hospital"], row["code"], row["rows"], row["keys"]) == ("lakeside", "BAD-9", "3", "key_id 41, -7")
    assert len(asked(hospital="lakeside")) == len(asked())


def test_rows_that_a_later_proof_of_the_same_version_found_good_are_told_no_more(tmp_path: Path) -> None:
    """Nothing of the table moved, but a table that its rules look into."""
    home = published_lake(tmp_path)
    ops = Ops(home.lake)
    assert any(row["table"] == "silver.person" for row in published(read_facts(home)))
    proof = next(row for row in ops.rows("validation") if row["table"] == "silver.person")
    ops.append("validation", [{**proof, "run_id": "run-later"}])
    assert not any(row["table"] == "silver.person" for row in published(read_facts(home)))
    assert published(read_facts(home))


def test_an_unknown_table_or_hospital_is_refused_with_what_there_is(asked: Asked) -> None:
    with pytest.raises(ConfigurationError, match=r"silver.persons.*There are: .*silver.person"):
        asked("silver.persons")
    with pytest.raises(ConfigurationError, match="no hospital 'nowhere'"):
        asked(hospital="nowhere")
