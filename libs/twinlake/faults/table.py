"""What the harness did and what came of it, as a table of text."""

from __future__ import annotations

from twinlake.faults.harness import Told

HEADS = ("Round", "Fault", "Ended", "Same command again")


def as_text(told: Told) -> str:
    """A line for each fault and each recovery, then each round's verdict."""
    rows = [HEADS, *((r.round, r.fault, r.ended, f"{r.recovered:.0f} s" if r.recovered else "") for r in told.lines)]
    widths = [max(len(row[n]) for row in rows) for n in range(len(HEADS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    kills = sum(line.fault.startswith("kill") and line.ended.startswith("exit") for line in told.lines)
    full = sum(line.fault.startswith("disk full after") for line in told.lines)
    equal = [name for name, wrong in told.wrong.items() if not wrong]
    return "\n".join([
        *lines, "",
        *(f"{name}: {'equal' if name in equal else f'DIFFERS: {told.wrong[name][0]}'}" for name in told.wrong),
        f"{len(equal)} of {len(told.wrong)} rounds equal the undisturbed run; {kills} kills, {full} full disks, "
        f"{told.reads} reads meanwhile.",
    ])  # fmt: skip
