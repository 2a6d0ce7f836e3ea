"""The hospitals of a network: each with its own systems, units, codes, identifiers and way of packing files."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

# RFC 9562: the variant takes the two highest bits of its digit.
VARIANTS = {digit: f"{int(digit, 16) & 3 | 8:x}" for digit in "0123456789abcdef"}
NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "twinlake:synthetic-network")
NAMES = {
    "st_brigid": "St Brigid's",
    "lakeside": "Lakeside General",
    "northgate": "Northgate Hospital",
    "harbor_view": "Harbor View Medical Center",
    "elmwood": "Elmwood Community Hospital",
    "riverbend": "Riverbend Clinic",
    "st_columba": "St Columba's",
    "fairmount": "Fairmount Memorial",
}
TIME_ZONE = "America/New_York"
IDENTIFIERS = ("ssn", "licence", "passport")


# Synthea writes an eGFR now with, now without the body surface; a hospital knows which its laboratory means.
BY_CODE = {"LOINC:33914-3 mL/min": "mL/min/{1.73_m2}"}


@dataclass(frozen=True)
class Spelling:
    """How a hospital writes a unit; without `code` only the display text is sent, and hospital.toml explains it."""

    text: str
    code: str | None = None


@dataclass(frozen=True)
class Profile:
    """What one kind of hospital exports, by system, and what it does its own way.

    `units` is keyed by UCUM, `codes` by LOINC; `withheld` are identifiers its exports leave out.
    """

    systems: tuple[str, ...]
    packed: bool
    withheld: tuple[str, ...]
    units: Mapping[str, Spelling] = field(default_factory=dict)
    codes: Mapping[str, str] = field(default_factory=dict)
    molar: bool = False


ACADEMIC = Profile(("fhir_r4_bulk", "clinical_notes"), packed=True, withheld=())
BILLING = Profile(("synthea_csv", "synthea_claims"), packed=False, withheld=("ssn", "passport"))
EUROPEAN = Profile(
    systems=("fhir_bundle", "wearable", "cgm"),
    packed=False,
    withheld=IDENTIFIERS,
    molar=True,
    units={
        "mg/dL": Spelling("mg/dl", "mg/dl"),
        "g/dL": Spelling("g/dl", "g/dl"),
        "10*3/uL": Spelling("10*9/L", "10*9/L"),
        "/min": Spelling("per min", "1/min"),
        "kg/m2": Spelling("kg/m²", "kg.m-2"),
        "mm[Hg]": Spelling("mmHg"),
        "Cel": Spelling("degC"),
    },
)
MESSAGING = Profile(
    systems=("hl7v2", "genotype", "operations"),
    packed=True,
    withheld=("licence", "passport"),
    units={
        "mg/dL": Spelling("mg%"),
        "mm[Hg]": Spelling("mmHg"),
        "/min": Spelling("bpm"),
        "kg/m2": Spelling("kg/sqm"),
        "%": Spelling("pct"),
    },
    codes={
        "2339-0": "GLUB",
        "2345-7": "GLU",
        "4548-4": "HBA1C",
        "2160-0": "CREA",
        "2093-3": "CHOL",
        "2085-9": "HDL",
        "18262-6": "LDLD",
        "2571-8": "TRIG",
        "2823-3": "K",
        "2951-2": "NA",
    },
)
RESEARCH = Profile(("omop_cdm",), packed=True, withheld=IDENTIFIERS)
PRACTICE = Profile(("ccda",), packed=False, withheld=("licence", "passport"))
PROFILES = (ACADEMIC, BILLING, EUROPEAN, MESSAGING, RESEARCH, PRACTICE)


@dataclass(frozen=True)
class Silo:
    """One hospital of one network."""

    folder: str
    name: str
    seed: int
    profile: Profile

    @property
    def identifier_namespace(self) -> str:
        return f"urn:{self.folder.replace('_', '-')}:mrn"

    def own_id(self, old: str) -> str:
        """This hospital's id for a person, encounter or any other record of the generator: a UUID of version 5."""
        digest = hashlib.sha1(
            NAMESPACE.bytes + f"{self.seed}|{self.folder}|{old}".encode(), usedforsecurity=False
        ).hexdigest()
        variant = VARIANTS[digest[16]]
        return f"{digest[:8]}-{digest[8:12]}-5{digest[13:16]}-{variant}{digest[17:20]}-{digest[20:32]}"

    @property
    def initials(self) -> str:
        return "".join(part[0] for part in self.folder.split("_")).upper()

    def number(self, kind: str, old: str, digits: int) -> str:
        """A number of this hospital for what the generator calls `old`."""
        digest = hashlib.sha256(f"{self.seed}|{self.folder}|{kind}|{old}".encode()).digest()
        return f"{int.from_bytes(digest[:8], 'big') % 10**digits:0{digits}d}"

    def mrn(self, person: str) -> str:
        """Twelve digits behind the hospital's initials; unique within the hospital for all practical sizes."""
        return self.initials + self.number("mrn", person, 12)

    def toml(self) -> str:
        """Its hospital.toml; only spellings that are not UCUM need explaining."""
        units = {s.text: ucum for ucum, s in self.profile.units.items() if s.code is None} | BY_CODE
        codes = {local: f"LOINC:{loinc}" for loinc, local in self.profile.codes.items()}
        head = {
            "name": self.name,
            "time_zone": TIME_ZONE,
            "identifier_namespace": self.identifier_namespace,
            "calendar": "true",
        }
        lines = [*_pairs(head), "link = true", *_table("units", units), *_table("codes", codes)]
        return "\n".join(lines) + "\n"


def _pairs(values: Mapping[str, str]) -> list[str]:
    return [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items()]


def _table(name: str, values: Mapping[str, str]) -> list[str]:
    quoted = {json.dumps(key, ensure_ascii=False): value for key, value in sorted(values.items())}
    return ["", f"[{name}]", *_pairs(quoted)] if values else []


def silos(count: int, seed: int) -> tuple[Silo, ...]:
    """The first `count` hospitals; profiles and names repeat in a circle, names with a number from the second round."""
    return tuple(_silo(place, seed) for place in range(count))


def _silo(place: int, seed: int) -> Silo:
    folder, name = list(NAMES.items())[place % len(NAMES)]
    first = Silo(folder, name, seed, PROFILES[place % len(PROFILES)])
    turn = place // len(NAMES) + 1
    return first if turn == 1 else replace(first, folder=f"{folder}_{turn}", name=f"{name} {turn}")
