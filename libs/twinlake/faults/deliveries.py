"""The later deliveries of a network as a round gets them: in parts, in another order, late, twice, or damaged."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from random import Random

from twinlake.faults.plan import Round

# Under these names a feed takes a second file of the same delivery.
AGAIN = {".csv": ".2.csv", ".ndjson": ".again.ndjson", ".ndjson.gz": ".again.ndjson.gz"}


class Deliveries:
    """What `network` holds beyond the feeds of a round, laid there batch by batch."""

    def __init__(self, network: Path, feeds: Path, kind: Round, chance: Random) -> None:
        self.network, self.feeds, self.kind, self.chance = network, feeds, kind, chance
        known = {file.relative_to(feeds) for file in feeds.rglob("*")}
        files = (p.relative_to(network) for p in sorted(network.rglob("*")) if p.is_file())
        self.new = [path for path in files if path not in known]

    def batches(self) -> Iterator[str]:
        """Lays one batch after the other, each to be run over; what was done to it."""
        late, damaged, early = self._parts()
        for path in damaged:
            self._lay(path, self._damaged((self.network / path).read_bytes()))
        again = [path for path in early if self._second(path)]
        resent = self._share(again, self.kind.resent)
        for path in early:
            self._lay(path)
        for path in resent:
            shutil.copyfile(self.network / path, self.feeds / str(self._second(path)))
        if late or damaged:
            yield f"{len(early)} files, {len(resent)} of them twice, {len(damaged)} damaged; {len(late)} are late"
        for path in (*late, *damaged):
            self._lay(path)
        yield f"{len(late) + len(damaged) or len(early)} files"

    def _parts(self) -> tuple[list[Path], list[Path], list[Path]]:
        """Late ones are drawn from all; those out of order are of the earlier days, and come after the last day's."""
        damaged = self.chance.sample(self.new, min(self.kind.damaged, len(self.new)))
        late = self._share([p for p in self.new if p not in damaged], self.kind.late)
        last = max((path.parts[2] for path in self.new), default="")
        earlier = [p for p in self.new if p.parts[2] < last and p not in {*late, *damaged}]
        late = sorted({*late, *self._share(earlier, self.kind.reordered)})
        return late, damaged, [p for p in self.new if p not in {*late, *damaged}]

    def _share(self, paths: list[Path], share: float) -> list[Path]:
        return self.chance.sample(paths, round(share * len(paths)))

    def _second(self, path: Path) -> Path | None:
        end = next((end for end in sorted(AGAIN, key=len, reverse=True) if path.name.endswith(end)), None)
        return path.with_name(path.name.removesuffix(end) + AGAIN[end]) if end else None

    def _lay(self, path: Path, data: bytes | None = None) -> None:
        target = self.feeds / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((self.network / path).read_bytes() if data is None else data)

    def _damaged(self, data: bytes) -> bytes:
        """Cut, or without one of its bytes."""
        at = self.chance.randrange(1, max(2, len(data)))
        return data[:at] if self.chance.random() < 0.5 else data[: at - 1] + data[at:]
