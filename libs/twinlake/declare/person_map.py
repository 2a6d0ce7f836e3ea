"""A fields.toml: which columns of a person file say what linkage asks, every key checked."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Any

from twinlake.declare.errors import ConfigurationError

MEANINGS = (
    "row_id", "hospital", "given_name", "middle_name", "family_name", "maiden_name", "birth_date", "year_of_birth",
    "sex", "address_line", "city", "postal_code", "phone", "ssn", "licence_number", "passport_number", "mrn",
)  # fmt: skip
FORMAT = "birth_date_format"
# What DuckDB's strptime knows; a date needs a year.
DIRECTIVES = {f"%{c}" for c in "aAbBcdfgGhHIjmMnpSTuUVwWxXyYzZ%"} | {f"%-{c}" for c in "djmyHIMS"}
YEARS = {"%Y", "%y", "%-y", "%c", "%x", "%G"}
EXPECTED = "Expected a column's name, or a list of columns whose texts are joined by a blank"


@dataclass(frozen=True)
class PersonMap:
    """What linkage asks for → the columns that say it; `birth_date_format` is strptime's, ISO where it is not given."""

    columns: Mapping[str, tuple[str, ...]]
    birth_date_format: str | None = None
    files: Mapping[str, PersonMap] = field(default_factory=lambda: MappingProxyType({}))

    def of(self, file: str) -> PersonMap:
        """The map of a file: its own table in fields.toml where it has one, over what holds for all."""
        own = self.files.get(file)
        if own is None:
            return self
        return PersonMap({**self.columns, **own.columns}, own.birth_date_format or self.birth_date_format)


def read_person_map(path: Path) -> PersonMap:
    """The map a file holds; all that is wrong with it is listed at once."""
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigurationError(f"{path}: no such file.") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(f"{path}: cannot be read as TOML ({error}).") from error
    try:
        return parse_person_map(found)
    except ConfigurationError as error:
        raise ConfigurationError(f"{path}: {error}") from error


def parse_person_map(found: Mapping[str, Any]) -> PersonMap:
    """The map that a TOML document says; a table in it is that of the file it is named after."""
    own = {key: value for key, value in found.items() if not isinstance(value, Mapping)}
    tables = {key: value for key, value in found.items() if isinstance(value, Mapping)}
    problems = [*_problems(own), *(f"[{name}] {p}" for name, table in tables.items() for p in _problems(table))]
    if problems:
        raise ConfigurationError("; ".join(problems) + ".")
    files = {name: _map(table) for name, table in tables.items()}
    whole = PersonMap(**vars(_map(own)) | {"files": MappingProxyType(files)})
    problems = [p for name in files or ("",) for p in _gaps(whole.of(name), name)]
    if problems:
        raise ConfigurationError("; ".join(problems) + ".")
    return whole


def _map(found: Mapping[str, Any]) -> PersonMap:
    columns = {
        key: (value,) if isinstance(value, str) else tuple(value) for key, value in found.items() if key != FORMAT
    }
    return PersonMap(MappingProxyType(columns), found.get(FORMAT))


def _problems(found: Mapping[str, Any]) -> Iterable[str]:
    known = (*MEANINGS, FORMAT)
    for key, value in found.items():
        if key not in known:
            near = get_close_matches(key, known, 1)
            yield f"{key} is no key" + (f", did you mean {near[0]}?" if near else f". Known: {', '.join(known)}")
        elif not _names_columns(value, many=key != FORMAT):
            yield f"{key} is {value!r}. {EXPECTED}"
        elif key == FORMAT and (wrong := _wrong_format(value)):
            yield f'{key} is {value!r}, {wrong}. Expected strptime\'s letters, such as "%d/%m/%Y"'


def _wrong_format(value: str) -> str:
    """What is wrong with a format, nothing where all is right."""
    named = re.findall(r"%-?.?", value)
    if unknown := [each for each in named if each not in DIRECTIVES]:
        return f"in which {', '.join(unknown)} means nothing"
    return "" if YEARS & {*named} else "which names no year"


def _names_columns(value: Any, *, many: bool) -> bool:
    if isinstance(value, str):
        return bool(value.strip())
    return many and isinstance(value, list) and bool(value) and all(isinstance(v, str) and v.strip() for v in value)


def _gaps(given: PersonMap, file: str) -> Iterable[str]:
    where = f"[{file}] " if file else ""
    if "row_id" not in given.columns:
        yield f"{where}row_id is missing. Name the column that tells one row from another"
    if not {"birth_date", "year_of_birth"} & set(given.columns):
        yield f"{where}neither birth_date nor year_of_birth is there. Name at least one"
    if "mrn" in given.columns and "hospital" not in given.columns:
        yield f"{where}mrn is there without hospital, and speaks only within one. Name its column, or leave mrn out"
