"""Resolves Maven packages once per machine, with the Ivy that pyspark ships: no Spark start downloads anything."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from twinlake.declare.errors import ConfigurationError, PlatformError
from twinlake.engine.environment import cache_dir
from twinlake.engine.java import find_java_home


@dataclass(frozen=True)
class Package:
    """A Maven coordinate; `keep` names the artifacts that are wanted of all it brings (none named: all)."""

    organisation: str
    artifact: str
    version: str
    keep: tuple[str, ...] = ()

    def wants(self, jar: Path) -> bool:
        """Whether this jar of the resolution is kept."""
        return not self.keep or jar.name.rpartition("-")[0] in self.keep


# The other 27 jars that Delta asks for are Spark's own, in versions that would stand in its way.
DELTA = Package(
    "io.delta",
    "delta-spark_4.2_2.13",
    "4.4.0",
    keep=(
        "delta-spark_4.2_2.13",
        "delta-storage",
        "delta-kernel-api",
        "delta-kernel-defaults",
        "delta-kernel-unitycatalog",
        "unitycatalog-client",
        "unitycatalog-hadoop",
    ),
)
SIMILARITY = "internals/files/spark_jars/scala-udf-similarity-0.2.1_spark4.x.jar"


def resolve(package: Package, into: Path) -> Path:
    """Fetches the package and what it needs into a folder, whole or not at all; a folder that exists is kept."""
    if into.is_dir():
        return into
    into.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=into.parent, prefix=".resolving-") as scratch:
        _run_ivy(package, Path(scratch))
        ready = Path(scratch) / "ready"
        _keep(package, (Path(scratch) / "lib").glob("*.jar"), ready)
        ready.rename(into)
    return into


def spark_jars() -> tuple[Path, ...]:
    """The jars a session needs beside Spark's own: Delta's seven and Splink's similarity functions."""
    folder = spark_jars_dir()
    if not folder.is_dir():
        raise ConfigurationError(f"The Spark jars are not in {folder}. Run `make setup`.")
    return tuple(sorted([*folder.glob("*.jar"), _inside("splink", SIMILARITY)]))


def spark_jars_dir() -> Path:
    """Where Delta's jars of this version stand."""
    return cache_dir() / "jars" / f"{DELTA.artifact}-{DELTA.version}"


def spark_home() -> Path:
    """The folder of the installed pyspark, found without importing it."""
    return _inside("pyspark", "")


def _run_ivy(package: Package, scratch: Path) -> None:
    coordinate = (package.organisation, package.artifact, package.version)
    # A clean home: a local Maven repository with half-filled entries makes Ivy fail.
    command = [str(find_java_home() / "bin" / "java"), f"-Duser.home={scratch}", "-jar", str(_ivy())]
    command += ["-cache", str(scratch / "cache"), "-confs", "default", *_settings(), "-dependency", *coordinate]
    command += ["-retrieve", str(scratch / "lib" / "[artifact]-[revision](-[classifier]).[ext]")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=scratch, check=False)
    if done.returncode != 0 or not any((scratch / "lib").glob(f"{package.artifact}-*.jar")):
        log = scratch.parent / "ivy.log"
        log.write_text(done.stdout + done.stderr, encoding="utf-8")
        name = ":".join(coordinate)
        raise PlatformError(f"Could not fetch {name} from its Maven repository: is there a network? Ivy's log: {log}.")


def _settings() -> list[str]:
    """Behind a company's mirror, `TWINLAKE_IVY_SETTINGS` names an Ivy settings file."""
    settings = os.environ.get("TWINLAKE_IVY_SETTINGS")
    return ["-settings", settings] if settings else []


def _keep(package: Package, jars: Iterable[Path], ready: Path) -> None:
    ready.mkdir()
    for jar in filter(package.wants, jars):
        shutil.move(jar, ready / jar.name)
    kept = [jar.name for jar in ready.glob("*.jar")]
    lost = [name for name in package.keep if not any(jar.startswith(name) for jar in kept)]
    if lost:
        raise PlatformError(f"{package.artifact} {package.version} came without: {', '.join(lost)}. Run it again.")


def _ivy() -> Path:
    return next((spark_home() / "jars").glob("ivy-*.jar"))


def _inside(package: str, path: str) -> Path:
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ConfigurationError(f"The Python package {package} is not installed. Run `make setup`.")
    return Path(spec.submodule_search_locations[0]) / path


if __name__ == "__main__":
    try:
        print(resolve(DELTA, spark_jars_dir()))
    except (ConfigurationError, PlatformError) as error:
        sys.exit(str(error))
