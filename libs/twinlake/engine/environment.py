"""What differs between machines: one frozen `Environment`, read from `infra/environments/<TWINLAKE_ENV>.toml`."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path

from twinlake.declare.errors import ConfigurationError

REPOSITORY = Path(__file__).resolve().parents[3]
ENVIRONMENTS = REPOSITORY / "infra" / "environments"
GIBIBYTE = 1024**3


@dataclass(frozen=True)
class Environment:
    """A machine or cluster that twinlake runs on. `{feeds}` and `{home}` are filled in by the methods below."""

    name: str
    spark_master: str
    airflow_database: str
    mlflow_tracking: str
    mlflow_artifacts: str
    home: str = ".twinlake/{feeds}"
    driver_memory: str = "auto"
    driver_memory_limit_gb: int = 8
    steps_at_once: int = 2
    keep_publications: int = 14
    keep_days: int = 30
    keep_runs: int = 100
    java_options: tuple[str, ...] = ()
    spark: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_local(self) -> bool:
        """Driver and executors are one process on this machine."""
        return self.spark_master.startswith("local")

    def home_for(self, feeds: str) -> str:
        """Everything a run on these feeds makes stands here: `TWINLAKE_HOME`, or this environment's own place."""
        return absolute(os.environ.get("TWINLAKE_HOME") or self.home.replace("{feeds}", feeds))

    def airflow_database_for(self, home: str) -> str:
        """SQLAlchemy URL of Airflow's database."""
        return self.airflow_database.replace("{home}", absolute(home))

    def mlflow_tracking_for(self, home: str) -> str:
        """URI of MLflow's tracking and registry store."""
        return self.mlflow_tracking.replace("{home}", absolute(home))

    def mlflow_artifacts_for(self, home: str) -> str:
        """Folder or URI where MLflow keeps models and plots."""
        return self.mlflow_artifacts.replace("{home}", absolute(home))

    def memory(self) -> str:
        """As Spark writes it: `TWINLAKE_DRIVER_MEMORY`, the file's, or half the machine up to the limit."""
        chosen = os.environ.get("TWINLAKE_DRIVER_MEMORY") or self.driver_memory
        if chosen != "auto":
            return chosen
        half = machine_memory_bytes() // 2
        return f"{max(1, min(half // GIBIBYTE, self.driver_memory_limit_gb))}g"


def load_environment(name: str | None = None, folder: Path = ENVIRONMENTS) -> Environment:
    """The environment called `name`, by default `TWINLAKE_ENV`, else `local`."""
    name = name or os.environ.get("TWINLAKE_ENV") or "local"
    path = folder / f"{name}.toml"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in folder.glob("*.toml"))) or "none"
        raise ConfigurationError(f"TWINLAKE_ENV={name}: there is no {path}. Known environments: {known}.")
    return _checked(name, path, _parsed(path))


def cache_dir() -> Path:
    """What is fetched or made once per machine (jars, class-data archive, Synthea): `TWINLAKE_CACHE` or `.cache`."""
    return Path(os.environ.get("TWINLAKE_CACHE") or REPOSITORY / ".cache").resolve()


def absolute(place: str) -> str:
    """A local path made absolute; a URI such as `s3a://lake` as it is."""
    return place if "://" in place else str(Path(place).expanduser().resolve())


def machine_memory_bytes() -> int:
    """Physical memory, or the container's limit where that is lower."""
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = Path("/sys/fs/cgroup/memory.max")
    text = limit.read_text().strip() if limit.is_file() else "max"
    return min(physical, int(text)) if text.isdigit() else physical


def _parsed(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: not a TOML file ({error}). Mend the line it names.") from None


def _checked(name: str, path: Path, raw: Mapping[str, object]) -> Environment:
    """Every offender at once: unknown and missing keys, wrong types, variables that are not set."""
    allowed = [f for f in fields(Environment) if f.name != "name"]
    names = [f.name for f in allowed]
    required = [f.name for f in allowed if f.default is MISSING and f.default_factory is MISSING]
    faults = [f"unknown key {key}" for key in raw if key not in names]
    faults += [f"missing key {key}" for key in required if key not in raw]
    faults += [fault for key, value in raw.items() if key in names for fault in _value_faults(key, value)]
    if faults:
        raise ConfigurationError(f"{path}: {'; '.join(sorted(faults))}. Allowed keys: {', '.join(sorted(names))}.")
    return Environment(name=name, **{key: _converted(value) for key, value in raw.items()})  # type: ignore[arg-type]


def _value_faults(key: str, value: object) -> list[str]:
    expected = _EXPECTED.get(key, str)
    if type(value) is not expected:
        return [f"{key} is {type(value).__name__}, expected {_WORDS[expected]}"]
    if type(value) is int and value < 1:
        return [f"{key} is {value}, expected at least 1"]
    parts = _parts(key, value)
    faults = [
        f"{label} is {type(part).__name__}, expected text in quotes" for label, part in parts if type(part) is not str
    ]
    unset = [
        (label, found["name"])
        for label, part in parts
        for found in _VARIABLE.finditer(str(part))
        if not os.environ.get(found["name"]) and found["else"] is None
    ]
    return faults + [f"{label} needs the environment variable {name}" for label, name in unset]


def _parts(key: str, value: object) -> list[tuple[str, object]]:
    """The texts inside a value, each with the name a person would look for."""
    if isinstance(value, dict):
        return [(f'{key}."{name}"', part) for name, part in value.items()]
    if isinstance(value, list):
        return [(f"{key}[{position}]", part) for position, part in enumerate(value)]
    return [(key, value)] if isinstance(value, str) else []


def _converted(value: object) -> object:
    """`${VARIABLE}` and `${VARIABLE:-default}` filled in: passwords and addresses of a cluster stay out of the file."""
    if isinstance(value, str):
        return _VARIABLE.sub(lambda found: os.environ.get(found["name"]) or found["else"], value)
    if isinstance(value, dict):
        return {key: _converted(part) for key, part in value.items()}
    return tuple(_converted(part) for part in value) if isinstance(value, list) else value


_VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?::-(?P<else>[^}]*))?\}")
_NUMBERS = ("driver_memory_limit_gb", "steps_at_once", "keep_publications", "keep_days", "keep_runs")
_EXPECTED: dict[str, type] = {"java_options": list, "spark": dict, **dict.fromkeys(_NUMBERS, int)}
_WORDS = {str: "text in quotes", list: "a list", dict: "a table", int: "a whole number"}
