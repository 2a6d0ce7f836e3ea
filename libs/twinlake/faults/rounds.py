"""One round of a plan: a copy of the calm lake, disturbed, begun again until it is done, and compared."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from random import Random
from threading import Event, Thread

from twinlake.engine.backup import restore
from twinlake.faults.command import Command, Ended
from twinlake.faults.deliveries import Deliveries
from twinlake.faults.disk import resize, small_disk
from twinlake.faults.moments import MOMENTS, Calls
from twinlake.faults.plan import Round
from twinlake.faults.stored import amiss, digests, misread

Say = Callable[[str], None]
POLL_SECONDS = 2.0
MEBIBYTE = 1 << 20
ENOUGH = 512 * MEBIBYTE
CLEAR = "The disk is full"


@dataclass(frozen=True)
class Calm:
    """What nobody disturbed: digests by table, the moments of its commands by how they began, the bytes it added."""

    digests: Mapping[str, str]
    calls: Mapping[str, Calls]
    grew: int


@dataclass(frozen=True)
class Line:
    """A line of the table: what was done, how it ended, and how many seconds the same command then took."""

    round: str
    fault: str
    ended: str
    recovered: float | None = None

    def __str__(self) -> str:
        again = "" if self.recovered is None else f"; again: {self.recovered:.0f} s"
        return f"{self.round}: {self.fault}: {self.ended}{again}"


@dataclass
class Outcome:
    """What a round came to; nothing in `wrong` means that it is equal."""

    lines: list[Line] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    reads: int = 0


@dataclass
class Disturbed:
    """A round in the making."""

    kind: Round
    command: Command
    chance: Random
    calm: Calm
    outcome: Outcome
    say: Say

    def run_over(self, network: Path) -> None:
        """Each run of the deliveries, after its faults."""
        faults: list[Callable[[], Line]] = [partial(self._killed, moment) for moment in self.kind.kills]
        faults += [self._filled] * self.kind.disk_full
        for came in Deliveries(network, self.command.folder / "feeds", self.kind, self.chance).runs():
            for fault in faults[:-1]:
                self._tell(fault())
            line = faults[-1]() if faults else None
            ended = self._again("run")
            self._tell(_recovered(line, ended) if line else Line(self.kind.name, came, str(ended)))

    def _tell(self, line: Line) -> None:
        self.outcome.lines.append(line)
        self.say(str(line))

    def _killed(self, moment: str) -> Line:
        """A moment that did not come is told as such."""
        wound = self.command.wound(moment, self.kind.when, self.chance, self.calm.calls[self.kind.begins])
        struck = Path(wound.told)
        struck.unlink(missing_ok=True)
        ended = self.command.run(MOMENTS[moment].command, wound)
        where = f"{wound.when} call {wound.call}" + (f", {wound.seconds} s into it" if wound.when == "inside" else "")
        whom = struck.read_text() if struck.exists() else wound.whom
        came = str(ended) if struck.exists() else f"the moment did not come ({ended})"
        line = Line(self.kind.name, f"kill -9 {whom}: {moment}, {where}", came)
        command = MOMENTS[moment].command
        return line if command == "run" else _recovered(line, self._again(command))

    def _again(self, command: str) -> Ended:
        """As if nothing had been."""
        ended = self.command.run(command)
        if ended.code:
            self.outcome.wrong.append(f"the undisturbed {command}: {ended}: {ended.said}")
        return ended

    def _filled(self) -> Line:
        """The disk holds a part of what the run would add to it; then there is room again."""
        folder = self.command.folder
        left = round(self.chance.uniform(0, self.calm.grew))
        resize(folder, shutil.disk_usage(folder).used + left)
        ended = self.command.run()
        resize(folder, ENOUGH)
        if ended.code and (ended.code != 1 or CLEAR not in ended.said):
            self.outcome.wrong.append(f"a full disk: {ended}, unclear: {ended.said}")
        return Line(self.kind.name, f"disk full after {left >> 10} KiB of {self.calm.grew >> 10}", str(ended))


def _recovered(line: Line, again: Ended) -> Line:
    return line if line.recovered is not None else replace(line, recovered=again.seconds)


def disturb(work: Path, kind: Round, as_of: str, chance: Random, calm: Calm, say: Say) -> Outcome:
    """Take a round over `work/round`, from the backup of the base lake."""
    folder, outcome = work / "round", Outcome()
    shutil.rmtree(folder, ignore_errors=True)
    with small_disk(folder) if kind.disk_full else _folder(folder) as is_mounted:
        if not is_mounted:
            outcome.lines.append(Line(kind.name, "disk full", "not tried: this machine lets no tmpfs be mounted"))
            return outcome
        _begin(work, folder, kind)
        command = Command(folder, as_of)
        try:
            with _read_meanwhile(folder / "home" / "lake", outcome):
                Disturbed(kind, command, chance, calm, outcome, say).run_over(work / "network" / "feeds")
        finally:
            command.end()
        outcome.wrong += _differences(folder / "home" / "lake", kind, calm)
        shutil.copytree(folder, work / "last", dirs_exist_ok=True, ignore=shutil.ignore_patterns("feeds", "home"))
    return outcome


def _begin(work: Path, folder: Path, kind: Round) -> None:
    """The feeds and the lake of a publication; or hospitals that have delivered nothing yet, and no lake."""
    if kind.begins != "nothing":
        whose = work / ("base" if kind.begins == "first" else "calm")
        shutil.copytree(whose / "feeds", folder / "feeds")
        restore(whose / "backup", folder / "home", folder / "feeds")
        return
    for settings in (work / "base" / "feeds").glob("*/hospital.toml"):
        (folder / "feeds" / settings.parent.name).mkdir(parents=True)
        shutil.copyfile(settings, folder / "feeds" / settings.parent.name / settings.name)


@contextmanager
def _folder(folder: Path) -> Iterator[bool]:
    folder.mkdir(parents=True)
    yield True


def _differences(lake: Path, kind: Round, calm: Calm) -> Iterator[str]:
    found = digests(lake)
    for name in sorted({*found, *calm.digests}):
        if found.get(name) != calm.digests.get(name) and (kind.keeps_bronze or not name.startswith("bronze.")):
            yield f"{name} is {found.get(name)}, undisturbed {calm.digests.get(name)}"
    yield from amiss(lake)


@contextmanager
def _read_meanwhile(lake: Path, outcome: Outcome) -> Iterator[None]:
    """A reader who asks all the time must see one whole publication, whatever happens to the run."""
    done = Event()

    def read() -> None:
        while not done.wait(POLL_SECONDS):
            try:
                outcome.wrong += [f"a reader: {each}" for each in misread(lake)]
                outcome.reads += 1
            except Exception as error:  # noqa: BLE001 - whatever a reader gets that is no answer is a finding
                outcome.wrong.append(f"a reader: {type(error).__name__}: {error}")

    reader = Thread(target=read, daemon=True)
    reader.start()
    try:
        yield
    finally:
        done.set()
        reader.join()
