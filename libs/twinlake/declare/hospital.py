"""A hospital: a feed folder and its hospital.toml, every key checked."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from twinlake.declare.drift import unknown_places, wrong_policies
from twinlake.declare.errors import ConfigurationError
from twinlake.vocabulary.codes import is_valid_code
from twinlake.vocabulary.coding_systems import Vocabulary

CALENDARS = ("true", "shifted")
SEVERITIES = ("fatal", "warn", "characterise")
EMPTY: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Hospital:
    """What differs between two hospitals with the same system; `folder` is its name in every table."""

    folder: str
    name: str
    time_zone: str
    identifier_namespace: str
    calendar: str = "true"
    link: bool = True
    units: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    codes: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    severity: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    # Of what no row is made: a change of it is no reason to build a table anew.
    drift: Mapping[str, str] = field(default_factory=lambda: EMPTY, repr=False)

    @property
    def code_pairs(self) -> dict[str, tuple[str, str]]:
        """Local code → (vocabulary, code)."""
        return {local: tuple(target.split(":", 1)) for local, target in self.codes.items()}  # type: ignore[misc]


def of_true_calendar(hospitals: Mapping[str, Hospital]) -> list[str]:
    """The hospitals whose dates are those of the days on which things happened."""
    return [name for name, hospital in hospitals.items() if hospital.calendar == "true"]


KEYS = tuple(f.name for f in fields(Hospital) if f.name != "folder")
REQUIRED = ("name", "time_zone", "identifier_namespace")
TABLES = ("units", "codes", "severity", "drift")


def read_hospital(folder: Path) -> Hospital:
    """The hospital of a feed folder; every wrong key and value of its hospital.toml is listed at once."""
    path = folder / "hospital.toml"
    if not path.is_file():
        raise ConfigurationError(f"{folder.name}: no hospital.toml. Write one with at least: {', '.join(REQUIRED)}.")
    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{folder.name}/hospital.toml is not TOML: {error}. Mend that line.") from error
    problems = list(_problems(settings))
    if problems:
        raise ConfigurationError(f"{folder.name}/hospital.toml: " + "; ".join(problems) + ".")
    tables = {name: MappingProxyType(settings.get(name, {})) for name in TABLES}
    return Hospital(folder=folder.name, **{**settings, **tables})


def refuse_unknown_places(hospital: Hospital, feeds: Mapping[str, Iterable[str]]) -> None:
    """Every [drift] entry must name a system and feed that there are; `feeds` are those of each system."""
    if faults := list(unknown_places(hospital.drift, feeds)):
        raise ConfigurationError(f"{hospital.folder}/hospital.toml: {'; '.join(faults)}. `twinlake drift` names them.")


def _problems(settings: dict[str, Any]) -> Iterator[str]:
    unknown = sorted(set(settings) - set(KEYS))
    if unknown:
        yield f"unknown key {', '.join(map(_meant, unknown))} (known: {', '.join(KEYS)})"
    for key in REQUIRED:
        if key not in settings:
            yield f"missing key {key}"
        elif not isinstance(settings[key], str) or not settings[key]:
            yield f"{key} must be a text"
    yield from _wrong_values(settings)
    for name in TABLES:
        pairs = settings.get(name, {})
        if not isinstance(pairs, dict) or not all(isinstance(v, str) for v in pairs.values()):
            yield f"[{name}] must map texts to texts"


def _meant(key: str) -> str:
    near = get_close_matches(key, KEYS, n=1)
    return f"{key}, did you mean {near[0]}?" if near else key


def _wrong_values(settings: dict[str, Any]) -> Iterator[str]:
    if isinstance(settings.get("time_zone"), str) and not _is_zone(settings["time_zone"]):
        yield f"time_zone {settings['time_zone']!r} is not an IANA zone (such as Europe/Dublin)"
    if settings.get("calendar", "true") not in CALENDARS:
        yield f"calendar must be one of {', '.join(CALENDARS)}"
    if not isinstance(settings.get("link", True), bool):
        yield "link must be true or false"
    for local, target in _pairs_of(settings, "codes"):
        if not _is_code(str(target)):
            yield f"[codes] {local!r} must be vocabulary:code (such as LOINC:2345-7), form and check digit right"
    for rule, severity in _pairs_of(settings, "severity"):
        if severity not in SEVERITIES:
            yield f"[severity] {rule!r} must be one of {', '.join(SEVERITIES)}"
    yield from wrong_policies({event: policy for event, policy in _pairs_of(settings, "drift")})


def _pairs_of(settings: dict[str, Any], name: str) -> list[tuple[str, Any]]:
    pairs = settings.get(name)
    return list(pairs.items()) if isinstance(pairs, dict) else []


def _is_code(target: str) -> bool:
    vocabulary, _, code = target.partition(":")
    return vocabulary in {*Vocabulary} and is_valid_code(vocabulary, code)


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
