"""`twinlake run` as a process of its own over a round's lake: as it is, watched, or with a wound."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import NamedTuple

from twinlake.declare.errors import ConfigurationError
from twinlake.engine.environment import REPOSITORY
from twinlake.faults.moments import MOMENTS, Calls
from twinlake.faults.victim import WHEN, WHOM, Wound

LAST_LINES = 3
# A run of a small network takes a few minutes; one that does not end is a finding.
LONGEST_SECONDS = 3600


class Ended(NamedTuple):
    """How a run ended: exit code (None: it did not end), seconds, and the last that it said."""

    code: int | None
    seconds: float
    said: str

    def __str__(self) -> str:
        how = {None: "did not end", -signal.SIGKILL: "killed"}.get(self.code, f"exit {self.code}")
        return f"{how} after {self.seconds:.0f} s"


@dataclass
class Command:
    """The same command, run again and again over `folder/feeds` and `folder/home`; what it said goes to `folder`."""

    folder: Path
    as_of: str
    begun: list[int] = field(default_factory=list)

    def run(self, wound: Wound | None = None) -> Ended:
        """The command, with a wound if there is one."""
        return self._run(*(("twinlake.faults.victim", wound.as_json()) if wound else ("twinlake.cli",)))

    def watched(self) -> tuple[Ended, Calls]:
        """The command, and how long each call of each moment took."""
        file = self.folder / "moments.json"
        ended = self._run("twinlake.faults.watch", str(file))
        return ended, json.loads(file.read_text()) if file.exists() else {}

    def _run(self, *program: str) -> Ended:
        what = ["run", "--feeds", str(self.folder / "feeds"), "--as-of", self.as_of]
        python = os.pathsep.join([str(REPOSITORY / "libs"), str(REPOSITORY)])
        env = {**os.environ, "TWINLAKE_HOME": str(self.folder / "home"), "PYTHONPATH": python}
        log, started = self.folder / f"run-{len(self.begun) + 1}.log", time.monotonic()
        with log.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", *program, *what], env=env, stdout=out, stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
            self.begun.append(process.pid)
            try:
                code = process.wait(LONGEST_SECONDS)
            except subprocess.TimeoutExpired:
                code = None
                self.end()
            except BaseException:
                self.end()
                raise
        said = log.read_text(encoding="utf-8", errors="replace").splitlines()[-LAST_LINES:]
        return Ended(code, time.monotonic() - started, "\n".join(said))

    def wound(self, moment: str, when: str, chance: Random, calls: Calls) -> Wound:
        """Which call of the moment, when of it, and who dies: from the seed."""
        seconds = calls.get(moment)
        if not seconds:
            raise ConfigurationError(f"The undisturbed run did not come to the moment {moment}. Kill at another one.")
        call = chance.randrange(len(seconds))
        return Wound(
            *MOMENTS[moment], call + 1, when or chance.choice(WHEN), round(chance.uniform(0, seconds[call]), 3),
            chance.choice(WHOM), str(self.folder / "struck"),
        )  # fmt: skip

    def end(self) -> None:
        """A JVM whose driver was killed may have gone on: the same command had to come out right beside it."""
        for group in self.begun:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(group, signal.SIGKILL)
