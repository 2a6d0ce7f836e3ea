"""A steward looks at doubtful pairs, decides, and can be asked why; nothing here needs Spark."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from jobs import _review, _steward
from tests.unit.engine.test_linkage import ANN, MOVED, NO_IDENTIFIER, TWIN, other
from twinlake.catalog.identity import identity
from twinlake.declare.decision import Decision, standing
from twinlake.declare.errors import ConfigurationError, NotPublished
from twinlake.engine.decisions import copy_decisions, decisions_of, fingerprint, record_decision, statements_of
from twinlake.engine.home import Home, open_home
from twinlake.engine.ops import Ops
from twinlake.engine.publication import Publication

A, B, TWO, SLASH = "a/s/1", "b/s/2", "b/s/3", "c/s/4/x'y"
NOW = datetime(2026, 11, 1, tzinfo=UTC)
PEOPLE = {
    A: ANN,
    B: other(NO_IDENTIFIER),
    TWO: other(TWIN, source_person_id="3"),
    SLASH: other({**NO_IDENTIFIER, **MOVED}, hospital="c", source_person_id="4/x'y"),
}
KEYS = dict(zip(PEOPLE, (1, 2, 3, 4), strict=True))
PERSON = {A: 1, B: 1, TWO: 3, SLASH: 4}


def pair(left: str, right: str, weight: float, *, is_sure: bool = False) -> dict[str, Any]:
    sides = {
        f"{side}_{name}": value
        for side, named in (("left", left), ("right", right))
        for name, value in (("source_person_key", KEYS[named]), *zip(_steward.PERSON, named.split("/", 2), strict=True))
    }
    return {**sides, "match_weight": weight, "is_sure": is_sure, "agreements": "birth date, sex"}


TABLES = {
    "source_person": [{**person, "source_person_key": KEYS[name]} for name, person in PEOPLE.items()],
    "person_link": [
        {**dict(zip(_steward.PERSON, name.split("/", 2), strict=True)), "source_person_key": KEYS[name],
         "person_id": PERSON[name], "match_weight": 20.0 if PERSON[name] == 1 else None, "reason": "alike"}
        for name in PEOPLE
    ],
    "person_pair": [
        pair(A, B, 20.0, is_sure=True), pair(A, TWO, 9.0), pair(B, TWO, 8.0), pair(TWO, SLASH, 3.5),
    ],
    "person_alias": [{"old_person_id": 2, "person_id": 1}],
    "person_merge": [
        {"hospital": "b", "system": "s", "retired_source_person_id": "9", "surviving_source_person_id": "2",
         "merged_at": NOW, "is_in_force": True},
    ],
}  # fmt: skip


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ops:
    from deltalake import write_deltalake

    home = Home(tmp_path / "home", tmp_path / "feeds")
    open_home(home)
    monkeypatch.setenv("TWINLAKE_HOME", str(home.path))
    monkeypatch.setenv("COLUMNS", "220")
    ops = Ops(home.lake)
    for name, rows in TABLES.items():
        write_deltalake(ops.path(f"empi.{name}"), pa.Table.from_pylist(rows))
    ops.append("publication", [
        {"sequence": 1, "publication_id": "p", "table": f"empi.{name}", "version": 0, "as_of": NOW} for name in TABLES
    ])  # fmt: skip
    return ops


def decide(kind: str, one: str, two: str, at: str = "2026-11-01T08:00") -> str:
    told: list[str] = []
    _steward.decide(None, kind, one, two, "Sister Agnes", "I know her", at, told.append)
    return told[0].partition(":")[0]


def queue(capsys: pytest.CaptureFixture[str], limit: int = 20) -> list[tuple[str, str]]:
    _review.show_queue(None, limit)
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    return [(words[1], words[2]) for words in lines if len(words) > 3 and words[1] in PEOPLE]


def test_the_queue_holds_doubtful_pairs_of_two_persons_the_likeliest_first(
    lake: Ops, capsys: pytest.CaptureFixture[str]
) -> None:
    assert queue(capsys) == [(A, TWO), (B, TWO), (TWO, SLASH)]
    assert queue(capsys, 1) == [(A, TWO)]


def test_a_merge_that_joins_nobody_is_told_with_the_side_that_no_record_tells_of(
    lake: Ops, capsys: pytest.CaptureFixture[str]
) -> None:
    """Hospital b merged its 9, of whom nothing came, into its 2."""
    _review.show_queue(None, 20)
    (told,) = [line.split() for line in capsys.readouterr().out.splitlines() if "2026-11-01" in line]
    assert told == ["b", "s", "9", "2", "2026-11-01", "00:00", "retired"]


def test_what_a_steward_has_decided_leaves_the_queue_and_comes_back_when_it_is_undone(
    lake: Ops, capsys: pytest.CaptureFixture[str]
) -> None:
    name = decide("reject", A, TWO)
    assert queue(capsys, 1) == [(B, TWO)]
    decide("accept", TWO, SLASH)
    assert queue(capsys) == [(B, TWO)]
    _steward.undo(None, name, None, "I erred", None, lambda _: None)
    assert queue(capsys) == [(A, TWO), (B, TWO)]


def test_however_many_pairs_two_decisions_come_to_the_next_doubtful_one_is_shown(
    lake: Ops, capsys: pytest.CaptureFixture[str]
) -> None:
    """A is B and B is TWO: so A is TWO as well, three pairs by two decisions."""
    from deltalake import write_deltalake

    alone = [{**row, "person_id": row["source_person_key"]} for row in TABLES["person_link"]]
    pairs = [pair(A, B, 10.0), *TABLES["person_pair"][1:]]
    for name, rows in (("person_link", alone), ("person_pair", pairs)):
        write_deltalake(lake.path(f"empi.{name}"), pa.Table.from_pylist(rows), mode="overwrite")
    lake.append("publication", [
        {"sequence": 2, "publication_id": "q", "table": f"empi.{name}", "version": lake.version(f"empi.{name}"),
         "as_of": NOW} for name in TABLES
    ])  # fmt: skip
    decide("accept", A, B)
    decide("accept", B, TWO)
    assert queue(capsys, 1) == queue(capsys) == [(TWO, SLASH)]


def test_a_decision_is_kept_with_who_why_and_when_and_none_is_ever_lost(lake: Ops) -> None:
    name = decide("accept", A, SLASH)
    decide("reject", A, SLASH, "2026-10-01T08:00")
    _steward.undo(None, name, "Brother Ansgar", "wrong file", "2026-11-02", lambda _: None)
    reject, accept, undo = decisions_of(lake)
    assert (accept.kind, accept.one, accept.other) == ("accept", (A,), (SLASH,))
    assert (accept.decided_by, accept.why, accept.decided_at) == ("Sister Agnes", "I know her", NOW.replace(hour=8))
    assert (undo.kind, undo.undone, undo.decided_by) == ("undo", accept.decision_id, "Brother Ansgar")
    assert standing([undo, accept, reject]) == [reject]


def test_what_stands_is_one_word_whatever_the_way_to_it_and_none_when_all_is_undone(lake: Ops) -> None:
    assert fingerprint(statements_of(lake)) == ""
    name = decide("accept", A, TWO)
    once = fingerprint(statements_of(lake))
    undo = lambda: _steward.undo(None, name, None, "no", None, lambda _: None)  # noqa: E731
    undo()
    assert fingerprint(statements_of(lake)) == ""
    decide("accept", A, TWO, "2026-11-03")
    assert fingerprint(statements_of(lake)) == once != ""


def test_a_split_takes_some_of_a_person_out_of_the_rest(lake: Ops) -> None:
    _steward.split(None, 2, [B], "me", "two women", None, lambda _: None)
    (kept,) = decisions_of(lake)
    assert (kept.kind, kept.one, kept.other) == ("split", (B,), (A,)), "a retired person_id is understood"
    for out in ([A, B], [TWO]):
        with pytest.raises(ConfigurationError, match="not all"):
            _steward.split(None, 1, out, "me", "two women", None, lambda _: None)


def test_the_list_of_decisions_tells_for_whom_a_later_one_says_the_contrary(
    lake: Ops, capsys: pytest.CaptureFixture[str]
) -> None:
    """A and B were split from TWO and SLASH; that A is SLASH takes these two out of the split, the other three stay."""
    when = datetime(2026, 11, 1, 8, tzinfo=UTC)
    record_decision(lake, Decision("split", (A, B), (TWO, SLASH), "me", "two women", when))
    _review.show_decisions(None)
    assert "overruled" not in capsys.readouterr().out
    decide("accept", A, SLASH, "2026-11-02T08:00")
    _review.show_decisions(None)
    told = capsys.readouterr().out
    assert told.count("overruled for") == 1 and told.count(f"{A} | {SLASH}") == 1
    assert f"{B} |" not in told and f"| {TWO}" not in told


@pytest.mark.parametrize(
    ("one", "two", "why"), [(A, "a/s/77", "no source person"), (A, A, "both sides"), (A, "x", "id")]
)
def test_a_decision_on_nobody_is_refused(lake: Ops, one: str, two: str, why: str) -> None:
    with pytest.raises(ConfigurationError, match=why):
        decide("accept", one, two)
    assert decisions_of(lake) == []


def test_an_undo_of_nothing_is_refused(lake: Ops) -> None:
    with pytest.raises(ConfigurationError, match="empi decisions"):
        _steward.undo(None, "0" * 16, "me", "why", None, lambda _: None)


def test_a_pair_stands_side_by_side_with_what_each_comparison_weighs(
    lake: Ops, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    decide("reject", SLASH, A)
    _review.show_pair(None, SLASH, A, tmp_path / "pair.svg")
    told = capsys.readouterr().out
    assert told.index(A) < told.index(SLASH), "the smaller one stands left"
    weight = identity().weights.levels["given_name"]["same"].weight  # type: ignore[union-attr]
    assert any(line.split() == ["given", "name", "ANNABEL", "ANNABEL", "is", "the", "same", f"{weight:+.1f}"]
               for line in told.splitlines())  # fmt: skip
    for words in ("-19.9", "evidence: given name and birth date", "now two persons, 1 and 4", "Sister Agnes: reject"):
        assert words in told
    assert (tmp_path / "pair.svg").is_file()


def test_a_person_is_shown_with_members_pairs_merges_and_decisions(
    lake: Ops, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_review, "_survivors", lambda *_: [("sex", "female", A, "what most records say")])
    decide("accept", A, B)
    _review.show_person(None, 2)
    told = capsys.readouterr().out
    for words in (
        "Person 1",
        "alike",
        "20.0",
        "female",
        "2026-11-01 00:00",
        "Sister Agnes: accept a/s/1 | b/s/2: I know",
    ):
        assert words in told, words


def test_decisions_go_along_when_a_lake_is_built_again(lake: Ops, tmp_path: Path) -> None:
    copy_decisions(lake.lake, tmp_path / "none")
    decide("accept", A, TWO)
    copy_decisions(lake.lake, tmp_path / "again")
    assert decisions_of(Ops(tmp_path / "again")) == decisions_of(lake)


def test_a_publication_made_before_there_were_pairs_says_what_to_run(lake: Ops) -> None:
    before = Publication("old", NOW, 1, {"empi.person_link": 0}, {}, {})
    with pytest.raises(NotPublished, match="no empi.person_pair yet. Bring it up"):
        _steward.Registry(lake, before).ask("select 1", "person_pair", "person_link")
