"""The truth about a network, apart from its feeds: who is who, what was misspelled, what was broken."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import astuple, fields
from pathlib import Path

from twinlake.synthetic.faults.spread import Noted
from twinlake.synthetic.registration import Registration
from twinlake.synthetic.silo import Silo


def write_truth(silos: tuple[Silo, ...], registered: list[Registration], faults: list[Noted], truth: Path) -> None:
    """`persons.csv`, `misspellings.csv` and `faults.csv`."""
    systems = {silo.folder: silo.system for silo in silos}
    persons = [(who.person, who.hospital, systems[who.hospital], who.source_person_id) for who in registered]
    changes = [(who.hospital, who.source_person_id, change) for who in registered for change in who.changes]
    truth.mkdir(parents=True, exist_ok=True)
    _table(truth / "persons.csv", ("person", "hospital", "system", "source_person_id"), sorted(persons))
    _table(truth / "misspellings.csv", ("hospital", "source_person_id", "change"), sorted(changes))
    _table(truth / "faults.csv", tuple(field.name for field in fields(Noted)), [astuple(fault) for fault in faults])


def _table(path: Path, header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as text:
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
