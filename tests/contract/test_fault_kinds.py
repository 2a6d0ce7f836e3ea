"""Every kind of fault that a network can have says what should become of it."""

from __future__ import annotations

import pkgutil
from importlib import import_module

import twinlake.synthetic.faults as package
from twinlake.synthetic.grade.registry import BY_LINKAGE, OUTCOMES
from twinlake.synthetic.rates import DESK, RESULTS, TESTS
from twinlake.synthetic.spoken.befall import CHANGES

# Faults of whole files and folders, which spread.py puts in itself.
OF_FILES = {"cut_file", "empty_file", "unknown_system"}


def kinds_of_records() -> set[str]:
    modules = [import_module(f"{package.__name__}.{found.name}") for found in pkgutil.iter_modules(package.__path__)]
    tables = [(*getattr(module, "OF_VALUES", ()), *getattr(module, "OF_TEXT", ())) for module in modules]
    born = [module.birthless("x") for module in modules if hasattr(module, "birthless")]
    return {fault.kind for faults in (*tables, born) for fault in faults}


def test_every_fault_of_a_record_or_file_has_a_grader():
    kinds = kinds_of_records() | OF_FILES
    assert len(kinds) > 20 and kinds <= OUTCOMES.keys()


def test_every_fault_of_a_value_has_a_grader():
    assert CHANGES.keys() | RESULTS.keys() | TESTS.keys() <= OUTCOMES.keys()


def test_every_slip_at_the_desk_is_graded_by_the_links_it_breaks():
    assert DESK.keys() == {*BY_LINKAGE}


def test_nothing_is_graded_that_no_network_has():
    assert OUTCOMES.keys() == kinds_of_records() | OF_FILES | CHANGES.keys()
