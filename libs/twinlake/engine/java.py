"""Finds a Java that Spark 4 starts on, without starting one."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from twinlake.declare.errors import ConfigurationError

OLDEST = 17
VECTOR_MODULE = "jdk.incubator.vector"
INSTALLED = (Path("/usr/lib/jvm"), Path("/Library/Java/JavaVirtualMachines"))


def find_java_home() -> Path:
    """The first Java home fit for Spark: `JAVA_HOME`, then the `java` on the path, then the system's folders."""
    seen = []
    for home in _candidates():
        fault = _fault(home)
        if fault is None:
            return home
        seen.append(f"{home} {fault}")
    found = f"Found only: {'; '.join(seen)}." if seen else "Found none."
    raise ConfigurationError(f"Spark needs Java {OLDEST} or newer. {found} Install it or set JAVA_HOME.")


def use_java() -> Path:
    """Makes this process, and the JVMs it starts, use the Java that was found."""
    home = find_java_home()
    os.environ["JAVA_HOME"] = str(home)
    return home


def _candidates() -> Iterator[Path]:
    """Java homes in order of preference; one named twice comes once."""
    named = [Path(os.environ["JAVA_HOME"])] if os.environ.get("JAVA_HOME") else []
    on_path = shutil.which("java")
    named += [Path(on_path).resolve().parents[1]] if on_path else []
    named += sorted(home for folder in INSTALLED for home in [*folder.glob("*"), *folder.glob("*/Contents/Home")])
    runnable = [home.resolve() for home in named if (home / "bin" / "java").is_file()]
    yield from dict.fromkeys(runnable)


def _fault(home: Path) -> str | None:
    """Why Spark would not start on this Java, read from its `release` file; None if it would."""
    release = home / "release"
    text = release.read_text(encoding="utf-8", errors="replace") if release.is_file() else ""
    version = re.search(r'JAVA_VERSION="(?:1\.)?(\d+)', text)
    if version is None:
        return "does not say its version"
    if int(version[1]) < OLDEST:
        return f"is Java {version[1]}"
    return f"lacks the module {VECTOR_MODULE}" if "MODULES=" in text and VECTOR_MODULE not in text else None


if __name__ == "__main__":
    try:
        print(find_java_home())
    except ConfigurationError as error:
        sys.exit(str(error))
