"""The shapes in which hospitals export: a module for each system, of its name, whose `Export` writes its files.

A hospital's profile (`silo.py`) names the systems. `add` takes the charts of the hospital one by one and says what
the system calls the person, or None where it does not know them; `finish` writes what is known only at the end. Files
are opened for each megabyte or so and closed again, so any number of hospitals can be written at once.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Literal

from twinlake.synthetic.chart import Chart
from twinlake.synthetic.measured import Measured, in_utc
from twinlake.synthetic.part_names import named
from twinlake.synthetic.silo import Silo
from twinlake.synthetic.spoken import Result, Said, speak
from twinlake.synthetic.synthea import Population

# Bytes of an export that are held before they are written.
HELD = 1 << 20
Later = Literal["all", "all of whom there is news", "news", "nothing"]


class Export:
    """One hospital's export of one system while it is written into `folder`; `part` tells it from other parts'.

    `later` is what it tells on a later day, `date`: everything again, of persons with news everything, the news alone,
    or nothing.
    """

    later: Later = "nothing"

    def __init__(self, silo: Silo, people: Population, folder: Path, part: str = "", date: str = "") -> None:
        self.silo, self.people, self.folder, self.part, self.date = silo, people, folder, part, date
        self._held: dict[str, list[bytes]] = {}
        self._bytes = 0
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

    def told_of(self, chart: Chart) -> Chart | None:
        """What of a chart is told today; None for nothing."""
        if not self.date or self.later == "all":
            return chart
        news = chart.news if self.later != "nothing" else None
        return news and (news if self.later == "news" else chart)

    def finish(self) -> None:
        """What is known at the end alone."""

    def close(self) -> None:
        """All is known and stands in the files."""
        self.finish()
        self._flush()

    def said(self, result: Result, moment: str) -> Said:
        """A measured value as the hospital says it, which the record in the making tells."""
        said = speak(self.silo, result)
        self._pending.append((result, said, in_utc(moment)))
        return said

    def placed(self, name: str, at: int | None = None) -> None:
        """A record was made: the next of its file (or the one `at` that line), with the values said since the last."""
        offset = self._placed[name] if at is None else at
        self._placed[name] += 1
        path = named(f"{self.folder.name}/{name}", self.part, self.date)
        self._graded += (Measured.of(path, offset, *told) for told in self._pending)
        self._pending.clear()

    def measured(self) -> list[Measured]:
        """The values told since this was last asked."""
        told, self._graded = self._graded, []
        return told

    def write(self, name: str, text: bytes) -> None:
        """Appends to a file of the folder."""
        self._held.setdefault(name, []).append(text)
        self._bytes += len(text)
        if self._bytes > HELD:
            self._flush()

    def _flush(self) -> None:
        for name, texts in self._held.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("ab") as file:
                file.writelines(texts)
        self._held, self._bytes = {}, 0

    def write_rows(self, name: str, columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> None:
        """Appends rows to a CSV table."""
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([row.get(column, "") for column in columns] for row in rows)
        self.write(name, text.getvalue().encode())


def export_of(system: str) -> type[Export]:
    """The writer of a system."""
    return import_module(f"{__name__}.{system}").Export
