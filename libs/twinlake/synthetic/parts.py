"""One part of a network: its persons' files in every hospital's formats, and the truth about them.

A part is a small network of its own in a scratch folder, made by the same writers. Its files then take their places
among those of the other parts: `observations.csv` of part 17 is `observations.00017.csv`.
"""

from __future__ import annotations

import gzip
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from twinlake.synthetic.chart import Chart
from twinlake.synthetic.faults.spread import spread
from twinlake.synthetic.growth import changes_of
from twinlake.synthetic.measured import MeasuredTruth
from twinlake.synthetic.part_names import named
from twinlake.synthetic.plan import Plan, charts
from twinlake.synthetic.shapes import Export, export_of
from twinlake.synthetic.truth import Change, Known, write_changes, write_truth


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
        _move(path, network / "feeds" / hospital / named(inside, label, plan.date))
    for path in _files(scratch / "truth"):
        _move_truth(path, network / "truth" / path.relative_to(scratch / "truth"), label)
    shutil.rmtree(scratch)
    return made


def lay(plan: Plan, number: int, out: Path, label: str = "") -> Made:
    """Write the persons' exports, break what is to be broken, write down the truth."""
    feeds, truth = out / "feeds", out / "truth"
    seen = Seen()
    with MeasuredTruth(truth, f"part-{number:05d}") as measured:
        known = write_exports(plan, seen.noted(charts(plan, number), plan), feeds, label, measured)
    is_first = number == 0 and not plan.date
    persons = {hospital: person for hospital, (_, person) in seen.quietest.items()} if is_first else {}
    faults = spread(plan.silos, persons, feeds, f"{plan.asked.seed}.{number}{plan.date}", of_files=is_first)
    write_truth(known, [replace(fault, path=named(fault.path, label, plan.date)) for fault in faults], truth)
    if plan.date:
        write_changes(seen.changes, truth)
    size = sum(path.stat().st_size for path in _files(feeds))
    kinds = Counter(fault.kind for fault in faults) + measured.faults
    return Made(len({one.who.truly for one in known}), len(known), size, dict(sorted(kinds.items())))


def write_exports(plan: Plan, found: Iterable[Chart], feeds: Path, label: str, measured: MeasuredTruth) -> list[Known]:
    """Every system's export of every hospital, plain, in one pass over the charts; whom each of them knows."""
    exports: dict[str, dict[str, Export]] = {
        silo.folder: {
            system: export_of(system)(silo, plan.base.people, feeds / silo.folder / system, label, plan.date)
            for system in silo.profile.systems
        }
        for silo in plan.silos
    }
    known = []
    for chart in found:
        for system, export in exports[chart.who.hospital].items():
            told = export.told_of(chart)
            if told and (called := export.add(told)) is not None:
                known += [Known(chart.who, system, called)] if chart.desk.is_new or not plan.date else []
                measured.add(chart.who.hospital, system, called, export.measured())
    for export in (export for systems in exports.values() for export in systems.values()):
        export.close()
    return known


class Seen:
    """What passes by while charts are written: of each hospital who is there least, and what a later day changes."""

    def __init__(self) -> None:
        self.quietest: dict[str, tuple[int, str]] = {}
        self.changes: list[Change] = []

    def noted(self, found: Iterable[Chart], plan: Plan) -> Iterator[Chart]:
        """The charts. The loss of the person with the fewest visits breaks least."""
        by_name = {silo.folder: silo for silo in plan.silos}
        for chart in found:
            busy, hospital = (len(chart.desk.visits), chart.who.person), chart.who.hospital
            self.quietest[hospital] = min(self.quietest.get(hospital, busy), busy)
            if plan.date:
                self.changes += changes_of(chart, by_name[hospital])
            yield chart


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _move(path: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    path.rename(target)


def _move_truth(path: Path, target: Path, label: str) -> None:
    """A part's tables are packed and bear its number; `truth.files_of` finds them."""
    if path.suffix != ".csv" or not label:
        return _move(path, target)
    target.parent.mkdir(parents=True, exist_ok=True)
    packed = target.with_name(f"{path.stem}.{label}.csv.gz")
    with path.open("rb") as plain, packed.open("wb") as raw, gzip.GzipFile("", "wb", 6, raw, mtime=0) as file:
        shutil.copyfileobj(plain, file)
    return None
