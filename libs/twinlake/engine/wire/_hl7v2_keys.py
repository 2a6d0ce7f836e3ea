"""Who and what a thing of an HL7 v2 message is: its patient, its visit, its key and its version."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from twinlake.engine.wire._hl7v2_segments import Separators

# Triggers whose PV1 is the state of the visit itself; in other messages PV1 only says where something belongs.
OF_VISITS = frozenset(f"A{n:02}" for n in (*range(1, 17), 21, 22, 23, 25, 26, 27, 32, 33, 38, 45, 52, 53))
# Triggers whose MRG retires the patient's identifier; in other messages it is about an account or a visit.
OF_MERGES = frozenset(f"A{n}" for n in (18, 30, 34, 36, 39, 40, 46, 47))
# Types of identifier (HL7 table 0203) that name the patient at the sender, the surest first; these never do.
OF_PATIENTS = ("MR", "MRN", "PI", "PT", "PN", "")
NOT_OF_PATIENTS = frozenset(("SS", "DL", "PPN", "AN", "VN", "BC", "MC", "MA", "NI", "NH", "NNUSA"))
# What senders of immunisations put into ORC-3 where there is no number.
PLACEHOLDERS = frozenset(("9999",))
_TIME = re.compile(r"(\d{4,14})(?:\.(\d{1,6}))?([+-]\d{4})?")


class once:  # noqa: N801 - as cached_property, without the lock that Python 3.11 takes for it
    """A property that is found out at its first call."""

    def __init__(self, find: Callable[[Said], str]) -> None:
        self.find, self.name = find, find.__name__

    def __get__(self, said: Said, owner: type) -> str:
        value = said.__dict__[self.name] = self.find(said)
        return value


@dataclass
class Said:
    """Fields of the segments a thing has, by their HL7 numbers; what its context says is found out once for all."""

    segments: dict[str, list[str]]
    by: Separators
    within: Said | None = None

    def field(self, segment: str, number: int) -> str:
        fields = self.segments.get(segment)
        if fields is None:
            return self.within.field(segment, number) if self.within else ""
        return fields[number] if number < len(fields) else ""

    def first(self, segment: str, number: int) -> str:
        """The first repetition of a field."""
        found = self.field(segment, number)
        return found.partition(self.by.repetition)[0] if self.by.repetition else found

    def entity(self, *places: tuple[str, int]) -> str:
        """The first of these entity identifiers (EI) that is there: its id and who gave it."""
        for segment, number in places:
            if (text := self.first(segment, number)) and (name := _named(text, (0, 1), self.by)):
                return name
        return ""

    @once
    def visit(self) -> str:
        """PV1-19, else the account (PID-18)."""
        if self.within and self.segments.keys().isdisjoint(("PV1", "PID")):
            return self.within.visit
        found = (_named(self.first(*place), (0, 3), self.by) for place in (("PV1", 19), ("PID", 18)))
        return next((name for name in found if name), "")

    @once
    def person(self) -> str:
        if self.within and "PID" not in self.segments:
            return self.within.person
        return patient_of(self.field("PID", 3), self.by) or patient_of(self.field("PID", 2), self.by)

    @property
    def event(self) -> str:
        """The trigger event that the message is about."""
        trigger = self.first("MSH", 9).split(self.by.component)
        return trigger[1] if len(trigger) > 1 else self.field("EVN", 1)

    @property
    def prior(self) -> str:
        """The identifier that a merge retires; one that names no authority is of the surviving patient's."""
        named = patient_of(self.field("MRG", 1), self.by) or patient_of(self.field("MRG", 4), self.by)
        authority = self.person.partition("^^^")[2]
        return f"{named}^^^{authority}" if named and authority and "^^^" not in named else named

    @once
    def order(self) -> str:
        """The number of an order: the filler's, who does the work, else the placer's."""
        if self.within and self.segments.keys().isdisjoint(("ORC", "OBR")):
            return self.within.order
        return self.entity(("OBR", 3), ("ORC", 3), ("OBR", 2), ("ORC", 2))

    def coded(self, segment: str, number: int, *otherwise: int) -> str:
        """A coded element by code and system, else as it stands, else another field."""
        parts = self.first(segment, number).split(self.by.component)
        if parts[0]:
            return "^".join([parts[0], *parts[2:3]])
        return "^".join(parts).strip("^") or "".join(self.field(segment, n) for n in otherwise)


