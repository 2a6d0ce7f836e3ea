"""Finds every file under a feeds root and says which feed it belongs to; none is passed over in silence."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from twinlake.declare.errors import ConfigurationError
from twinlake.declare.hospital import Hospital, read_hospital
from twinlake.declare.source import System

DELIVERY = re.compile(r"\d{4}-\d{2}-\d{2}")
NOT_FEEDS = ("hospital.toml",)


@dataclass(frozen=True)
class FoundFile:
    """A file in the feeds; `feed` is None where nobody reads it, and `reason` says why."""

    hospital: str
    system: str
    feed: str | None
    path: str
    delivery: str
    bytes: int
    status: str
    reason: str

    def delivered_at(self, as_of: datetime) -> datetime:
        return datetime.fromisoformat(self.delivery).replace(tzinfo=UTC) if self.delivery else as_of


def find_hospitals(feeds: Path) -> tuple[dict[str, Hospital], dict[str, str]]:
    """The hospitals of a feeds root that can be read, and for the others the reason why not."""
    if not feeds.is_dir():
        raise ConfigurationError(f"{feeds} is no folder. Give --feeds a folder laid out <hospital>/<system>/…")
    good, refused = {}, {}
    for folder in sorted(p for p in feeds.iterdir() if p.is_dir() and not p.name.startswith(".")):
        try:
            good[folder.name] = read_hospital(folder)
        except ConfigurationError as error:
            refused[folder.name] = str(error)
    if not good and not refused:
        raise ConfigurationError(f"{feeds} holds no hospital. Lay it out <hospital>/<system>/… with a hospital.toml.")
    return good, refused


def find_files(feeds: Path, hospital: str, systems: Mapping[str, System]) -> Iterator[FoundFile]:
    """Every file of a hospital, in the order of its path."""
    root = feeds / hospital
    for file in sorted(p for p in root.rglob("*") if p.is_file()):
        parts = file.relative_to(root).parts
        if len(parts) == 1 and parts[0] in NOT_FEEDS:
            continue
        yield _found(feeds, hospital, file, parts, systems)


def _found(feeds: Path, hospital: str, file: Path, parts: tuple[str, ...], systems: Mapping[str, System]) -> FoundFile:
    system = parts[0] if len(parts) > 1 else ""
    dated = len(parts) > 2 and DELIVERY.fullmatch(parts[1])
    delivery = parts[1] if dated else ""
    inside = "/".join(parts[2 if dated else 1 :]).removesuffix(".gz")
    feed, status, reason = _place(system, inside, systems)
    path = file.relative_to(feeds).as_posix()
    return FoundFile(hospital, system, feed, path, delivery, file.stat().st_size, status, reason)


def _place(system: str, inside: str, systems: Mapping[str, System]) -> tuple[str | None, str, str]:
    known = systems.get(system)
    if known is None:
        return None, "unknown", f"no system is called {system!r}; known: {', '.join(sorted(systems))}"
    feed = known.feed_of(inside)
    if feed:
        return feed.name, "found", ""
    ignored = known.why_ignored(inside)
    if ignored:
        return None, "ignored", ignored
    return None, "unknown", f"{system} declares no feed for {inside!r}"


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
