"""The last good hospital.toml of each hospital: what it landed keeps its meaning when the file is broken or gone."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping

from twinlake.declare.hospital import Hospital, read_hospital
from twinlake.engine.home import Home


def remember(home: Home, readable: Iterable[str]) -> None:
    """Keep a copy of each hospital.toml that can be used."""
    for name in readable:
        _copy(home, name)


def remembered(home: Home, readable: Mapping[str, Hospital]) -> dict[str, Hospital]:
    """Every hospital that this lake ever read, by its newest settings that could be used.

    A hospital that cannot be read today lands nothing, but its records of before are not converted without its own
    units and codes.
    """
    stored = sorted(p.name for p in home.hospitals.iterdir()) if home.hospitals.is_dir() else []
    kept = {name: read_hospital(home.hospitals / name) for name in stored if name not in readable}
    return dict(sorted({**kept, **readable}.items()))


def _copy(home: Home, name: str) -> None:
    source, target = home.feeds / name / "hospital.toml", home.hospitals / name / "hospital.toml"
    if target.is_file() and target.read_bytes() == source.read_bytes():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(".part")
    shutil.copyfile(source, part)
    part.replace(target)
