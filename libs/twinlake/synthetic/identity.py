"""Who a clone is: a name, numbers and an address that no other person of the network has but by chance."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from twinlake.synthetic.names import family_name, given_name, rare, undigited

# Numbers of social security that begin with 9 are never issued; primes give each person another number, far apart.
SSN_PRIME, NUMBER_PRIME = 99_999_989, 999_999_937
SPREAD = 48_271_003
STREETS = ("Street", "Road", "Avenue", "Lane", "Drive", "Court", "Place", "Way", "Terrace", "Boulevard")
FHIR_COLUMNS = {"SS": "SSN", "DL": "DRIVERS", "PPN": "PASSPORT"}


@dataclass(frozen=True)
class Identity:
    """`columns` as patients.csv calls them; the rest stands in FHIR alone."""

    columns: Mapping[str, str]
    phone: str
    mothers_name: str

    def into(self, resource: dict[str, Any]) -> dict[str, Any]:
        """A Patient resource with this identity; names are the registration desk's."""
        for identifier in resource["identifier"]:
            kind = identifier["type"]["coding"][0]["code"] if "type" in identifier else None
            identifier["value"] = self.columns.get(FHIR_COLUMNS.get(kind, ""), identifier["value"])
        for phone in resource.get("telecom", ()):
            phone["value"] = self.phone
        for extension in resource.get("extension", ()):
            if extension["url"].endswith("mothersMaidenName"):
                extension["valueString"] = self.mothers_name
        resource["address"][0]["line"] = [self.columns["ADDRESS"]]
        return resource


def identity_of(original: Mapping[str, str], number: int, luck: random.Random) -> Identity:
    """The identity of clone `number`; what the original does not have the clone has not either."""
    ssn = 900_000_000 + number * SPREAD % SSN_PRIME
    other = number * SPREAD % NUMBER_PRIME
    has = {
        "FIRST": _given(original, "FIRST", luck), "MIDDLE": _given(original, "MIDDLE", luck),
        "LAST": family_name(luck), "MAIDEN": family_name(luck),
        "DRIVERS": f"S{other:09d}", "PASSPORT": f"X{other:09d}X",
        "SSN": f"{ssn // 1_000_000}-{ssn // 10_000 % 100:02d}-{ssn % 10_000:04d}",
        "ADDRESS": f"{luck.randrange(1, 2000)} {rare(luck.randrange(1, 4000))} {luck.choice(STREETS)}",
    }  # fmt: skip
    columns = {column: value if original[column] else "" for column, value in has.items()}
    phone = f"555-{luck.randrange(200, 1000)}-{luck.randrange(10_000):04d}"
    mother = f"{given_name('F', 'Ada', luck)} {family_name(luck)}"
    return Identity(columns, phone, mother)


def _given(original: Mapping[str, str], column: str, luck: random.Random) -> str:
    return given_name(original["GENDER"], undigited(original[column]), luck)
