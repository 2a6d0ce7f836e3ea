"""One round of a plan: a copy of the calm lake, disturbed, begun again until it is done, and compared."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from threading import Event, Thread

from twinlake.engine.backup import restore
from twinlake.faults.command import Command
from twinlake.faults.deliveries import Deliveries
from twinlake.faults.disk import resize, small_disk
from twinlake.faults.plan import Round
from twinlake.faults.stored import amiss, digests, misread

Say = Callable[[str], None]
POLL_SECONDS = 2.0
MEBIBYTE = 1 << 20
ENOUGH = 512 * MEBIBYTE


@dataclass(frozen=True)
class Line:
    """A line of the table: what was done, how it ended, and how long the same command then took."""

    round: str
    fault: str
    ended: str
    recovered: float | None = None


@dataclass
class Outcome:
    """What a round came to; nothing in `wrong` means that it is equal."""

    lines: list[Line] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    reads: int = 0


def disturb(work: Path, kind: Round, as_of: str, chance: Random, calm: dict[str, str], say: Say) -> Outcome:
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
                _run_over(work, kind, command, chance, outcome, say)
        finally:
            command.end()
        outcome.wrong += _differences(folder / "home" / "lake", kind, calm)
        shutil.copytree(folder, work / "last", dirs_exist_ok=True, ignore=shutil.ignore_patterns("feeds", "home"))
    return outcome


def _begin(work: Path, folder: Path, kind: Round) -> None:
    """The feeds and the lake of the first publication; or hospitals that have delivered nothing yet, and no lake."""
    if not kind.from_nothing:
        shutil.copytree(work / "base" / "feeds", folder / "feeds")
        restore(work / "backup", folder / "home", folder / "feeds")
        return
    for settings in (work / "base" / "feeds").glob("*/hospital.toml"):
        (folder / "feeds" / settings.parent.name).mkdir(parents=True)
        shutil.copyfile(settings, folder / "feeds" / settings.parent.name / settings.name)


@contextmanager
def _folder(folder: Path) -> Iterator[bool]:
    folder.mkdir(parents=True)
    yield True


def _run_over(work: Path, kind: Round, command: Command, chance: Random, outcome: Outcome, say: Say) -> None:
    deliveries = Deliveries(work / "network" / "feeds", command.folder / "feeds", kind, chance)
    for batch in deliveries.batches():
        struck = [
            *_killed(kind, command, chance, outcome, say),
            *(_filled(kind, command, chance, outcome, say) for _ in range(kind.disk_full)),
        ]
        code, seconds, said = command.run()
        outcome.lines.append(Line(kind.name, f"{batch}, after {len(struck)} faults", f"exit {code}", seconds))
        say(f"{kind.name}: {batch}: exit {code} after {seconds:.0f} s")
        if code:
            outcome.wrong.append(f"the undisturbed command ended with {code}: {said}")


def _killed(kind: Round, command: Command, chance: Random, outcome: Outcome, say: Say) -> Iterator[str]:
    """Each kill of the plan; one whose moment did not come is told as such."""
    for moment in kind.kills:
        wound = command.wound(moment, chance)
        told = Path(wound.told)
        told.unlink(missing_ok=True)
        code, seconds, _ = command.run(wound)
        where = f"{wound.when} call {wound.call}" + (f" at {wound.seconds} s" if wound.when == "inside" else "")
        fault = f"kill -9 {wound.whom}: {moment}, {where}"
        ended = f"exit {code} after {seconds:.0f} s" if told.exists() else f"the moment did not come (exit {code})"
        outcome.lines.append(Line(kind.name, fault, ended))
        say(f"{kind.name}: {fault}: {ended}")
        if told.exists():
            yield moment


def _filled(kind: Round, command: Command, chance: Random, outcome: Outcome, say: Say) -> str:
    """The disk holds a little more than is on it; then there is room again."""
    left = chance.randint(16, 2048) << 10
    used = sum(file.stat().st_blocks * 512 for file in command.folder.rglob("*") if file.is_file())
    resize(command.folder, used + left)
    code, seconds, said = command.run()
    resize(command.folder, ENOUGH)
    fault = f"disk full after {left >> 10} KiB"
    outcome.lines.append(Line(kind.name, fault, f"exit {code} after {seconds:.0f} s"))
    say(f"{kind.name}: {fault}: exit {code} after {seconds:.0f} s: {said}")
    return fault


def _differences(lake: Path, kind: Round, calm: dict[str, str]) -> Iterator[str]:
    found = digests(lake)
    for name in sorted({*found, *calm}):
        if found.get(name) != calm.get(name) and (kind.keeps_bronze or not name.startswith("bronze.")):
            yield f"{name} is {found.get(name)}, undisturbed {calm.get(name)}"
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
