"""Patients from Synthea 3.3.0: its jars resolved once, each population generated once, both kept in the cache."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from twinlake.declare.errors import PlatformError
from twinlake.engine.making import made_whole
from twinlake.synthetic.cache import cache_folder

COORDINATE = ("org.mitre.synthea", "synthea", "3.3.0")
STATE = "Massachusetts"
REFERENCE_DATE = "20261101"
YEARS_OF_HISTORY = 10
RESOURCES = (
    *("Patient", "Encounter", "Condition", "Observation", "MedicationRequest", "MedicationAdministration"),
    *("Medication", "Procedure", "Immunization", "Organization", "Location", "DocumentReference"),
)
# Without reports there are no notes; they repeat the notes and the results, and are dropped.
UNREAD_RESOURCES = ("DiagnosticReport",)
TABLES = (
    *("patients", "encounters", "conditions", "observations", "medications", "procedures", "immunizations"),
    *("organizations", "claims", "claims_transactions", "payers", "payer_transitions"),
)
# Synthea 3.3.0 ignores exporter.csv.included_files as long as any file is excluded, and one is by default.
UNREAD_TABLES = (
    *("allergies", "careplans", "devices", "imaging_studies", "patient_expenses", "providers", "supplies"),
)
BORN = re.compile(r"^(\d+) -- ")

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Population:
    """One generated population: `<folder>/fhir/<Resource>.ndjson` and `<folder>/csv/<table>.csv`."""

    folder: Path

    def resource(self, name: str) -> Path:
        return self.folder / "fhir" / f"{name}.ndjson"

    def table(self, name: str) -> Path:
        return self.folder / "csv" / f"{name}.csv"


def population(patients: int, seed: int, progress: Progress) -> Population:
    """`patients` living persons and those who died on the way; the same arguments give the same bytes."""
    asked = hashlib.sha256("|".join((*RESOURCES, *TABLES, str(YEARS_OF_HISTORY))).encode()).hexdigest()[:8]
    made = cache_folder() / "synthea" / f"{patients}-patients-seed-{seed}-until-{REFERENCE_DATE}-{asked}"
    if not made.is_dir():
        jars = synthea_jars(progress)
        with made_whole(made) as folder:
            generate(jars, patients, seed, folder, progress)
            _drop_the_unread(folder)
            _prove_complete(folder, patients)
    return Population(made)


def synthea_jars(progress: Progress) -> Path:
    """The folder of Synthea's jars, fetched by the Ivy that pyspark brings along if they are not there yet."""
    jars = cache_folder() / "synthea" / "lib"
    if not any(jars.glob("synthea-*.jar")):
        progress("Synthea: fetching its packages, once (200 MB, about three minutes)")
        with made_whole(jars) as folder, TemporaryDirectory() as scratch:
            _fetch(folder, Path(scratch))
    return jars


def _fetch(folder: Path, scratch: Path) -> None:
    """Resolve into `folder`; the clean home keeps a half-filled local Maven repository from misleading Ivy."""
    run = [java(), f"-Duser.home={scratch / 'home'}", "-jar", str(ivy()), "-cache", str(scratch / "ivy")]
    run += ["-confs", "default", "-dependency", *COORDINATE]
    run += ["-retrieve", f"{folder}/[artifact]-[revision](-[classifier]).[ext]"]
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    if done.returncode != 0 or not any(folder.glob("synthea-*.jar")):
        raise PlatformError(
            f"Synthea {COORDINATE[2]} could not be fetched ({_reason(done.stdout + done.stderr)}). It needs the "
            f"network once: connect and run again, or put its jars into {cache_folder() / 'synthea' / 'lib'}."
        )


def _reason(log: str) -> str:
    """Ivy's own first line of complaint."""
    told = [line.strip() for line in log.splitlines() if re.search(r"error|not found|refused|unknown host", line, re.I)]
    return told[0][:200] if told else "no network, or no package of that name"


