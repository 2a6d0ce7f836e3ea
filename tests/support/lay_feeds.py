"""Lays the shared sample data out as three hospitals' feeds, so that linking them is no gift; the truth stands apart.

    python tests/support/lay_feeds.py --data ../shared/data --out DIR [--persons N] [--all]

- lakeside, `fhir_r4_bulk`, from synthea/fhir: own person and encounter ids, own MRN; without SSN, licence, passport
- northgate, `synthea_csv`, from synthea/csv: own person and encounter ids
- harbor_icu, `mimic_iv`, from mimic4_demo: as it came

Names lose their digits in both silos of Synthea.
`truth/persons.csv` says which source person is whom. The same data gives the same bytes.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import re
import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import orjson

DELIVERY = "2026-11-01"
NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "twinlake:laid-feeds")
UUID = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
DIGITS = re.compile(r"\d+")
SUBJECT_NAME = re.compile(rb'("reference":"Patient/[^"]*","display":")([^"]*)"')
PATIENT_REFERENCE = re.compile(rb'"Patient/([0-9a-f-]{36})"')
MEDICATION_REFERENCE = re.compile(rb'"Medication/([0-9a-f-]{36})"')
SECRET_IDENTIFIERS = ("SS", "DL", "PPN")
NAME_COLUMNS = ("FIRST", "MIDDLE", "LAST", "MAIDEN")

# No system of ours reads these; --all lays them out nevertheless.
LEFT_OUT = {
    "fhir": (
        *("CarePlan", "CareTeam", "Claim", "Device", "ExplanationOfBenefit", "ImagingStudy", "Practitioner"),
        *("PractitionerRole", "Provenance", "SupplyDelivery"),
    ),
    "csv": (*("careplans", "devices", "imaging_studies", "providers", "supplies"),),
}

HOSPITALS = {
    "lakeside": 'name = "Lakeside Medical Center"\ntime_zone = "America/New_York"\n'
    'identifier_namespace = "urn:lakeside:mrn"\n'
    '[units]\n"LOINC:33914-3 mL/min" = "mL/min/{1.73_m2}"\n',
    "northgate": 'name = "Northgate Hospital"\ntime_zone = "America/New_York"\n'
    'identifier_namespace = "urn:northgate:mrn"\n'
    '[units]\n"LOINC:33914-3 mL/min" = "mL/min/{1.73_m2}"\n',
    "harbor_icu": 'name = "Harbor Intensive Care"\ntime_zone = "UTC"\n'
    'identifier_namespace = "urn:harbor-icu:mrn"\ncalendar = "shifted"\nlink = false\n'
    '[units]\n"LOINC:8310-5" = "Cel"\n',
}


@dataclass
class Silo:
    """One hospital's own numbering of the persons and encounters it was given."""

    hospital: str
    system: str
    kept: set[str] = field(default_factory=set)
    encounters: set[str] = field(default_factory=set)
    renamed: dict[bytes, bytes] = field(default_factory=dict)

    def rename_all(self) -> None:
        for old in sorted(self.kept | self.encounters):
            self.renamed[old.encode()] = str(uuid.uuid5(NAMESPACE, f"{self.hospital}|{old}")).encode()

    def own_ids(self, line: bytes) -> bytes:
        return UUID.sub(lambda found: self.renamed.get(found[0], found[0]), line)

    def own_mrn(self, person: str) -> str:
        return f"{uuid.uuid5(NAMESPACE, f'{self.hospital}|mrn|{person}').int % 10**9:09d}"

    def truth(self) -> Iterator[tuple[str, str, str, str]]:
        for person in sorted(self.kept):
            yield person, self.hospital, self.system, self.renamed.get(person.encode(), person.encode()).decode()


def lay(data: Path, out: Path, persons: int | None = None, everything: bool = False) -> None:
    """Write `out/feeds` and `out/truth` from the shared data folder."""
    for name, settings in HOSPITALS.items():
        folder = out / "feeds" / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "hospital.toml").write_text(settings, encoding="utf-8")
    silos = [
        lay_fhir(data / "synthea", out / "feeds/lakeside/fhir_r4_bulk" / DELIVERY, persons, everything),
        lay_csv(data / "synthea", out / "feeds/northgate/synthea_csv", persons, everything),
        lay_mimic(data / "mimic4_demo", out / "feeds/harbor_icu/mimic_iv", persons),
    ]
    write_truth(out / "truth/persons.csv", silos)


