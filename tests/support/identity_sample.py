"""Persons with realistic errors, to train and to grade identity: Synthea's persons, registered again by other
hospitals.

Rates per second registration. Middle name 58 % and SSN 54 % mismatching: Just et al. 2016 (1). Kinds of typing error
(substitution 59, deletion 16, insertion 10, transposition 2, several 13): the figures the project's issue on
identity cites. All others in RATES are assumptions: that a mismatching SSN is mistyped as often as it is another number
(a spouse's, a guarantor's, an invented one); that half of those who move stay in their town, half of these in their
postcode; that some go by another given name, changed the family name without telling the former, or have a birth date
that is somebody else's. Run as a script, it trains and writes the weights.
(1) Perspectives in Health Information Management 13, "Why patient matching is a challenge".
"""

from __future__ import annotations

import gzip
import random
import re
import string
from pathlib import Path
from typing import Any

import pandas as pd

TRAINED_FROM = 600
OWN_HOSPITAL = 0.2
RATES = {
    "middle_name": 0.58,
    "ssn": 0.54,
    "ssn_unknown": 0.30,
    "given_name": 0.12,
    "family_name": 0.08,
    "maiden": 0.30,
    "given_name_replaced": 0.02,
    "family_name_replaced": 0.03,
    "birth_date_replaced": 0.01,
    "birth_date": 0.04,
    "sex": 0.01,
    "moved": 0.18,
    "address_line": 0.12,
    "phone": 0.35,
    "licence_number": 0.50,
    "passport_number": 0.60,
    "names_exchanged": 0.01,
    "double_name": 0.02,
    "year_only": 0.02,
    "town": 0.02,
    "mrn": 0.03,
}
STAYS_IN_TOWN, STAYS_IN_POSTCODE = 0.5, 0.25
TYPOS = {"substitution": 59, "deletion": 16, "insertion": 10, "transposition": 2, "several": 13}
NAME_COLUMNS = ("given_name", "middle_name", "family_name", "maiden_name")


def name(text: Any) -> str | None:
    """A name as the lake standardises it: no digits, upper case."""
    if not isinstance(text, str):
        return None
    return re.sub(r"[^\w' -]|[\d_]", "", text).strip().upper() or None


