"""`twinlake run` as a process of its own over a round's lake: as it is, or with a wound."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from twinlake.engine.environment import REPOSITORY
from twinlake.faults.moments import MOMENTS
from twinlake.faults.victim import WHEN, WHOM, Wound

LAST_LINES = 3


@dataclass
class Command:
    """The same command, run again and again over `folder/feeds` and `folder/home`; what it said goes to `folder`."""

    folder: Path
    as_of: str
    begun: list[int] = field(default_factory=list)

    def run(self, wound: Wound | None = None) -> tuple[int, float, str]:
        """Exit code, seconds, and the last that it said."""
        program = ["twinlake.faults.victim", wound.as_json()] if wound else ["twinlake.cli"]
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
                code = process.wait()
            except BaseException:
                self.end()
                raise
        said = log.read_text(encoding="utf-8", errors="replace").splitlines()[-LAST_LINES:]
        return code, time.monotonic() - started, "\n".join(said)

    def wound(self, moment: str, chance: Random) -> Wound:
        """Where in the moment, and who dies: from the seed."""
        known = MOMENTS[moment]
        return Wound(
            known.function, known.mention, chance.randint(1, known.most), chance.choice(WHEN),
            round(chance.uniform(0.01, known.seconds), 3), chance.choice(WHOM), str(self.folder / "struck"),
        )  # fmt: skip

    def end(self) -> None:
        """A JVM whose driver was killed may have gone on: the same command had to come out right beside it."""
        for group in self.begun:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(group, signal.SIGKILL)
