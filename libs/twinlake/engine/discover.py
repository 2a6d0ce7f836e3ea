"""Finds every file under a feeds root and says which feed it belongs to; none is passed over in silence."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from twinlake.declare.errors import ConfigurationError
from twinlake.declare.hospital import Hospital, read_hospital
from twinlake.declare.source import System

DELIVERY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
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
        name = _told(folder.name)
        if name != folder.name:
            refused[name] = f"{name}: the folder's name is not UTF-8; rename it."
            continue
        try:
            good[name] = read_hospital(folder)
        except ConfigurationError as error:
            refused[name] = str(error)
    if not good and not refused:
        raise ConfigurationError(f"{feeds} holds no hospital. Lay it out <hospital>/<system>/… with a hospital.toml.")
    return good, refused


def find_files(feeds: Path, hospital: str, systems: Mapping[str, System]) -> Iterator[FoundFile]:
    """Every file of a hospital, in the order of its path."""
    root = feeds / hospital
    for file in sorted(_entries(root, frozenset())):
        parts = file.relative_to(root).parts
        if len(parts) == 1 and parts[0] in NOT_FEEDS:
            continue
        yield _found(feeds, hospital, file, parts, systems)


def find_strays(feeds: Path) -> Iterator[FoundFile]:
    """Files that lie in the feeds root itself, where no hospital is; hidden ones are the operating system's."""
    for file in sorted(p for p in feeds.iterdir() if not p.is_dir() and not p.name.startswith(".")):
        reason = "lies beside the hospitals, in none of them; expected <hospital>/<system>/…"
        yield FoundFile("", "", None, _told(file.name), "", file.lstat().st_size, "unknown", reason)


def _entries(folder: Path, above: frozenset[str]) -> Iterator[Path]:
    """Whatever is no folder, below; links are followed, and a link in a circle is itself what is found."""
    here = os.path.realpath(folder)
    if here in above:
        yield folder
        return
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _entries(entry, above | {here})
        else:
            yield entry


def _found(feeds: Path, hospital: str, file: Path, parts: tuple[str, ...], systems: Mapping[str, System]) -> FoundFile:
    system = _told(parts[0]) if len(parts) > 1 else ""
    dated = len(parts) > 2 and bool(DELIVERY.fullmatch(parts[1]))
    delivery = parts[1] if dated and _is_day(parts[1]) else ""
    inside = "/".join(parts[2 if dated else 1 :]).removesuffix(".gz")
    feed, status, reason = _place(system, inside, systems)
    name = file.relative_to(feeds).as_posix()
    size = (file.stat() if file.is_file() else file.lstat()).st_size
    found = FoundFile(hospital, system, feed, _told(name), delivery, size, status, reason)
    why = _why_unreadable(file, name, delivery if dated else None)
    return replace(found, feed=None, status="unknown", reason=why) if why else found


@lru_cache(maxsize=64)
def inside(path: str) -> str:
    """A file's path inside its system's folder, without dated folder and `.gz`; the same in every delivery."""
    parts = path.split("/")[2:]
    dated = len(parts) > 1 and bool(DELIVERY.fullmatch(parts[0]))
    return "/".join(parts[1 if dated else 0 :]).removesuffix(".gz")


def _why_unreadable(file: Path, name: str, delivery: str | None) -> str:
    if _told(name) != name:
        return "its name is not UTF-8; rename it"
    if not file.is_file():
        return "no regular file (a broken link, a link in a circle, a socket)"
    return "its delivery folder is no day of the calendar" if delivery == "" else ""


def _told(name: str) -> str:
    """A file name as text that can be stored: bytes that are no UTF-8 as \\x escapes."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _is_day(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


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
    """The SHA-256 of a file's bytes as they lie there, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