def synthea_persons(path: Path) -> pd.DataFrame:
    """Synthea's patients.csv.gz in the shape of empi.source_person, source `csv`; phones, which it lacks, are
    invented."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        raw = pd.read_csv(file, dtype=str)
    chance = random.Random(7)
    columns = {"given_name": "FIRST", "middle_name": "MIDDLE", "family_name": "LAST", "maiden_name": "MAIDEN"}
    return (
        pd.DataFrame(
            {
                "hospital": "csv",
                "system": "synthea_csv",
                "source_person_id": raw["Id"],
                **{ours: raw[theirs].map(name) for ours, theirs in columns.items()},
                "birth_date": raw["BIRTHDATE"],
                "year_of_birth": raw["BIRTHDATE"].str[:4].astype(int),
                "sex": raw["GENDER"].map({"M": "male", "F": "female"}),
                "address_line": raw["ADDRESS"].str.upper(),
                "city": raw["CITY"].str.upper(),
                "postal_code": raw["ZIP"],
                "phone": [f"555{chance.randrange(10**7):07d}" for _ in raw.index],
                "ssn": raw["SSN"].str.replace("-", ""),
                "licence_number": raw["DRIVERS"],
                "passport_number": raw["PASSPORT"],
                "mrn": [f"{chance.randrange(10**8):08d}" for _ in raw.index],
            }
        )
        .astype(object)
        .pipe(lambda frame: frame.where(frame.notna(), None))
    )


def mistyped(text: str, chance: random.Random) -> str:
    """One typing error of a kind drawn at the published shares; digits stay digits."""
    kind = chance.choices(list(TYPOS), list(TYPOS.values()))[0]
    if kind == "several":
        return mistyped(mistyped(text, chance), chance)
    at = chance.randrange(len(text))
    letter = chance.choice(string.digits if text[at].isdigit() else string.ascii_uppercase)
    if kind == "transposition":
        at = min(at, max(len(text) - 2, 0))
        return text[:at] + text[at : at + 2][::-1] + text[at + 2 :]
    kept = {"substitution": letter, "deletion": "", "insertion": text[at] + letter}[kind]
    return text[:at] + kept + text[at + 1 :] or text


def registered_again(
    person: dict[str, Any],
    hospital: str,
    others: list[dict[str, Any]],
    chance: random.Random,
    nicknames: dict[str, str],
) -> dict[str, Any]:
    """The person as another hospital wrote them down; what is wrong outright is what some other person has."""
    other = chance.choice(others)
    found = {**person, "hospital": hospital, "system": "other", "source_person_id": f"{chance.getrandbits(64):016x}"}
    hit = {field: chance.random() < rate for field, rate in RATES.items()}
    if hit["middle_name"]:
        found["middle_name"] = chance.choice(
            [None, None, (found["middle_name"] or " ")[0].strip() or None, other["middle_name"]]
        )
    if hit["ssn"] and found["ssn"]:
        found["ssn"] = chance.choice([mistyped(found["ssn"], chance), f"999{chance.randrange(10**6):06d}"])
    if hit["ssn_unknown"]:
        found["ssn"] = None
    for field in ("licence_number", "passport_number", "phone"):
        if hit[field] and found[field]:
            found[field] = chance.choice([None, None, None, mistyped(found[field], chance)])
    for field in ("given_name", "family_name", "address_line"):
        if hit[field] and found[field]:
            found[field] = mistyped(found[field], chance)
    if hit["given_name"] and chance.random() < 0.4:
        found["given_name"] = _short_form(person["given_name"], nicknames)
    for field in ("given_name", "family_name"):
        if hit[f"{field}_replaced"]:
            found[field] = other[field]
    if hit["maiden"] and person["maiden_name"]:
        found["family_name"], found["maiden_name"] = person["maiden_name"], None
    if hit["birth_date"]:
        found["birth_date"] = _wrong_date(person["birth_date"], chance)
    if hit["birth_date_replaced"]:
        found["birth_date"] = other["birth_date"]
    found["year_of_birth"] = int(found["birth_date"][:4])
    if hit["sex"]:
        found["sex"] = {"male": "female", "female": "male"}[person["sex"]]
    if hit["moved"]:
        found |= _moved(person, other, chance)
    if hit["names_exchanged"]:
        found["given_name"], found["family_name"] = found["family_name"], found["given_name"]
    if hit["double_name"]:
        found["family_name"] = f"{found['family_name']}-{other['family_name']}"
    if hit["year_only"]:
        found["birth_date"] = None
    if hit["town"]:
        found["city"], found["postal_code"] = other["city"], None
    if hospital != person["hospital"] or hit["mrn"]:
        found["mrn"] = f"{chance.randrange(10**8):08d}"
    return found


def _moved(person: dict[str, Any], other: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    line, how_far = re.sub(r"^\d+", str(chance.randrange(1, 2000)), other["address_line"]), chance.random()
    if how_far < STAYS_IN_POSTCODE:
        return {"address_line": line}
    if how_far < STAYS_IN_TOWN:
        return {"address_line": line, "postal_code": other["postal_code"]}
    return {"address_line": line, "city": other["city"], "postal_code": other["postal_code"]}


def _short_form(given: str, nicknames: dict[str, str]) -> str:
    return next((short for short, full in sorted(nicknames.items()) if full == given), given[: max(3, len(given) // 2)])


def _wrong_date(date: str, chance: random.Random) -> str:
    year, month, day = date.split("-")
    if chance.random() < 0.4 and int(day) <= 12:
        return f"{year}-{day}-{month}"
    if chance.random() < 0.5:
        return f"{int(year) + chance.choice([-10, -1, 1, 10])}-{month}-{min(int(day), 28):02d}"
    return f"{year}-{month}-{chance.randrange(1, 29):02d}"


def with_copies(persons: pd.DataFrame, seed: int, nicknames: dict[str, str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The persons and one to three other registrations of each, some by another system of their own hospital; beside
    them the truth (`entity`)."""
    chance = random.Random(seed)
    rows, entities = [], []
    everyone = persons.to_dict("records")
    for person in everyone:
        where = [*("b", "c")[: chance.choice([1, 2])], *[person["hospital"]][: chance.random() < OWN_HOSPITAL]]
        copies = [registered_again(person, h, everyone, chance, nicknames) for h in where]
        rows += [person, *copies]
        entities += [person["source_person_id"]] * (1 + len(copies))
    people = pd.DataFrame(rows).astype(object)
    people = people.where(people.notna(), None)
    return people, people[["hospital", "system", "source_person_id"]].assign(entity=entities)


