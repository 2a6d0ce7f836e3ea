"""Expectations that count bad rows without fetching them: no patient's value in a result, and one query for all.

Great Expectations' map expectations fetch the unexpected values in every result format that counts, by one query each.
These take the names, and so the place in the registry, of the originals, and differ only where no value is asked for
(`partial_unexpected_count` 0); suites on disk stay plain.
"""

from __future__ import annotations

import logging
from functools import cache, wraps
from threading import RLock
from typing import Any

COUNTED = (
    "ExpectColumnValuesToNotBeNull",
    "ExpectColumnValuesToBeInSet",
    "ExpectColumnValuesToBeBetween",
    "ExpectColumnValuesToBeUnique",
    "ExpectCompoundColumnsToBeUnique",
)


@cache
def count_only() -> None:
    """Makes Great Expectations of this process count only."""
    import great_expectations.expectations as gxe

    registry = logging.getLogger("great_expectations.expectations.registry")
    level = registry.level
    registry.setLevel(logging.ERROR)
    try:
        for name in COUNTED:
            original = getattr(gxe, name)
            type(original)(name, (original,), {"__module__": __name__, "get_validation_dependencies": _without_values})
    finally:
        registry.setLevel(level)


@cache
def read_in_turn() -> None:
    """Makes Great Expectations of this process safe for tables that are validated side by side.

    It reads its configuration again for every store it opens, through one YAML parser, which two threads corrupt.
    """
    from great_expectations.core.yaml_handler import YAMLHandler

    turn = RLock()
    for name in ("load", "dump"):
        setattr(YAMLHandler, name, _one_at_a_time(getattr(YAMLHandler, name), turn))


def _one_at_a_time(original: Any, turn: RLock) -> Any:
    @wraps(original)
    def alone(*args: Any, **kwargs: Any) -> Any:
        with turn:
            return original(*args, **kwargs)

    return alone


def _without_values(self: Any, *args: Any, **kwargs: Any) -> Any:
    original: Any = type(self).__mro__[1]
    dependencies = original.get_validation_dependencies(self, *args, **kwargs)
    if dependencies.result_format.get("partial_unexpected_count") != 0:
        return dependencies
    for metric in [m for m in dependencies.metric_configurations if m.endswith(".unexpected_values")]:
        dependencies.remove_metric_configuration(metric)
    return dependencies
