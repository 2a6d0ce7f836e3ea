"""Spreads the faults over a network's files and packs them as each hospital does, noting every fault in the truth.

Faults of values befall every hospital; faults of text, and the person without a birth date, the first hospital that
exports a system; the cut file the last hospital that packs its files, the empty one the first with CSV (else the
first), the folder of no known system the last. A system's faults stand in the module of its name.
"""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from importlib import import_module
from pathlib import Path

from twinlake.synthetic.chance import chance
from twinlake.synthetic.faults.record import Fault, Record, put, read_lines, write_lines
from twinlake.synthetic.silo import Silo

# Feeds that matter little, and still are read.
CUT = {"fhir_r4_bulk": "Immunization", "synthea_csv": "immunizations", "hl7v2": "vxu", "omop_cdm": "care_site"}
EMPTIED = {"fhir_r4_bulk": "MedicationAdministration", "synthea_csv": "immunizations"}
KEPT_OF_A_CUT_FILE = 0.6
STRANGER = "pacs/readme.txt"


@dataclass(frozen=True)
class Noted:
    """One line of `truth/faults.csv`.

    `path` is relative to the hospital's folder; `record_offset` counts lines from 0 (CSV rows below the header,
    entries of a Bundle, messages, calls of a VCF) and is empty where the whole file is at fault. `original_offset` is
    the place of the record that this one repeats.
    """

    hospital: str
    system: str
    path: str
    record_offset: str
    record_id: str
    kind: str
    what: str
    original_offset: str = ""


@dataclass(frozen=True)
class Delivered:
    """One system's files of one hospital."""

    silo: Silo
    system: str
    feeds: Path

    @property
    def files(self) -> list[Path]:
        return sorted(path for path in (self.feeds / self.silo.folder / self.system).rglob("*") if path.is_file())

    def file(self, stem: str) -> Path:
        return next(path for path in self.files if path.name.split(".")[0] == stem)

    def noted(self, path: Path, kind: str, what: str, offset: str = "", record_id: str = "") -> Noted:
        """A fault under the path as it will stand in the feeds, packed or not."""
        ending = ".gz" if self.silo.profile.packed and path.suffix != ".gz" else ""
        name = f"{path.relative_to(self.feeds / self.silo.folder).as_posix()}{ending}"
        return Noted(self.silo.folder, self.system, name, offset, record_id, kind, what)


def spread(
    silos: tuple[Silo, ...], quietest: dict[str, str], feeds: Path, seed: object, *, of_files: bool = True
) -> list[Noted]:
    """Put every fault into the plain files under `feeds`, then pack; `quietest` names a person of each hospital.

    Faults `of_files` are once in a network.
    """
    every = [Delivered(silo, system, feeds) for silo in silos for system in silo.profile.systems]
    firsts = {one.system: one for one in reversed(every)}
    noted: list[Noted] = []
    for one in every:
        is_first = firsts[one.system] == one
        person = one.silo.own_id(quietest[one.silo.folder]) if is_first and one.silo.folder in quietest else None
        noted += _spoil_records(one, faults_of(one.system, is_first, person), seed)
    if of_files:
        noted += _empty(firsts.get("synthea_csv", next(one for one in every if one.system in EMPTIED)))
    for one in every:
        _pack(one)
    if not of_files:
        return noted
    packing = [one for one in every if one.silo.profile.packed and one.system in CUT]
    return [*noted, *_cut(packing[-1]), *_stranger(silos[-1], feeds)]


def faults_of(system: str, is_first: bool, person: str | None) -> list[Fault]:
    """The faults of one export; copies come last, so that what they copy is not spoiled after them."""
    module = import_module(f"twinlake.synthetic.faults.{system}")
    birthless = [module.birthless(person)] if person and hasattr(module, "birthless") else []
    faults: list[Fault] = [*module.OF_VALUES, *(module.OF_TEXT if is_first else ()), *birthless]
    return sorted(faults, key=lambda fault: fault.copies)


def _spoil_records(one: Delivered, faults: list[Fault], seed: object) -> Iterator[Noted]:
    left = list(faults)
    for path in one.files:
        here = [fault for fault in left if fnmatchcase(path.stem, fault.file)]
        left = [fault for fault in left if fault not in here]
        if here:
            lines = read_lines(path)
            records = lines.records
            for place, fault in enumerate(here):
                luck = chance(seed, "fault", one.silo.folder, one.system, path.stem, place, fault.kind)
                records = put(fault, records, luck)
            write_lines(path, replace(lines, records=records))
            yield from _note(one, path, records)


def _note(one: Delivered, path: Path, records: list[Record]) -> Iterator[Noted]:
    for offset, record in enumerate(records):
        if record.kind:
            noted = one.noted(path, record.kind, record.what, str(offset), record.record_id)
            yield replace(noted, original_offset=record.original)


def _empty(one: Delivered) -> list[Noted]:
    path = one.file(EMPTIED[one.system])
    path.write_bytes(b"")
    return [one.noted(path, "empty_file", "the feed holds nothing")]


def _pack(one: Delivered) -> None:
    for path in one.files if one.silo.profile.packed else []:
        with (
            path.open("rb") as plain,
            path.with_name(f"{path.name}.gz").open("wb") as raw,
            gzip.GzipFile("", "wb", 6, raw, mtime=0) as packed,  # no name and no time: same content, same bytes
        ):
            shutil.copyfileobj(plain, packed, 1 << 20)
        path.unlink()


def _cut(one: Delivered) -> list[Noted]:
    path = one.file(CUT[one.system])
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * KEPT_OF_A_CUT_FILE)])
    return [one.noted(path, "cut_file", "the packed file ends in its middle")]


def _stranger(silo: Silo, feeds: Path) -> list[Noted]:
    path = feeds / silo.folder / STRANGER
    path.parent.mkdir(parents=True)
    path.write_text("Images are on the archive's own server.\n", encoding="utf-8")
    return [Noted(silo.folder, "pacs", STRANGER, "", "", "unknown_system", "a folder of no known system")]
