"""Lays every data set of the shared folder as a hospital of its own, as it came: the lake of all systems.

python tests/support/lay_datasets.py --data ../shared/data --out DIR
twinlake run --feeds DIR
twinlake sql "select hospital, system, sum(records_in), sum(landed), sum(quarantined), sum(duplicates)
              from ops.landing_ledger group by all order by all"
"""

from __future__ import annotations

import argparse
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path

NAMELESS = "link = false\n"
SHIFTED = 'calendar = "shifted"\n'
TOML = 'name = "{name}"\ntime_zone = "UTC"\nidentifier_namespace = "urn:{name}"\n{settings}'
NEVER = ("README.md", "MANIFEST.csv")


@dataclass(frozen=True)
class Dataset:
    """Where a data set stands, which system reads it, and what its hospital says of itself.

    `folder` is a folder to lay it in (a person, for recordings); of archives only files that end with `only` are taken.
    """

    hospital: str
    system: str
    places: tuple[str, ...]
    settings: str = ""
    folder: str = ""
    only: str = ""


def _claims(tables: str, claims: str) -> tuple[str, ...]:
    return f"{claims}/claims*.gz", f"{tables}/pay*.gz", f"{tables}/patients*.gz"


CLAIMS_27 = "synthea_csv_claims27"
SENSORS = ("AZT1D", "BIGIDEAs", "Colas", "HUPA")
DATASETS = (
    Dataset("bulk_smart10", "fhir_r4_bulk", ("fhir_bulk_smart10/*.gz",)),
    Dataset("synthea_fhir", "fhir_r4_bulk", ("synthea/fhir/*.gz",)),
    Dataset("bundles_smart", "fhir_bundle", ("fhir_r4_bundles_smart/*.zip",)),
    Dataset("messages", "hl7v2", ("hl7v2_messages/*.zip",)),
    Dataset("documents", "ccda", ("ccda_documents/*.zip",)),
    Dataset("omop27nj", "omop_cdm", ("omop_synthea27nj/*.gz",), NAMELESS),
    Dataset("mimic_demo", "mimic_iv", ("mimic4_demo/hosp", "mimic4_demo/icu"), NAMELESS + SHIFTED),
    Dataset("icu2012", "physionet_icu", ("icu_physionet2012_a/*.gz",), NAMELESS + SHIFTED),
    Dataset("synthea_csv", "synthea_csv", ("synthea/csv/*.gz",)),
    Dataset("synthea_csv", "synthea_claims", _claims("synthea/csv", "synthea/claims")),
    Dataset("cpcds", "cpcds_claims", ("synthea/claims/CPCDS*.gz",)),
    Dataset("claims27", "synthea_csv", (f"{CLAIMS_27}/*.gz",)),
    Dataset("claims27", "synthea_claims", _claims(CLAIMS_27, CLAIMS_27)),
    *(Dataset(name.lower(), "cgm", (f"cgm_glucose/{name}*.zip",), NAMELESS + SHIFTED) for name in SENSORS),
    Dataset("ecg100", "waveform", ("ecg_mitbih100/100.*",), NAMELESS + SHIFTED, folder="100"),
    Dataset("images", "dicom", ("dicom_samples/*.zip",)),
    Dataset("dialogues", "clinical_notes", ("notes_mts_dialog/*.gz",), NAMELESS),
    Dataset("pharmcat", "genotype", ("pgx_pharmcat/*.zip",), NAMELESS, only=".vcf"),
    Dataset("brfss", "lifestyle", ("brfss2015_diabetes/*.gz",), NAMELESS),
    Dataset("diabetes130", "health_facts", ("diabetes130/*.zip",), NAMELESS + SHIFTED),
    Dataset("cms", "icd_cm", ("terminology_icd/CMS32*.gz", "terminology_icd/icd10cm-codes*.gz")),
)


def lay(data: Path, out: Path) -> None:
    """Write `out/<hospital>/<system>/…`; archives are unpacked, everything else stands as it came."""
    for each in DATASETS:
        folder = out / each.hospital / each.system / each.folder
        folder.mkdir(parents=True, exist_ok=True)
        (out / each.hospital / "hospital.toml").write_text(TOML.format(name=each.hospital, settings=each.settings))
        for place in each.places:
            for found in sorted(data.glob(place)):
                _put(found, folder, each.only)


def _put(found: Path, folder: Path, only: str) -> None:
    if found.is_dir():
        shutil.copytree(found, folder / found.name, ignore=shutil.ignore_patterns(*NEVER), dirs_exist_ok=True)
    elif found.suffix == ".zip":
        with zipfile.ZipFile(found) as packed:
            packed.extractall(folder, [name for name in packed.namelist() if name.endswith(only)])
    elif found.name not in NEVER:
        shutil.copy(found, folder)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    lay(given.data, given.out)
