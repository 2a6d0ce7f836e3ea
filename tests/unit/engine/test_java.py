"""A Java is chosen by what its `release` file says."""

from __future__ import annotations

from pathlib import Path

import pytest

from twinlake.declare.errors import ConfigurationError
from twinlake.engine import java


@pytest.fixture
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without any Java; installations are put under the returned folder."""
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    monkeypatch.setattr(java, "INSTALLED", (tmp_path,))
    return tmp_path


def installed(folder: Path, name: str, release: str) -> Path:
    home = folder / name
    (home / "bin").mkdir(parents=True)
    (home / "bin" / "java").touch(mode=0o755)
    (home / "release").write_text(release)
    return home.resolve()


def test_an_older_java_before_a_newer_one_is_passed_over(bare_machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = installed(bare_machine, "a-jdk-8", 'JAVA_VERSION="1.8.0_392"\n')
    new = installed(bare_machine, "b-jdk-17", 'JAVA_VERSION="17.0.15"\nMODULES="java.base jdk.incubator.vector"\n')
    monkeypatch.setenv("JAVA_HOME", str(old))
    assert java.find_java_home() == new


def test_no_java_says_so(bare_machine: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"Java 17 or newer\. Found none\. Install it or set JAVA_HOME"):
        java.find_java_home()


def test_every_unfit_java_is_named_with_its_fault(bare_machine: Path) -> None:
    installed(bare_machine, "a", 'JAVA_VERSION="11.0.2"\n')
    installed(bare_machine, "b", 'JAVA_VERSION="17.0.2"\nMODULES="java.base"\n')
    with pytest.raises(ConfigurationError, match=r"a is Java 11; .*b lacks the module jdk\.incubator\.vector"):
        java.find_java_home()