@lru_cache(maxsize=4096)
def patient_of(identifiers: str, by: Separators) -> str:
    """Whom a list of identifiers (CX) names: of the type that names patients most surely, the first; else none.

    The id of one assigning authority is not that of another, so the authority is part of it: `123^^^GHH`.
    """
    each = [cx.split(by.component) for cx in (identifiers.split(by.repetition) if by.repetition else [identifiers])]
    ranked = sorted((_rank(parts), place) for place, parts in enumerate(each) if parts[0].strip(' "'))
    if not ranked or ranked[0][0] > len(OF_PATIENTS):
        return ""
    return _named(by.component.join(each[ranked[0][1]]), (0, 3), by)


def _rank(parts: list[str]) -> int:
    kind = parts[4].strip() if len(parts) > 4 else ""
    if kind in OF_PATIENTS:
        return OF_PATIENTS.index(kind)
    return len(OF_PATIENTS) + (kind in NOT_OF_PATIENTS)


@lru_cache(maxsize=4096)
def _named(identifier: str, places: tuple[int, int], by: Separators) -> str:
    """An identifier and its authority, by the authority's name or else its universal id."""
    parts = identifier.split(by.component)
    if not parts[0].strip(' "'):
        return ""
    told = parts[places[1]] if len(parts) > places[1] else ""
    authority = told.split(by.subcomponent) if by.subcomponent else [told]
    name = next((text for text in authority if text.strip(' "')), "")
    return parts[0].strip() + ("^" * places[1] + name.strip() if name else "")


def retired_by(mrg: str, by: Separators) -> list[str]:
    """An MRG that names several numbers of the type that is surest as one for each; others as they are.

    Numbers without a type may be anything beside the patient's: of them the first alone counts.
    """
    fields = mrg.split(by.field)
    if len(fields) < 2 or not by.repetition or by.repetition not in fields[1]:
        return [mrg]
    each = fields[1].split(by.repetition)
    parts = [cx.split(by.component) for cx in each]
    surest = min(_rank(cx) for cx in parts)
    same = [cx for cx, split in zip(each, parts, strict=True) if _rank(split) == surest and split[0].strip(' "')]
    if surest >= OF_PATIENTS.index("") or len(same) < 2:
        return [mrg]
    return [by.field.join([fields[0], cx, *fields[2:]]) for cx in dict.fromkeys(same)]


@lru_cache(maxsize=4096)
def whose_of(pid: str, pv1: str, mrg: str, by: Separators) -> dict[str, str | None]:
    """The patient and the visit that these segments name, and of a merge the patient's prior identifier."""
    said = Said({"PID": pid.split(by.field), "PV1": pv1.split(by.field), "MRG": mrg.split(by.field)}, by)
    prior = {"prior": said.prior or None} if mrg else {}
    return {"patient": said.person or None, "visit": said.visit or None, **prior}


def _result(said: Said) -> list[str]:
    """By its order, or its visit and panel, and its clinical time: an order may have values of many (OBX-14, OBR-7)."""
    when = in_utc(said.field("OBX", 14)) or in_utc(said.field("OBR", 7))
    apart = [said.order] if said.order else [said.visit, said.coded("OBR", 4)]
    return [*apart, when, said.coded("OBX", 3), said.field("OBX", 4)]


def _condition(said: Said) -> list[str]:
    return [said.visit, said.entity(("DG1", 20)) or said.coded("DG1", 3, 4)]


