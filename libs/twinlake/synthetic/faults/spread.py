"""Spreads the faults over a network's files and packs them as each hospital does, noting every fault in the truth.

Faults of values befall every hospital; faults of text, and the person without a birth date, the first hospital of
each system; the cut file the last hospital that packs its files, the empty one the first with CSV (else the first),
the folder of no known system the last.
"""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from twinlake.synthetic.chance import chance
from twinlake.synthetic.faults import fhir, tabular
from twinlake.synthetic.faults.record import Fault, Record, put, read_records, write_records
from twinlake.synthetic.silo import Silo

# Feeds that matter little, and still are read.
CUT = {"fhir_r4_bulk": "Immunization", "synthea_csv": "immunizations"}
EMPTIED = {"fhir_r4_bulk": "MedicationAdministration", "synthea_csv": "immunizations"}
FAULTS_OF: dict[str, ModuleType] = {"fhir_r4_bulk": fhir, "synthea_csv": tabular}
KEPT_OF_A_CUT_FILE = 0.6
STRANGER = "pacs/readme.txt"


@dataclass(frozen=True)
class Noted:
    """One line of `truth/faults.csv`.

    `path` is relative to the hospital's folder; `record_offset` counts records from 0 (a CSV header is none) and is
    empty where the whole file is at fault.
    """

    hospital: str
    system: str
    path: str
    record_offset: str
    record_id: str
    kind: str
    what: str


def spread(silos: tuple[Silo, ...], quietest: dict[str, str], feeds: Path, seed: int) -> list[Noted]:
    """Put every fault into the plain files under `feeds`, then pack; `quietest` names a person of each hospital."""
    firsts = {silo.system: silo for silo in reversed(silos)}
    noted: list[Noted] = []
    for silo in silos:
        is_first = firsts[silo.system] is silo
        person = silo.own_id(quietest[silo.folder]) if is_first and silo.folder in quietest else None
        noted += _spoil_records(silo, faults_of(silo.system, is_first, person), feeds, seed)
    noted += _empty(firsts.get("synthea_csv", silos[0]), feeds)
    for silo in silos:
        _pack(silo, feeds)
    packing = [silo for silo in silos if silo.habits.packed]
    return [*noted, *_cut(packing[-1], feeds), *_stranger(silos[-1], feeds)]


def faults_of(system: str, is_first: bool, person: str | None) -> list[Fault]:
    """The faults of one hospital; copies come last, so that what they copy is not spoiled after them."""
    module = FAULTS_OF[system]
    birthless = [module.birthless(person)] if person else []
    faults: list[Fault] = [*module.OF_VALUES, *(module.OF_TEXT if is_first else ()), *birthless]
    return sorted(faults, key=lambda fault: fault.copies)


def _spoil_records(silo: Silo, faults: list[Fault], feeds: Path, seed: int) -> Iterator[Noted]:
    for path in _files(silo, feeds):
        here = [fault for fault in faults if fault.file == path.stem]
        if here:
            head, records = _parted(path)
            for place, fault in enumerate(here):
                luck = chance(seed, "fault", silo.folder, path.stem, place, fault.kind)
                records = put(fault, records, luck)
            write_records(path, [*head, *records])
            yield from _note(silo, path, feeds, records)


def _parted(path: Path) -> tuple[list[Record], list[Record]]:
    records = read_records(path)
    heads = 1 if path.suffix == ".csv" else 0
    return records[:heads], records[heads:]


def _note(silo: Silo, path: Path, feeds: Path, records: list[Record]) -> Iterator[Noted]:
    name = _told(silo, path, feeds)
    for offset, record in enumerate(records):
        if record.kind:
            yield Noted(silo.folder, silo.system, name, str(offset), record.record_id, record.kind, record.what)


def _files(silo: Silo, feeds: Path) -> list[Path]:
    return sorted(path for path in (feeds / silo.folder / silo.system).rglob("*") if path.is_file())


def _file(silo: Silo, feeds: Path, stem: str) -> Path:
    return next(path for path in _files(silo, feeds) if path.name.split(".")[0] == stem)


def _told(silo: Silo, path: Path, feeds: Path) -> str:
    """The path as it will stand in the feeds, packed or not."""
    ending = ".gz" if silo.habits.packed and path.suffix != ".gz" else ""
    return f"{path.relative_to(feeds / silo.folder).as_posix()}{ending}"


def _empty(silo: Silo, feeds: Path) -> list[Noted]:
    path = _file(silo, feeds, EMPTIED[silo.system])
    path.write_bytes(b"")
    return [Noted(silo.folder, silo.system, _told(silo, path, feeds), "", "", "empty_file", "the feed holds nothing")]


def _pack(silo: Silo, feeds: Path) -> None:
    for path in _files(silo, feeds) if silo.habits.packed else []:
        with (
            path.open("rb") as plain,
            path.with_name(f"{path.name}.gz").open("wb") as raw,
            gzip.GzipFile("", "wb", 6, raw, mtime=0) as packed,  # no name and no time: same content, same bytes
        ):
            shutil.copyfileobj(plain, packed, 1 << 20)
        path.unlink()


def _cut(silo: Silo, feeds: Path) -> list[Noted]:
    path = _file(silo, feeds, CUT[silo.system])
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * KEPT_OF_A_CUT_FILE)])
    what = "the packed file ends in its middle"
    return [Noted(silo.folder, silo.system, _told(silo, path, feeds), "", "", "cut_file", what)]


def _stranger(silo: Silo, feeds: Path) -> list[Noted]:
    path = feeds / silo.folder / STRANGER
    path.parent.mkdir(parents=True)
    path.write_text("Images are on the archive's own server.\n", encoding="utf-8")
    return [Noted(silo.folder, "pacs", STRANGER, "", "", "unknown_system", "a folder of no known system")]
