"""An environment file says what differs between machines, and a mistake in it is named with its mending."""

from __future__ import annotations

from pathlib import Path

import pytest

from twinlake.declare.errors import ConfigurationError
from twinlake.engine import environment
from twinlake.engine.environment import Environment, cache_dir, load_environment

SMALLEST = """
spark_master = "local[1]"
airflow_database = "sqlite:///{home}/airflow.db"
mlflow_tracking = "sqlite:///{home}/mlflow.db"
mlflow_artifacts = "{home}/artifacts"
"""


def written(folder: Path, text: str, name: str = "mine") -> Environment:
    (folder / f"{name}.toml").write_text(text)
    return load_environment(name, folder)


def message_of(folder: Path, text: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        written(folder, text)
    return str(caught.value)


@pytest.mark.parametrize("name", ["local", "ci"])
def test_the_environments_of_the_repository_are_valid(name: str) -> None:
    assert load_environment(name).is_local


def test_the_cluster_takes_its_addresses_from_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWINLAKE_SPARK_MASTER", "spark://master:7077")
    monkeypatch.setenv("TWINLAKE_SHARED_HOME", "s3a://lake")
    monkeypatch.setenv("TWINLAKE_POSTGRES", "user:secret@db")
    cluster = load_environment("cluster")
    assert (cluster.spark_master, cluster.is_local) == ("spark://master:7077", False)
    assert cluster.home_for("feeds") == "s3a://lake/feeds"
    assert cluster.airflow_database_for("s3a://lake/feeds") == "postgresql+psycopg2://user:secret@db/airflow"


def test_the_cluster_without_its_variables_names_each_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TWINLAKE_SPARK_MASTER", "TWINLAKE_SHARED_HOME", "TWINLAKE_POSTGRES"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ConfigurationError) as caught:
        load_environment("cluster")
    assert "spark_master needs the environment variable TWINLAKE_SPARK_MASTER" in str(caught.value)
    assert "home needs the environment variable TWINLAKE_SHARED_HOME" in str(caught.value)


def test_a_variable_may_have_a_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = SMALLEST + '[spark]\n"spark.executor.memory" = "${TWINLAKE_EXECUTOR_MEMORY:-4g}"\n'
    assert written(tmp_path, text).spark["spark.executor.memory"] == "4g"
    monkeypatch.setenv("TWINLAKE_EXECUTOR_MEMORY", "1g")
    assert written(tmp_path, text).spark["spark.executor.memory"] == "1g"


def test_the_variable_names_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWINLAKE_ENV", "ci")
    assert load_environment().name == "ci"


def test_a_missing_file_lists_the_known_environments(tmp_path: Path) -> None:
    (tmp_path / "local.toml").write_text(SMALLEST)
    with pytest.raises(ConfigurationError, match=r"TWINLAKE_ENV=moon: .* Known environments: local\."):
        load_environment("moon", tmp_path)


def test_all_offenders_are_listed_with_the_allowed_keys(tmp_path: Path) -> None:
    message = message_of(tmp_path, 'spark_master = 3\nmaster = "local"\nhome = "h"\n')
    for part in ("unknown key master", "missing key airflow_database", "missing key mlflow_tracking"):
        assert part in message
    assert "spark_master is int, expected text in quotes" in message
    assert "Allowed keys: airflow_database, driver_memory, driver_memory_limit_gb, home, java_options" in message


def test_a_spark_setting_must_be_text(tmp_path: Path) -> None:
    message = message_of(tmp_path, SMALLEST + '[spark]\n"spark.sql.shuffle.partitions" = 4\n')
    assert 'spark."spark.sql.shuffle.partitions" is int, expected text in quotes' in message


def test_a_file_that_is_not_toml_is_refused_with_its_line(tmp_path: Path) -> None:
    assert "line 1" in message_of(tmp_path, "spark_master = local")


def test_places_are_filled_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TWINLAKE_HOME", raising=False)
    monkeypatch.chdir(tmp_path)
    mine = written(tmp_path, SMALLEST)
    home = mine.home_for("three")
    assert home == str(tmp_path.resolve() / ".twinlake" / "three")
    assert mine.airflow_database_for(home) == f"sqlite:///{home}/airflow.db"
    assert mine.mlflow_tracking_for(home) == f"sqlite:///{home}/mlflow.db"
    assert mine.mlflow_artifacts_for(home) == f"{home}/artifacts"


def test_the_home_can_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWINLAKE_HOME", str(tmp_path / "elsewhere"))
    assert written(tmp_path, SMALLEST).home_for("three") == str((tmp_path / "elsewhere").resolve())


@pytest.mark.parametrize(("machine_gb", "expected"), [(1, "1g"), (6, "3g"), (16, "8g"), (256, "8g")])
def test_the_driver_takes_half_the_machine_up_to_its_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, machine_gb: int, expected: str
) -> None:
    monkeypatch.delenv("TWINLAKE_DRIVER_MEMORY", raising=False)
    monkeypatch.setattr(environment, "machine_memory_bytes", lambda: machine_gb * 1024**3)
    assert written(tmp_path, SMALLEST).memory() == expected


@pytest.mark.parametrize("key", ["steps_at_once", "driver_memory_limit_gb"])
def test_a_number_of_things_is_at_least_one(tmp_path: Path, key: str) -> None:
    assert f"{key} is 0, expected at least 1" in message_of(tmp_path, f"{SMALLEST}\n{key} = 0\n")


def test_the_driver_memory_can_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWINLAKE_DRIVER_MEMORY", "12g")
    assert written(tmp_path, SMALLEST).memory() == "12g"


def test_the_cache_can_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWINLAKE_CACHE", str(tmp_path))
    assert cache_dir() == tmp_path.resolve()
