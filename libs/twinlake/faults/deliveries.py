"""The later deliveries of a network as a round gets them: in several runs, out of order, late, twice, or damaged."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from random import Random

from twinlake.engine.discover import DELIVERY
from twinlake.faults.plan import Round

# Under these names a feed takes a second file of the same delivery.
AGAIN = {".csv": ".2.csv", ".ndjson": ".again.ndjson", ".ndjson.gz": ".again.ndjson.gz"}
MOST_DAYS_OUT_OF_ORDER, MOST_DAYS_LATE = 3, 30


class Deliveries:
    """What `network` holds beyond the feeds of a round, laid there run by run.

    A batch is the folder of a system's delivery of a day. It arrives on that day, or later.
    """

    def __init__(self, network: Path, feeds: Path, kind: Round, chance: Random) -> None:
        self.network, self.feeds, self.kind, self.chance = network, feeds, kind, chance
        known = {file.relative_to(feeds) for file in feeds.rglob("*")}
        files = (p.relative_to(network) for p in sorted(network.rglob("*")) if p.is_file())
        self.new = [path for path in files if path not in known]
        self.days = {batch: _day(batch) for batch in dict.fromkeys(path.parent for path in self.new)}

    def runs(self) -> Iterator[str]:
        """Lays what arrives before one run after the other; what was done to it."""
        arrive = dict(self.days)
        self._delay(arrive, self.kind.reordered, MOST_DAYS_OUT_OF_ORDER)
        self._delay(arrive, self.kind.late, MOST_DAYS_LATE)
        again = {batch: arrive[batch] for batch in self._share(self.kind.resent)}
        self._delay(again, 1.0, MOST_DAYS_LATE)
        early = [path for path in self.new if self._run(arrive[path.parent]) < self.kind.runs - 1]
        damaged = set(self.chance.sample(early, min(self.kind.damaged, len(early))))
        waiting: list[Path] = []
        for run in range(self.kind.runs):
            for path in waiting:
                self._lay(path)
            come = [batch for batch, day in arrive.items() if self._run(day) == run]
            waiting = self._lay_batches(come, damaged)
            twice = [batch for batch, day in again.items() if self._run(day) == run]
            for path in (path for path in self.new if path.parent in twice):
                self._lay_again(path)
            moved = sum(arrive[batch] > self.days[batch] for batch in come)
            yield f"{len(come)} batches, {moved} after their day, {len(twice)} again, {len(waiting)} files damaged"

    def _delay(self, arrive: dict[Path, int], share: float, most: int) -> None:
        for batch in self._share(share, list(arrive)):
            arrive[batch] += self.chance.randint(1, most)

    def _share(self, share: float, batches: Sequence[Path] | None = None) -> list[Path]:
        found = list(self.days) if batches is None else batches
        return self.chance.sample(found, round(share * len(found)))

    def _run(self, day: int) -> int:
        """In which run a day is: all have as many; what comes after the last day is in the last run."""
        first, last = min(self.days.values()), max(self.days.values())
        return min((day - first) * self.kind.runs // (last - first + 1), self.kind.runs - 1)

    def _lay_batches(self, batches: Sequence[Path], damaged: set[Path]) -> list[Path]:
        """Those of their files that came damaged."""
        come = set(batches)
        files = [path for path in self.new if path.parent in come]
        for path in files:
            self._lay(path, self._damaged((self.network / path).read_bytes()) if path in damaged else None)
        return [path for path in files if path in damaged]

    def _lay_again(self, path: Path) -> None:
        """Under a second name where its feed takes one, else over what came before."""
        end = next((end for end in sorted(AGAIN, key=len, reverse=True) if path.name.endswith(end)), "")
        name = path.name.removesuffix(end) + AGAIN[end] if end else path.name
        shutil.copyfile(self.network / path, self.feeds / path.with_name(name))

    def _lay(self, path: Path, data: bytes | None = None) -> None:
        target = self.feeds / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((self.network / path).read_bytes() if data is None else data)

    def _damaged(self, data: bytes) -> bytes:
        """Cut, or without one of its bytes."""
        at = self.chance.randrange(1, max(2, len(data)))
        return data[:at] if self.chance.random() < 0.5 else data[: at - 1] + data[at:]


def _day(batch: Path) -> int:
    """Its ordinal; 0 for files that no folder dates."""
    told = next((part for part in batch.parts if DELIVERY.fullmatch(part)), None)
    return date.fromisoformat(told).toordinal() if told else 0
