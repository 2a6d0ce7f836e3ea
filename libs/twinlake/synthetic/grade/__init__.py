"""Grades a lake against the truth of the network it was made from.

It reads the tables of one publication, the ledgers and the quarantine, and the truth beside the feeds; no patient's
value leaves it. `linkage`, `units`, `codes` and `faults` say each what is counted as right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from twinlake.engine.ops import Ops
from twinlake.engine.publication import Publication
from twinlake.synthetic.grade.codes import codes
from twinlake.synthetic.grade.faults import faults
from twinlake.synthetic.grade.figure import Figure
from twinlake.synthetic.grade.judged import judge
from twinlake.synthetic.grade.linkage import linkage
from twinlake.synthetic.grade.opened import Opened
from twinlake.synthetic.grade.units import units
from twinlake.synthetic.grade.wrongly import wrongly_quarantined

__all__ = ["Figure", "grade"]

PARTS: tuple[Callable[[Opened], Iterator[Figure]], ...] = (linkage, units, codes, faults, wrongly_quarantined)


def grade(ops: Ops, publication: Publication, truth: Path) -> list[Figure]:
    """Every figure, part by part."""
    opened = Opened(ops, publication, truth)
    judge(opened)
    return [figure for part in PARTS for figure in part(opened)]