def relatives(persons: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Strangers that look alike: a twin for every tenth person, a child of the same name for every tenth, and for every
    tenth one that is registered under the parent's SSN, for every tenth a sister or brother of almost one name, whose
    SSN is the next."""
    chance = random.Random(seed)
    rows = []
    given = sorted(set(persons["given_name"]))
    for place, person in enumerate(persons.to_dict("records")):
        own = {"hospital": "kin", "system": "other", "source_person_id": f"kin-{place}", "middle_name": None}
        own |= {"licence_number": None, "passport_number": None}
        ssn = f"999{chance.randrange(10**6):06d}"
        if place % 10 == 0:
            other = [g for g in given if g[:3] != person["given_name"][:3]]
            rows.append({**person, **own, "given_name": chance.choice(other), "ssn": ssn})
        if place % 10 == 5:
            rows.append({**person, **own, **_born_later(person, 20, 35, chance), "ssn": ssn})
        if place % 10 == 2:
            rows.append({**person, **own, **_born_later(person, 20, 35, chance)})
        if place % 10 == 7:
            almost = {"given_name": person["given_name"][:-1] + "Y", "ssn": f"{int(person['ssn']) + 1:09d}"}
            rows.append({**person, **own, **_born_later(person, 1, 6, chance), **almost})
    return pd.DataFrame(rows).astype(object).pipe(lambda frame: frame.where(frame.notna(), None))


def _born_later(person: dict[str, Any], least: int, below: int, chance: random.Random) -> dict[str, Any]:
    year = int(person["birth_date"][:4]) + chance.randrange(least, below)
    date = f"{year}-{chance.randrange(1, 13):02d}-{chance.randrange(1, 29):02d}"
    return {"birth_date": date, "year_of_birth": year}


def train_weights(data: Path, out: Path) -> None:
    """Train on the persons from TRAINED_FROM on (those before are kept to grade it) and write the weights.

    Synthea draws a person anew, with the same birth date, sex and town, when one dies too early: of each birth date
    only the first is taken, or strangers would seem to share birth dates twenty times as often as they do.
    """
    from twinlake.catalog.identity import model
    from twinlake.engine.linkage_training import train, write_weights

    persons = synthea_persons(data / "synthea" / "csv" / "patients.csv.gz").iloc[TRAINED_FROM:]
    persons = persons.drop_duplicates("birth_date")
    people, truth = with_copies(persons, 1, dict(model.nicknames))
    source = (
        f"{len(persons)} Synthea 3.3.0 persons (from number {TRAINED_FROM} on, one a birth date) and their seeded "
        "second registrations with errors at the rates of tests/support/identity_sample.py"
    )
    write_weights(train(people, model, truth, source), out)


if __name__ == "__main__":
    import os

    from twinlake.catalog.identity import WEIGHTS

    shared = Path(__file__).resolve().parents[3] / "shared" / "data"
    train_weights(Path(os.environ.get("TWINLAKE_SHARED_DATA", shared)), WEIGHTS)