def lay_fhir(source: Path, target: Path, persons: int | None, everything: bool) -> Silo:
    kept = set(first_ids(source / "csv/patients.csv.gz", persons))
    silo = Silo("lakeside", "fhir_r4_bulk", kept & set(ndjson_ids(source / "fhir/Patient.ndjson.gz")))
    silo.encounters = set(ndjson_ids(source / "fhir/Encounter.ndjson.gz"))
    silo.rename_all()
    medications = wanted_medications(source / "fhir", silo)
    for path in wanted_files(source / "fhir", "" if everything else "fhir"):
        name = path.name.split(".")[0]
        change: Callable[[bytes], bytes] = {"Patient": silo_patient(silo), "Encounter": plain_subject}.get(name, bytes)
        lines = (line for line in read_lines(path) if keeps(line, silo.kept))
        if name == "Medication":
            lines = (line for line in read_lines(path) if orjson.loads(line)["id"].encode() in medications)
        write_lines(target / path.name, (silo.own_ids(change(line)) for line in lines))
    return silo


def keeps(line: bytes, persons: set[str]) -> bool:
    """Whether a resource is of a kept person, or of nobody."""
    found = PATIENT_REFERENCE.search(line)
    if found:
        return found[1].decode() in persons
    return not line.startswith(b'{"resourceType":"Patient"') or orjson.loads(line)["id"] in persons


def wanted_medications(folder: Path, silo: Silo) -> set[bytes]:
    names = ("MedicationRequest", "MedicationAdministration")
    lines = (line for name in names for line in read_lines(folder / f"{name}.ndjson.gz") if keeps(line, silo.kept))
    return {found for line in lines for found in MEDICATION_REFERENCE.findall(line)}


def plain_subject(line: bytes) -> bytes:
    return SUBJECT_NAME.sub(lambda found: found[1] + re.sub(rb"\d+", b"", found[2]) + b'"', line)


def silo_patient(silo: Silo) -> Callable[[bytes], bytes]:
    """A Patient as this silo knows them: its own MRN, no national identifiers, no digits in names."""

    def change(line: bytes) -> bytes:
        patient = orjson.loads(line)
        patient.pop("text", None)  # it repeats the generator's seed of the person: a gift to whoever links
        patient["identifier"] = [own_identifier(i, silo, patient["id"]) for i in patient["identifier"] if allowed(i)]
        for name in patient["name"]:
            name.update(family=DIGITS.sub("", name["family"]), given=[DIGITS.sub("", g) for g in name["given"]])
        for extension in patient["extension"]:
            if extension["url"].endswith("mothersMaidenName"):
                extension["valueString"] = DIGITS.sub("", extension["valueString"])
        return orjson.dumps(patient)

    return change


def kind_of(identifier: dict) -> str | None:
    return identifier["type"]["coding"][0]["code"] if "type" in identifier else None


def allowed(identifier: dict) -> bool:
    return kind_of(identifier) not in SECRET_IDENTIFIERS


def own_identifier(identifier: dict, silo: Silo, person: str) -> dict:
    if kind_of(identifier) != "MR":
        return identifier
    return {**identifier, "system": f"urn:{silo.hospital}:mrn", "value": silo.own_mrn(person)}


def lay_csv(source: Path, target: Path, persons: int | None, everything: bool) -> Silo:
    silo = Silo("northgate", "synthea_csv", set(first_ids(source / "csv/patients.csv.gz", persons)))
    silo.encounters = set(first_ids(source / "csv/encounters.csv.gz", None))
    silo.rename_all()
    for path in wanted_files(source / "csv", "" if everything else "csv"):
        write_lines(target / path.name, map(silo.own_ids, csv_lines(path, silo.kept)))
    return silo