def _problem(said: Said) -> list[str]:
    return [said.entity(("PRB", 4)) or said.coded("PRB", 3)]


def _procedure(said: Said) -> list[str]:
    named = said.entity(("PR1", 19))
    return [said.visit, named] if named else [said.visit, said.coded("PR1", 3, 4), said.field("PR1", 5)]


def _request(said: Said) -> list[str]:
    return [said.order] if said.order else [said.visit, said.coded("OBR", 4), said.field("OBR", 7)]


def _prescription(said: Said) -> list[str]:
    """By the placer's number, which an order keeps when the pharmacy adds its own."""
    order = said.entity(("ORC", 2), ("ORC", 3), ("RXE", 15))
    return [order] if order else [said.visit, said.coded("RXE", 2), said.coded("RXO", 1), said.field("ORC", 9)]


def _dispense(said: Said) -> list[str]:
    order = said.entity(("ORC", 2), ("ORC", 3), ("RXD", 7))
    return [order, said.field("RXD", 1), said.coded("RXD", 2), "" if order else said.field("RXD", 3)]


def _administration(said: Said) -> list[str]:
    """An immunisation has a number of its own; of another order each giving is told by its time and substance."""
    order = said.entity(("ORC", 3), ("ORC", 2))
    is_numbered = order and order.partition("^")[0] not in PLACEHOLDERS
    return (
        [order]
        if is_numbered and said.first("MSH", 9).startswith("VXU")
        else [order, said.field("RXA", 3), said.coded("RXA", 5)]
    )


KEYS: dict[str, Callable[[Said], list[str]]] = {
    "condition": _condition, "problem": _problem, "procedure": _procedure, "order": _request, "result": _result,
    "prescription": _prescription, "dispense": _dispense, "administration": _administration,
    "document": lambda said: [said.entity(("TXA", 12))],
    "appointment": lambda said: [said.entity(("SCH", 2), ("SCH", 1))],
}  # fmt: skip


def key_of(kind: str, said: Said, person: str) -> str:
    """What identifies a thing among its kind; empty where nothing does. A fact of one person is not another's."""
    if kind == "person":
        return person
    if kind == "visit":
        return said.visit
    if kind == "merge":
        prior = said.prior or person
        return prior if said.event in OF_MERGES else "|".join([prior, said.field("MRG", 3), said.field("MRG", 5)])
    parts = KEYS[kind](said)
    return "|".join([person, *parts]) if any(parts) else ""


def version_of(said: Said, kind: str) -> str:
    """MSH-7 in UTC, then MSH-10; before them whether the message is about this kind of thing or only mentions it."""
    is_adt = said.first("MSH", 9).split(said.by.component)[0] == "ADT"
    is_mentioned = (kind == "person" and not is_adt) or (kind == "visit" and said.event not in OF_VISITS)
    return f"{int(not is_mentioned)} {in_utc(said.first('MSH', 7))} {_ordered(said.field('MSH', 10))}".rstrip()


@lru_cache(maxsize=4096)
def in_utc(time: str) -> str:
    """A time stamp (TS) in UTC, so that texts compare; without a zone it is taken as it stands. Empty if none."""
    found = _TIME.match(time)
    if not found:
        return ""
    digits, fraction, zone = found.groups()
    digits = digits[: len(digits) // 2 * 2]
    try:
        moment = datetime.strptime(digits + "0101000000"[len(digits) - 4 :], "%Y%m%d%H%M%S")
        shift = timedelta(hours=int(zone[:3]), minutes=int(zone[0] + zone[3:])) if zone else timedelta()
        return f"{moment.replace(tzinfo=UTC) - shift:%Y%m%d%H%M%S}.{fraction or '':0<6}"
    except (ValueError, OverflowError):
        return ""


def _ordered(control: str) -> str:
    """A control id whose numbers compare as numbers do."""
    return re.sub(r"\d{1,20}", lambda found: found[0].zfill(20), control)
