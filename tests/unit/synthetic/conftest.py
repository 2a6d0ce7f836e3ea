"""The tiny population, dealt once to four hospitals."""

from __future__ import annotations

import gzip
import importlib.util
import sys
from dataclasses import dataclass
from pathlib import Path

import orjson
import pytest

from twinlake.synthetic.network import Network, lay
from twinlake.synthetic.silo import silos

SEED = 7


def _tiny():
    """Loaded by path: pytest's importlib mode puts no test folder on sys.path."""
    spec = importlib.util.spec_from_file_location("tiny_population", Path(__file__).with_name("tiny_population.py"))
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


tiny = _tiny()


@dataclass(frozen=True)
class Made:
    """A made network, and readers for its files."""

    network: Network

    def lines(self, hospital: str, file: str) -> list[bytes]:
        path = next(path for path in self.network.feeds.joinpath(hospital).rglob(f"{file}.*"))
        return (gzip.open if path.suffix == ".gz" else open)(path, "rb").read().splitlines()

    def resources(self, hospital: str, file: str) -> list[dict]:
        return [found for found in map(_parsed, self.lines(hospital, file)) if found is not None]

    def truth(self, table: str) -> list[dict[str, str]]:
        import csv

        with (self.network.truth / f"{table}.csv").open(encoding="utf-8", newline="") as text:
            return list(csv.DictReader(text))


def _parsed(line: bytes) -> dict | None:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return None


def made_in(folder: Path, hospitals: int = 4) -> Made:
    people = tiny.write_population(folder / "population")
    return Made(lay(people, silos(hospitals, SEED), SEED, folder / "out", lambda _: None))


@pytest.fixture(scope="session")
def made(tmp_path_factory) -> Made:
    return made_in(tmp_path_factory.mktemp("network"))


@pytest.fixture(scope="session")
def make():
    return made_in


@pytest.fixture(scope="session")
def person_id():
    return lambda number: tiny.identifier("person", number)