def csv_lines(path: Path, persons: set[str]) -> Iterator[bytes]:
    """The header and the lines of kept persons; Synthea's own CSV holds no quoted field, so a comma is a comma."""
    lines = read_lines(path)
    header = next(lines)
    columns = header.decode().strip().split(",")
    yield header
    is_patient = path.name.startswith("patients.")
    person = 0 if is_patient else columns.index("PATIENT") if "PATIENT" in columns else None
    names = [columns.index(column) for column in NAME_COLUMNS] if is_patient else []
    for line in lines:
        if person is None or line.rstrip(b"\n").split(b",", person + 1)[person].decode() in persons:
            yield without_digits(line, names) if names else line


def without_digits(line: bytes, columns: list[int]) -> bytes:
    cells = line.split(b",")
    for column in columns:
        cells[column] = re.sub(rb"\d+", b"", cells[column])
    return b",".join(cells)


def lay_mimic(source: Path, target: Path, persons: int | None) -> Silo:
    subjects = first_ids(source / "hosp/patients.csv.gz", persons)
    for path in sorted(source.glob("*/*.csv.gz")):
        destination = target / path.relative_to(source)
        destination.parent.mkdir(parents=True, exist_ok=True)
        if persons is None:
            shutil.copyfile(path, destination)
        else:
            write_lines(destination, mimic_lines(path, set(subjects)))
    return Silo("harbor_icu", "mimic_iv", set(subjects))


def mimic_lines(path: Path, subjects: set[str]) -> Iterator[bytes]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as text:
        rows = csv.reader(text)
        header = next(rows)
        column = header.index("subject_id") if "subject_id" in header else None
        yield csv_line(header)
        yield from (csv_line(row) for row in rows if column is None or row[column] in subjects)


def csv_line(row: Iterable[str]) -> bytes:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(row)
    return line.getvalue().encode()


def wanted_files(folder: Path, kind: str) -> list[Path]:
    return [path for path in sorted(folder.glob("*.gz")) if path.name.split(".")[0] not in LEFT_OUT.get(kind, ())]


def first_ids(path: Path, count: int | None) -> list[str]:
    """The first column of the first `count` rows of a CSV file."""
    lines = read_lines(path)
    next(lines)
    return [line.split(b",", 1)[0].decode() for line in lines][:count]


def ndjson_ids(path: Path) -> Iterator[str]:
    return (orjson.loads(line)["id"] for line in read_lines(path))


def read_lines(path: Path) -> Iterator[bytes]:
    with gzip.open(path, "rb") as file:
        for line in io.BufferedReader(file, 1 << 20):
            yield line if line.endswith(b"\n") else line + b"\n"


def write_lines(path: Path, lines: Iterable[bytes]) -> None:
    with writing(path) as file:
        file.writelines(line if line.endswith(b"\n") else line + b"\n" for line in lines)


@contextmanager
def writing(path: Path) -> Iterator[IO[bytes]]:
    """A gzip file whose bytes depend on its content alone; level 3 because speed matters more here than size."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with (
        path.open("wb") as raw,
        gzip.GzipFile("", "wb", 3, raw, mtime=0) as packed,
        io.BufferedWriter(packed, 1 << 20) as file,
    ):
        yield file


def write_truth(path: Path, silos: list[Silo]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(b"truth_person,hospital,system,source_person_id\n")
        file.writelines(csv_line(row) for silo in silos for row in silo.truth())


def main() -> None:
    parser = argparse.ArgumentParser(description="Lay the shared sample data out as the feeds of three hospitals.")
    parser.add_argument("--data", type=Path, required=True, help="the folder that holds synthea/ and mimic4_demo/")
    parser.add_argument("--out", type=Path, required=True, help="feeds/ and truth/ are written here")
    parser.add_argument("--persons", type=int, help="keep only the first N persons of each silo")
    parser.add_argument("--all", action="store_true", help="also lay out the files that no system reads")
    given = parser.parse_args()
    if not (given.data / "synthea").is_dir():
        parser.error(f"{given.data} holds no synthea/ folder; give the shared data folder.")
    lay(given.data, given.out, given.persons, given.all)


if __name__ == "__main__":
    main()