def java() -> str:
    """The Java to run; JAVA_HOME decides before the PATH does."""
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=f"{home}/bin") if home else shutil.which("java")
    if not found:
        raise PlatformError("No java found, expected Java 17 in JAVA_HOME or on the PATH. Install a Java 17 runtime.")
    return found


def ivy() -> Path:
    """The Ivy jar inside pyspark, found without importing pyspark."""
    spec = importlib.util.find_spec("pyspark")
    folder = Path(spec.origin).parent / "jars" if spec and spec.origin else Path("jars")
    jars = sorted(folder.glob("ivy-*.jar"))
    if not jars:
        raise PlatformError("pyspark's ivy jar was not found. Make the environment again.")
    return jars[-1]


def generate(jars: Path, patients: int, seed: int, out: Path, progress: Progress) -> None:
    """Run the generator, reporting every tenth part of the patients; a person's name never reaches `progress`."""
    progress(f"Synthea: generating {patients} patients, once (about {max(1, patients // 200)} min)")
    with subprocess.Popen(
        command(jars, patients, seed, out), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as running:
        last = _follow(running.stdout or (), patients, progress)
    if running.returncode != 0:
        raise PlatformError(f"Synthea stopped with exit code {running.returncode}: {last}. Mend that and run again.")


def command(jars: Path, patients: int, seed: int, out: Path) -> list[str]:
    """One thread, and every seed and date fixed: all that the output depends on stands here."""
    settings = {
        "generate.thread_pool_size": 1,
        "exporter.baseDirectory": f"{out}/",
        "exporter.years_of_history": YEARS_OF_HISTORY,
        "exporter.pretty_print": "false",
        "exporter.metadata.export": "false",
        "exporter.fhir.export": "true",
        "exporter.fhir.bulk_data": "true",
        "exporter.fhir.included_resources": ",".join((*RESOURCES, *UNREAD_RESOURCES)),
        "exporter.hospital.fhir.export": "true",
        "exporter.practitioner.fhir.export": "false",
        "exporter.csv.export": "true",
        "exporter.csv.excluded_files": ",".join(f"{table}.csv" for table in UNREAD_TABLES),
    }
    run = [java(), "-Xmx2g", "-Duser.timezone=UTC", "-cp", f"{jars}/*", "App"]
    run += ["-s", str(seed), "-cs", str(seed), "-p", str(patients), "-r", REFERENCE_DATE, "-e", REFERENCE_DATE]
    return [*run, *(f"--{key}={value}" for key, value in settings.items()), STATE]


def _follow(lines: Iterable[str], patients: int, progress: Progress) -> str:
    step, told, last = max(1, patients // 10), 0, "no word"
    for line in lines:
        born = BORN.match(line)
        last = last if born or not line.strip() else line.strip()[:200]
        if born and int(born[1]) >= told + step:
            told = int(born[1])
            progress(f"Synthea: {told} of {patients} patients")
    return last


def _prove_complete(folder: Path, patients: int) -> None:
    """Synthea reports a full disk in its log alone, and exits with 0."""
    missing = [path for name in RESOURCES if not (path := folder / "fhir" / f"{name}.ndjson").is_file()]
    with (folder / "csv" / "patients.csv").open("rb") as lines:
        found = sum(1 for _ in lines) - 1
    if missing or found < patients:
        raise PlatformError(
            f"Synthea wrote {found} of {patients} patients and left out {len(missing)} files. "
            "Is the disk full? Make room and run again."
        )


def _drop_the_unread(folder: Path) -> None:
    """Organization.1793491200000.ndjson becomes Organization.ndjson; the run's parameters and reports are dropped."""
    for path in sorted((folder / "fhir").glob("*.*.ndjson")):
        path.rename(path.with_name(f"{path.name.split('.')[0]}.ndjson"))
    unread = [folder / "fhir" / f"{name}.ndjson" for name in UNREAD_RESOURCES]
    for path in (*(folder / "fhir").glob("*.json"), *unread):
        path.unlink(missing_ok=True)
