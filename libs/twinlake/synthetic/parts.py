"""One part of a network: its persons' files in every hospital's formats, and the truth about them.

A part is a small network of its own in a scratch folder, made by the same writers. Its files then take their places
among those of the other parts: `observations.csv` of part 17 is `observations.00017.csv`.
"""

from __future__ import annotations

import gzip
import re
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import import_module
from pathlib import Path

from twinlake.declare.source import System
from twinlake.synthetic.chart import Chart
from twinlake.synthetic.faults.spread import spread
from twinlake.synthetic.plan import Plan, charts
from twinlake.synthetic.shapes import Export, export_of
from twinlake.synthetic.truth import Known, write_truth

DATED = re.compile(r"\d{4}-\d\d-\d\d/")


@dataclass(frozen=True)
class Made:
    """How much of a network, or of a part, there is."""

    persons: int
    source_persons: int
    bytes: int
    faults: dict[str, int]


def make_part(plan: Plan, number: int, network: Path) -> Made:
    """Make a part in a scratch folder beside the others, and put its files among theirs."""
    scratch, label = network / f"part-{number:05d}", f"{number:05d}" if plan.parts > 1 else ""
    shutil.rmtree(scratch, ignore_errors=True)
    made = lay(plan, number, scratch, label)
    for path in _files(scratch / "feeds"):
        hospital, _, inside = path.relative_to(scratch / "feeds").as_posix().partition("/")
        _move(path, network / "feeds" / hospital / named(inside, label))
    for path in _files(scratch / "truth"):
        _move_truth(path, network / "truth", label)
    shutil.rmtree(scratch)
    return made


def lay(plan: Plan, number: int, out: Path, label: str = "") -> Made:
    """Write the persons' exports, break what is to be broken, write down the truth."""
    feeds = out / "feeds"
    quietest: dict[str, tuple[int, str]] = {}
    known = write_exports(plan, _noted(charts(plan, number), quietest), feeds, label)
    persons = {hospital: person for hospital, (_, person) in quietest.items()}
    faults = spread(plan.silos, persons, feeds, f"{plan.asked.seed}.{number}")
    write_truth(known, [replace(fault, path=named(fault.path, label)) for fault in faults], out / "truth")
    size = sum(path.stat().st_size for path in _files(feeds))
    kinds = dict(sorted(Counter(fault.kind for fault in faults).items()))
    return Made(len({one.who.truly for one in known}), len(known), size, kinds)


def write_exports(plan: Plan, found: Iterable[Chart], feeds: Path, label: str) -> list[Known]:
    """Every system's export of every hospital, plain, in one pass over the charts; whom each of them knows."""
    exports: dict[str, dict[str, Export]] = {
        silo.folder: {
            system: export_of(system)(silo, plan.base.people, feeds / silo.folder / system, label)
            for system in silo.profile.systems
        }
        for silo in plan.silos
    }
    known = [
        Known(chart.who, system, called)
        for chart in found
        for system, export in exports[chart.who.hospital].items()
        if (called := export.add(chart)) is not None
    ]
    for export in (export for systems in exports.values() for export in systems.values()):
        export.close()
    return known


def _noted(found: Iterable[Chart], quietest: dict[str, tuple[int, str]]) -> Iterator[Chart]:
    """The charts; in `quietest` for each hospital the person with the fewest visits: whose loss breaks least."""
    for chart in found:
        busy, hospital = (len(chart.desk.visits), chart.who.person), chart.who.hospital
        quietest[hospital] = min(quietest.get(hospital, busy), busy)
        yield chart


def named(inside: str, label: str) -> str:
    """The path in a hospital's folder that a part's file takes; what is named for a person keeps its name."""
    system, _, path = inside.partition("/")
    if not label or _is_named_for_a_person(system, path):
        return inside
    folder, slash, name = inside.rpartition("/")
    stem, dot, ending = name.partition(".")
    return f"{folder}{slash}{stem}.{label}{dot}{ending}"


def _is_named_for_a_person(system: str, path: str) -> bool:
    plain = DATED.sub("", path, count=1).removesuffix(".gz")
    declared = _system(system)
    feed = declared.feed_of(plain) if declared else None
    return feed is not None and feed.person_in(plain) is not None


@lru_cache
def _system(name: str) -> System | None:
    try:
        declared: System = import_module(f"twinlake.catalog.sources.{name}").SYSTEM
    except ModuleNotFoundError:
        return None
    return declared


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _move(path: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    path.rename(target)


def _move_truth(path: Path, truth: Path, label: str) -> None:
    """A part's truth is packed; read a table of it by `truth.read_table`."""
    if not label:
        return _move(path, truth / path.name)
    truth.mkdir(exist_ok=True)
    with (
        path.open("rb") as plain,
        (truth / f"{path.stem}.{label}{path.suffix}.gz").open("wb") as raw,
        gzip.GzipFile("", "wb", 6, raw, mtime=0) as packed,
    ):
        shutil.copyfileobj(plain, packed)
    return None
