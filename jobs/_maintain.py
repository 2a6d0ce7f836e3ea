"""Upkeep: removes what nothing asks for any more, makes few files of many, and forgets runs of long ago."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from jobs._run import Opened, moment, open_run, run_id_now
from twinlake.engine.compaction import compact, kept_up, needed, scattered, trim
from twinlake.engine.environment import load_environment
from twinlake.engine.failure import without_values
from twinlake.engine.home import check_home, home_of, run_lock
from twinlake.engine.ingest import unfinished
from twinlake.engine.ops import Ops
from twinlake.engine.publication import last_publication
from twinlake.engine.retention import TRIMMED, Kept, asked, kept, trimmed
from twinlake.engine.run import Run
from twinlake.engine.stored_files import record_files
from twinlake.engine.vacuum import tend_log, unasked

Say = Callable[[str], None]


def open_kept(feeds: Path | None, say: Say) -> Opened:
    """A lake that is there, to be looked after."""
    home = home_of(feeds)
    check_home(home)
    return open_run(home.feeds, moment(datetime.now(UTC).date().isoformat()), run_id_now("maintain"), say, dry=True)


def maintain(opened: Opened, say: Say, *, dry: bool = False) -> None:
    """Keep a lake's files few and its logs short; what readers and the next run see stays as it is."""
    run = opened.run
    with run_lock(run.home, run.run_id), without_values(run.home, "maintain"):
        names = [name for name in kept_up(run.ops) if not _is_unfinished(run, name)]
        keeping = kept(run, load_environment())
        # What is let go of below, the next upkeep removes: until then whoever reads it can go on.
        gone = _sweep(run, names, say, dry=dry)
        _forget(run.ops, keeping, gone, say, dry=dry)
        _compact(run, names, say, dry=dry)
        if not dry:
            _tend(run.ops, names)
    say(f"Kept: {len(keeping.sequences)} publications, and what {len(keeping.runs)} runs did.")


def _is_unfinished(run: Run, name: str) -> bool:
    """A landing that a run did not finish is taken back by the next one, which asks the table's log for it."""
    return name.startswith("bronze.") and any(any(unfinished(run, hospital, name)) for hospital in run.hospitals)


def _sweep(run: Run, names: list[str], say: Say, *, dry: bool) -> set[tuple[str, str]]:
    gone, size = set(), 0
    for name, asks in asked(run, names).items():
        for file in unasked(run.ops, name, asks):
            gone.add((name, file.relative_to(run.ops.path(name)).as_posix()))
            size += file.stat().st_size
            if not dry:
                file.unlink()
    say(f"Files that nothing asks for any more: {len(gone):,}, {size >> 20} MiB, {'to be ' if dry else ''}removed")
    return gone


def _forget(ops: Ops, keeping: Kept, gone: set[tuple[str, str]], say: Say, *, dry: bool) -> None:
    for name in TRIMMED:
        is_kept = trimmed(name, keeping, gone)
        rows = is_kept(ops.rows(name)).count(False) if dry else trim(ops, name, is_kept)
        if rows:
            say(f"{'ops.' + name:<34} {rows:,} rows {'to be ' if dry else ''}forgotten")


def _compact(run: Run, names: list[str], say: Say, *, dry: bool) -> None:
    for name, files in scattered(run.ops, names):
        fewer = needed(sum(file.bytes for file in files)) if dry else compact(run, name, files)
        say(f"{name:<34} {len(files)} files {'would ' if dry else ''}become {fewer}")


def _tend(ops: Ops, names: list[str]) -> None:
    for name in names:
        tend_log(ops, name)
    if published := last_publication(ops):
        record_files(ops, published.sequence)
