"""The shapes in which hospitals export: a module for each system, of its name, whose `Export` writes its files.

A hospital's profile (`silo.py`) names the systems. `add` takes the charts of the hospital one by one and says what
the system calls the person, or None where it does not know them; `finish` writes what is known only at the end. Files
are opened for each chart and closed again, so any number of hospitals can be written at once.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from pathlib import Path

from twinlake.synthetic.chart import Chart
from twinlake.synthetic.measured import Measured, in_utc
from twinlake.synthetic.silo import Silo
from twinlake.synthetic.spoken import Result, Said, speak
from twinlake.synthetic.synthea import Population


class Export:
    """One hospital's export of one system while it is written into `folder`."""

    def __init__(self, silo: Silo, people: Population, folder: Path) -> None:
        self.silo, self.people, self.folder = silo, people, folder
        self._placed: Counter[str] = Counter()
        self._pending: list[tuple[Result, Said, str]] = []
        self._graded: list[Measured] = []
        folder.mkdir(parents=True, exist_ok=True)
        self.begin()

    def begin(self) -> None:
        """What stands at the head of the files."""

    def add(self, chart: Chart) -> str | None:
        """Writes what the system holds of a person; their id there."""
        raise NotImplementedError

    def finish(self) -> None:
        """What is known at the end alone."""

    def said(self, result: Result, moment: str) -> Said:
        """A measured value as the hospital says it, which the record in the making tells."""
        said = speak(self.silo, result)
        self._pending.append((result, said, in_utc(moment)))
        return said

    def placed(self, name: str, at: int | None = None) -> None:
        """A record was made: the next of its file (or the one `at` that line), with the values said since the last."""
        offset = self._placed[name] if at is None else at
        self._placed[name] += 1
        path = f"{self.folder.name}/{name}"
        self._graded += (Measured.of(path, offset, *told) for told in self._pending)
        self._pending.clear()

    def measured(self) -> list[Measured]:
        """The values told since this was last asked."""
        told, self._graded = self._graded, []
        return told

    def write(self, name: str, text: bytes) -> None:
        """Appends to a file of the folder."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:
            file.write(text)

    def write_rows(self, name: str, columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> None:
        """Appends rows to a CSV table."""
        text = io.StringIO()
        csv.DictWriter(text, columns, lineterminator="\n", extrasaction="ignore").writerows(rows)
        self.write(name, text.getvalue().encode())


def export_of(system: str) -> type[Export]:
    """The writer of a system."""
    return import_module(f"{__name__}.{system}").Export
