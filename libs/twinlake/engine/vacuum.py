"""Vacuum: what of a table's files and log nothing asks for any more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from twinlake.engine.commits import OWN_CLEANUP
from twinlake.engine.compaction import said_of
from twinlake.engine.delta_log import LOG
from twinlake.engine.ops import Ops
from twinlake.engine.retention import Asked

# A reader replays as many without much ado.
ENTRIES = 10
VERSION = re.compile(r"\.?(\d{20})\..+")


def unasked(ops: Ops, name: str, asked: Asked) -> list[Path]:
    """Of a table that nobody is writing: its files that none of the versions and changes asked for is made of.

    The lake's lock is held, so that what no log names was left by a run that was killed.
    """
    folder = Path(ops.path(name))
    log, newest = ops.log(name), max(asked.versions)
    wanted = log.changes(asked.since, newest)
    for version, held in log.replay(min(asked.versions), newest):
        if version in asked.versions:
            wanted |= {path for file in held.values() for path in (file.path, file.vector)}
    data = (p for p in sorted(folder.rglob("*")) if p.is_file() and LOG not in p.relative_to(folder).parts)
    return [
        *(p for p in data if _named(p, folder) not in wanted),
        *entries_before(log.folder, _first(ops, name, asked)),
        *log.folder.glob("*#*"),  # what was being written when its writer was killed
    ]


def _named(file: Path, folder: Path) -> str:
    """The path that a log would have; Hadoop's checksum goes with its file."""
    whole = file.with_name(file.name[1:-4]) if re.fullmatch(r"\..+\.crc", file.name) else file
    return whole.relative_to(folder).as_posix()


def _first(ops: Ops, name: str, asked: Asked) -> int:
    return ops.log(name).checkpoint_before(min(*asked.versions, asked.since))


def entries_before(log: Path, first: int) -> Iterator[Path]:
    """The entries and checkpoints of a log that are older than a version."""
    for file in sorted(log.iterdir()):
        if (found := VERSION.fullmatch(file.name)) and int(found[1]) < first:
            yield file


def tend_log(ops: Ops, name: str) -> None:
    """Let nobody but upkeep cut the log, and sum up what many entries say."""
    from deltalake import CommitProperties, DeltaTable

    opened = DeltaTable(ops.path(name))
    if opened.metadata().configuration.get(OWN_CLEANUP) != "false":
        said = CommitProperties(custom_metadata={"userMetadata": said_of(ops, name)})
        opened.alter.set_table_properties({OWN_CLEANUP: "false"}, commit_properties=said)
    newest, log = opened.version(), ops.log(name)
    if newest - log.checkpoint_before(newest) > ENTRIES:
        log.sum_up(opened)
