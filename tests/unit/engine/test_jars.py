"""A resolution keeps the jars that were asked for, whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from twinlake.declare.errors import PlatformError
from twinlake.engine import jars
from twinlake.engine.jars import Package, resolve

WANTED = Package("org.example", "lake", "1.0", keep=("lake", "lake-storage"))


def ivy_that_brings(*names: str) -> Callable[[Package, Path], None]:
    def run(_: Package, scratch: Path) -> None:
        (scratch / "lib").mkdir()
        for name in names:
            (scratch / "lib" / name).touch()

    return run


def test_only_the_wanted_jars_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jars, "_run_ivy", ivy_that_brings("lake-1.0.jar", "lake-storage-1.0.jar", "scala-2.13.jar"))
    folder = resolve(WANTED, tmp_path / "jars" / "lake")
    assert sorted(jar.name for jar in folder.iterdir()) == ["lake-1.0.jar", "lake-storage-1.0.jar"]
    assert [entry.name for entry in folder.parent.iterdir()] == ["lake"]


def test_a_resolution_that_lacks_a_jar_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jars, "_run_ivy", ivy_that_brings("lake-1.0.jar"))
    with pytest.raises(PlatformError, match="came without: lake-storage"):
        resolve(WANTED, tmp_path / "lake")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_exists_is_not_resolved_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jars, "_run_ivy", ivy_that_brings())
    assert resolve(WANTED, tmp_path) == tmp_path
