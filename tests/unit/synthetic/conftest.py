"""The tiny population, dealt once to a hospital of each profile."""

from __future__ import annotations

import gzip
import importlib.util
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import orjson
import pytest

from twinlake.declare.source import Feed
from twinlake.engine.wire import Fault as WireFault
from twinlake.engine.wire import FileFault, Record, records_of
from twinlake.engine.wire.text import open_plain
from twinlake.synthetic.network import Network, lay_network
from twinlake.synthetic.parts import Made as Part
from twinlake.synthetic.parts import make_part
from twinlake.synthetic.plan import Asked, Plan
from twinlake.synthetic.silo import PROFILES
from twinlake.synthetic.truth import read_table

SEED, PERSONS = 7, 24
DELIVERY = re.compile(r"^\d{4}-\d\d-\d\d/")


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
        """The lines of a file of the hospital's first system."""
        system = PROFILES[self.network.hospitals.index(hospital)].systems[0]
        return self.lines_at(next(self.network.feeds.joinpath(hospital, system).rglob(f"{file}.*")))

    def lines_at(self, path: Path) -> list[bytes]:
        return (gzip.open if path.suffix == ".gz" else open)(path, "rb").read().removesuffix(b"\n").split(b"\n")

    def resources(self, hospital: str, kind: str) -> list[dict]:
        """The sound resources of a type, from lines or from the entries of Bundles."""
        bundles = [*self.network.feeds.joinpath(hospital).rglob("*.json")]
        lines = [entry for path in bundles for entry in entries_of(path)] if bundles else self.lines(hospital, kind)
        found = [found for found in map(_parsed, lines) if found is not None]
        return [resource for resource in found if resource.get("resourceType") == kind]

    def messages(self, hospital: str, file: str) -> list[list[list[str]]]:
        """The sound HL7 v2 messages of a file, as fields of segments."""
        blocks = self.lines_at(next(self.network.feeds.joinpath(hospital, "hl7v2").rglob(f"{file}.*")))
        whole = [block for block in blocks if block.endswith(b"\x1c\r")]
        return [
            [segment.split("|") for segment in block[1:-3].decode("utf-8", "replace").split("\r")] for block in whole
        ]

    def records(self, hospital: str, system: str) -> Iterator[tuple[str, Record | WireFault]]:
        """What the project's own wires make of an export: feed and record, or why a file is refused."""
        declared = import_module(f"twinlake.catalog.sources.{system}").SYSTEM
        folder = self.network.feeds / hospital / system
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            inside = DELIVERY.sub("", path.relative_to(folder).as_posix()).removesuffix(".gz")
            feed = declared.feed_of(inside)
            assert feed or declared.why_ignored(inside), inside
            yield from ((path.name, record) for record in _read(path, feed)) if feed else ()

    def measured(self) -> list[dict]:
        """The truth of the measured values."""
        import pyarrow.parquet as pq

        return pq.read_table(self.network.truth / "measurements").to_pylist()

    def truth(self, table: str) -> list[dict[str, str]]:
        return list(read_table(self.network.truth, table))


def entries_of(path: Path) -> list[bytes]:
    """The resources of a Bundle that stands an entry a line; an entry without one is no resource."""
    lines = path.read_bytes().splitlines()[1:-1]
    return [line.partition(b'"resource":')[2].rstrip(b",")[:-1] for line in lines]


def _read(path: Path, feed: Feed) -> Iterator[Record | WireFault]:
    try:
        with open_plain(path) as stream:
            yield from records_of(stream, feed, path.name)
    except FileFault as fault:
        yield WireFault(-1, "", fault.rule, fault.reason)


def _parsed(line: bytes) -> dict | None:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return None


def plan_in(folder: Path, hospitals: int = len(PROFILES), persons: int = PERSONS, **rest: int) -> Plan:
    """A plan for the tiny population, written where it is not yet."""
    if not (folder / "population").exists():
        tiny.write_population(folder / "population")
    return Plan(Asked(persons, hospitals, SEED), folder / "population", **rest)


def made_in(folder: Path, hospitals: int = len(PROFILES)) -> Made:
    return Made(lay_network(plan_in(folder, hospitals), folder / "out", lambda _: None))


@pytest.fixture(scope="session")
def made(tmp_path_factory) -> Made:
    return made_in(tmp_path_factory.mktemp("network"))


def in_this_process(plan: Plan, network: Path, progress: object) -> list[Part]:
    """The parts without Spark, last one first."""
    return [make_part(plan, number, network) for number in reversed(range(plan.parts))]


@pytest.fixture(scope="session")
def without_spark():
    """A way to make parts in this process."""
    return in_this_process


@pytest.fixture(scope="session")
def made_in_parts(tmp_path_factory) -> Made:
    """A larger network of the same population, in four parts."""
    folder = tmp_path_factory.mktemp("parts")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("twinlake.synthetic.network.make_parts", in_this_process)
        return Made(lay_network(plan_in(folder, persons=100, part_size=25), folder / "out", lambda _: None))


@pytest.fixture(scope="session")
def made_larger(tmp_path_factory) -> Made:
    """A network of so many that some hundred values of each kind reach a lake."""
    folder = tmp_path_factory.mktemp("larger")
    return Made(lay_network(plan_in(folder, persons=PERSONS * 3 // 2), folder / "out", lambda _: None))


@pytest.fixture(params=["made", "made_in_parts"])
def any_made(request) -> Made:
    """A network that was made whole, and one in parts."""
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="session")
def plan(tmp_path_factory) -> Plan:
    return plan_in(tmp_path_factory.mktemp("plan"))


@pytest.fixture(scope="session")
def planned():
    return plan_in


@pytest.fixture(scope="session")
def make():
    return made_in


@pytest.fixture(scope="session")
def person_id():
    return lambda number: tiny.identifier("person", number)
