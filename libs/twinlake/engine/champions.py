"""Which model scores at the moment, asked of the registry in milliseconds: no Spark, no MLflow where it is SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from twinlake.declare.imputation import Learnt

CHAMPION = "champion"
VERSION = "twinlake.model_version"
QUESTION = "twinlake.question_digest"
REASON = "twinlake.reason"
UNTRAINED = "no model has been trained yet"
ANOTHER_QUESTION = "the champion was trained when this model was declared to answer another question"
SQLITE = "sqlite:///"

TAG_QUERY = """
    select tag.value from registered_model_aliases alias
    join model_version_tags tag on tag.name = alias.name and tag.version = alias.version
    where alias.name = ? and alias.alias = ? and tag.key = ?
"""
EVERY_QUERY = """
    select alias.name, tag.value from registered_model_aliases alias
    join model_version_tags tag on tag.name = alias.name and tag.version = alias.version
    where alias.alias = ? and tag.key = ? order by alias.name
"""
Read = tuple[str | None, str | None, str | None]
REASON_QUERY = "select value from registered_model_tags where name = ? and key = ?"


@dataclass(frozen=True)
class ChampionState:
    """The champion's model_version and the question it was trained for; or None, and what the last training came to."""

    version: str | None
    reason: str | None
    question_digest: str | None = None

    @property
    def fingerprint(self) -> str:
        """Changes whenever scores would: the version, or why there is none."""
        return self.version or f"none: {self.reason}"


def champion_state(model_name: str, tracking_uri: str) -> ChampionState:
    """The champion of `model_name`; a store that does not exist is not made."""
    read = _from_sqlite if tracking_uri.startswith(SQLITE) else _from_client
    version, reason, question = read(model_name, tracking_uri)
    return ChampionState(version, None if version else reason or UNTRAINED, question)


def champion_of(model: Learnt, tracking_uri: str) -> ChampionState:
    """The champion that scores: one that was trained for the question the model is declared to answer today."""
    state = champion_state(model.name, tracking_uri)
    is_another = state.version is not None and state.question_digest != model.question_digest
    return ChampionState(None, ANOTHER_QUESTION) if is_another else state


def champion_versions(tracking_uri: str) -> dict[str, str | None]:
    """Every model that has a champion, with its model_version, of a store that is SQLite; none where there is none."""
    with _opened(tracking_uri) as database:
        return dict(database.execute(EVERY_QUERY, (CHAMPION, VERSION)).fetchall()) if database else {}


def standing(trainings: Sequence[Mapping[str, Any]], question: str | None) -> Mapping[str, Any] | None:
    """The training whose model scores after these of one model: the last champion's, if `question` is asked today."""
    champions = [row for row in trainings if row["is_champion"]]
    return champions[-1] if champions and champions[-1]["question_digest"] == question else None


def last_word(trainings: Sequence[Mapping[str, Any]], question: str | None) -> str:
    """What the last training came to; where it made a champion that does not score, the reason for that."""
    is_idle = trainings[-1]["is_champion"] and standing(trainings, question) is None
    return ANOTHER_QUESTION if is_idle else trainings[-1]["reason"] or ""


@contextmanager
def _opened(tracking_uri: str) -> Iterator[sqlite3.Connection | None]:
    """The SQLite store to be read, None if it is not there or was never used."""
    path = Path(tracking_uri.removeprefix(SQLITE))
    if not path.is_file():
        yield None
        return
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
        made = database.execute("select 1 from sqlite_master where name = 'registered_model_aliases'").fetchone()
        yield database if made else None


def _from_sqlite(model_name: str, tracking_uri: str) -> Read:
    with _opened(tracking_uri) as database:
        if database is None:
            return None, None, None
        version = database.execute(TAG_QUERY, (model_name, CHAMPION, VERSION)).fetchone()
        reason = database.execute(REASON_QUERY, (model_name, REASON)).fetchone()
        question = database.execute(TAG_QUERY, (model_name, CHAMPION, QUESTION)).fetchone()
    version, reason, question = (found[0] if found else None for found in (version, reason, question))
    return version, reason, question


def _from_client(model_name: str, tracking_uri: str) -> Read:
    import mlflow
    from mlflow.exceptions import MlflowException

    client = mlflow.MlflowClient(tracking_uri, tracking_uri)
    found = [each for each in client.search_registered_models(f"name = '{model_name}'") if each.name == model_name]
    if not found:
        return None, None, None
    try:
        tags = client.get_model_version_by_alias(model_name, CHAMPION).tags
    except MlflowException:
        tags = {}
    return tags.get(VERSION), found[0].tags.get(REASON), tags.get(QUESTION)
