"""What the harness did and what came of it, as a table of text or as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator

from twinlake.faults.harness import Told
from twinlake.faults.rounds import Line

HEADS = ("Round", "Fault", "Ended", "Same command again")


def as_text(told: Told) -> str:
    """A line for each fault and how long the same command then took, then the rounds that differ, and the sum."""
    rows = [HEADS, *((r.round, r.fault, r.ended, f"{r.recovered:.0f} s" if r.recovered else "") for r in told.lines)]
    widths = [max(len(row[n]) for row in rows) for n in range(len(HEADS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    wrong = {name: found for name, found in told.wrong.items() if found}
    return "\n".join([
        *lines, "", *(f"{name}: DIFFERS: {found[0]}" for name, found in wrong.items()),
        f"{len(told.wrong) - len(wrong)} of {len(told.wrong)} rounds equal the undisturbed run; "
        f"{', '.join(f'{count} {what}' for what, count in _sums(told))}, {told.reads} reads meanwhile.",
    ])  # fmt: skip


def as_json(told: Told) -> str:
    """The same for a program."""
    rounds = [
        {"round": name, "equal": not wrong, "wrong": wrong,
         "faults": [{"fault": line.fault, "ended": line.ended, "recovered_seconds": line.recovered}
                    for line in told.lines if line.round == name]}
        for name, wrong in told.wrong.items()
    ]  # fmt: skip
    return json.dumps({"rounds": rounds, "sums": dict(_sums(told)), "reads": told.reads}, indent=2)


def _sums(told: Told) -> Iterator[tuple[str, int]]:
    yield "kills", sum(line.fault.startswith("kill") and came(line) for line in told.lines)
    yield "moments that did not come", sum(not came(line) for line in told.lines)
    yield "full disks", sum(line.fault.startswith("disk full after") and "exit 1" in line.ended for line in told.lines)


def came(line: Line) -> bool:
    """Whether it came to what was to be done."""
    return not line.ended.startswith("the moment did not come")
