"""Quarantine for people: list, show, export, mend and replay."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from jobs._run import Opened
from twinlake.declare.errors import ConfigurationError
from twinlake.engine.airflow_turn import hold
from twinlake.engine.failure import without_values
from twinlake.engine.home import check_home, home_of
from twinlake.engine.mended import Mended
