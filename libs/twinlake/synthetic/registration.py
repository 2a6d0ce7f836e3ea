"""What a registration desk writes down: the same person, spelled and addressed a little differently."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from twinlake.synthetic.chance import chance
from twinlake.synthetic.deal import Desk
from twinlake.synthetic.names import undigited
from twinlake.synthetic.rates import DESK
from twinlake.synthetic.silo import Silo
from twinlake.synthetic.typing_errors import mistyped, one_digit_wrong

if TYPE_CHECKING:
    from twinlake.synthetic.clone import Clone

NICKNAMES = {
    "Alexander": "Alex", "Andrew": "Andy", "Anthony": "Tony", "Antonio": "Toño", "Barbara": "Barb",
    "Benjamin": "Ben", "Carolyn": "Carol", "Catherine": "Cathy", "Charles": "Chuck", "Christina": "Tina",
    "Christopher": "Chris", "Cynthia": "Cindy", "Daniel": "Dan", "David": "Dave", "Deborah": "Debbie",
    "Donald": "Don", "Edward": "Ed", "Elizabeth": "Liz", "Francisco": "Paco", "Gregory": "Greg",
    "Guillermo": "Memo", "Jacqueline": "Jackie", "James": "Jim", "Jennifer": "Jen", "Jessica": "Jess",
    "John": "Jack", "Jonathan": "Jon", "José": "Pepe", "Joseph": "Joe", "Kathleen": "Kathy",
    "Kenneth": "Ken", "Lawrence": "Larry", "Margaret": "Peggy", "Matthew": "Matt", "Michael": "Mike",
    "Nicholas": "Nick", "Pamela": "Pam", "Patricia": "Pat", "Patrick": "Pat", "Rebecca": "Becky",
    "Richard": "Rick", "Robert": "Bob", "Ronald": "Ron", "Samuel": "Sam", "Sandra": "Sandy",
    "Stephanie": "Steph", "Steven": "Steve", "Susan": "Sue", "Theodore": "Ted", "Thomas": "Tom",
    "Timothy": "Tim", "Victoria": "Vicky", "Vincent": "Vince", "William": "Bill",
}  # fmt: skip
STREETS = ("Alder", "Birch", "Cedar", "Chestnut", "Dogwood", "Elm", "Hawthorn", "Juniper", "Linden", "Maple", "Rowan")
TOWNS = {"Boston": "02118", "Lowell": "01852", "Salem": "01970", "Springfield": "01103", "Worcester": "01604"}


@dataclass(frozen=True)
class Registration:
    """One person at one desk, which calls them `person` in the generator's way; `truly` is who they are.

    `changes` names what differs from the generator's record.
    """

    truly: str
    person: str
    hospital: str
    source_person_id: str
    mrn: str
    given_name: str
    middle_name: str
    family_name: str
    maiden_name: str
    address_line: str
    city: str
    postal_code: str
    ssn: str
    changes: tuple[str, ...] = ()


def registered_at(desk: Desk, clone: Clone, silo: Silo) -> Registration:
    """How a person is known at a desk. The first time at home all is spelled right."""
    plain = _plain(clone, silo)
    return plain if desk.is_home else altered(plain, chance(clone.seed, "desk", silo.folder, plain.person))


def _plain(clone: Clone, silo: Silo) -> Registration:
    row = clone.patient
    return Registration(
        truly=replace(clone, copy=0).person,
        person=clone.person,
        hospital=silo.folder,
        source_person_id=silo.own_id(clone.person),
        mrn=silo.mrn(clone.person),
        given_name=undigited(row["FIRST"]),
        middle_name=undigited(row["MIDDLE"]),
        family_name=undigited(row["LAST"]),
        maiden_name=undigited(row["MAIDEN"]),
        address_line=row["ADDRESS"],
        city=row["CITY"],
        postal_code=row["ZIP"],
        ssn=row["SSN"],
    )


def altered(plain: Registration, luck: random.Random) -> Registration:
    """The registration with the slips that chance allows, each of which is drawn whether or not it applies."""
    drawn = [(slip, luck.random() < DESK[name].share) for name, slip in SLIPS.items()]
    changed = plain
    for slip in (slip for slip, applies in drawn if applies):
        changed = slip(changed, luck)
    return changed


def _noted(before: Registration, what: str, **values: str) -> Registration:
    after = replace(before, **values)  # type: ignore[arg-type]
    return before if after == before else replace(after, changes=(*before.changes, what))


def _nickname(who: Registration, luck: random.Random) -> Registration:
    """The usual short form; for a name without one, its first four letters."""
    return _noted(who, "nickname", given_name=NICKNAMES.get(who.given_name, who.given_name[:4]))


def _typo(who: Registration, luck: random.Random) -> Registration:
    """The family name mistyped; a name of three letters or fewer is spared."""
    if len(who.family_name) < 4:
        return who
    kind, name = mistyped(who.family_name, luck)
    return _noted(who, f"typo: {kind}", family_name=name)


def _moved(who: Registration, luck: random.Random) -> Registration:
    city = luck.choice(sorted(TOWNS))
    line = f"{luck.randrange(1, 900)} {luck.choice(STREETS)} Street"
    return _noted(who, "moved", address_line=line, city=city, postal_code=TOWNS[city])


def _maiden(who: Registration, luck: random.Random) -> Registration:
    return _noted(who, "maiden name", family_name=who.maiden_name or who.family_name, maiden_name="")


def _middle(who: Registration, luck: random.Random) -> Registration:
    """Another middle name than at home: none, its initial, or a mistyped one."""
    said = who.middle_name
    told = luck.choice(("", said[:1], mistyped(said, luck)[1] if len(said) > 3 else ""))
    return _noted(who, "middle name", middle_name=told)


def _ssn(who: Registration, luck: random.Random) -> Registration:
    return _noted(who, "ssn", ssn=one_digit_wrong(who.ssn, luck))


SLIPS = {
    "nickname": _nickname,
    "typo": _typo,
    "moved": _moved,
    "maiden_name": _maiden,
    "middle_name": _middle,
    "ssn": _ssn,
}
