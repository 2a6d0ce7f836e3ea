"""Airflow makes its folder when it is first imported, so it gets one that goes away."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from types import ModuleType

import pytest

if "AIRFLOW_HOME" not in os.environ:
    os.environ["AIRFLOW_HOME"] = tempfile.mkdtemp(prefix="airflow-")
    os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
    atexit.register(shutil.rmtree, os.environ["AIRFLOW_HOME"], ignore_errors=True)


@pytest.fixture(scope="session")
def lake() -> ModuleType:
    """The module the DAGs share."""
    import dags._lake

    return dags._lake
