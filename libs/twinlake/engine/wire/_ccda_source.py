"""What holds for all of a C-CDA document: whose it is, which version of which; and what its parts are called."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from lxml import etree

from twinlake.engine.wire import FileFault
from twinlake.engine.wire._ccda_times import span, start_of
from twinlake.engine.wire._ccda_values import subject_of, substance_of
from twinlake.engine.wire._cda import (
    V3,
    Element,
    attribute,
    find,
    find_all,
    first_id,
    in_utc,
    instance_id,
    plain,
    time_of,
)

SSN = "2.16.840.1.113883.4.1"
STATE_ISSUED = ("2.16.840.1.113883.4.3.", "2.16.840.1.113883.4.330.")
# A reference to a whole table is no name.
LONGEST_WORDS = 1000
# Kinds of what happens at a time; a problem, an allergy, a drug last, and may have begun otherwise than was thought.
EVENTS = frozenset(("result", "vital", "social", "procedure", "immunization"))


class Piece(NamedTuple):
    """A part of a document that is a record: what it is, what names it, and the element with those around it."""

    kind: str
    key: str
    element: Element
    within: tuple[Element, ...] = ()
    about: Mapping[str, str | None] = {}
    is_of_person: bool = True


class OwnVisit(NamedTuple):
    """The encounter that a document is about: its id, key and days."""

    ident: str | None = None
    key: str | None = None
    low: str | None = None
    high: str | None = None

    def is_of(self, ident: str, day: str) -> bool:
        """Whether it is the encounter of that id on that day."""
        days = [(said or day)[:10] for said in (self.low, day or self.low, self.high)]
        return ident == self.ident and days == sorted(days)

    def about(self) -> dict[str, str | None]:
        """What is told of it beside each fact."""
        return {"visit": self.key, "visit_low": self.low, "visit_high": self.high}


@dataclass
class Source:
    """A document: its person, its scope (itself and all its versions), its version, its visit, its narrative."""

    root: Element
    person: str
    scope: str
    version: str | None
    written: str | None
    narrative: Mapping[str, Element]
    visit: OwnVisit = OwnVisit()
    words: dict[str, str | None] = field(default_factory=dict)
    copied: Mapping[tuple[str, str], bool] = field(default_factory=dict)
    digests: dict[Element, str] = field(default_factory=dict)

    def named(self, kind: str, element: Element, place: str, within: tuple[Element, ...] = ()) -> str:
        """The key of an element: its own id with what it is about, else its place in this document.

        Ids are copied, between patients and from one thing to another, in a document and from one to the next: so what
        it is about is always part of the key, and when it was, if it is an event; a visit is known by its first day.
        Where a document still has two of one key, when they began tells them apart, or else all that they say.
        """
        own_id = first_id(element)
        if not own_id:
            key = f"{place} @ {self.scope}"
        elif kind in ("visit", "header"):
            key = self._of_day(own_id, (span(element)[0] or "")[:10])
        else:
            began = start_of(element, within) if kind in EVENTS else None
            key = f"{own_id} @ {self.person}#{_short(self.topic(kind, element), began)}"
        if (kind, key) not in self.copied:
            return key
        is_told_by_start = self.copied[kind, key]
        return f"{key}#{_short(start_of(element, within)) if is_told_by_start else self.digest(element, within)}"

    def topic(self, kind: str, element: Element) -> str:
        """What a statement is about, apart from what it says of it: substance or subject, by code, else in words."""
        told = [substance_of(element, {})] if kind == "allergy" else []
        for concept in (*told, subject_of(kind, element, self.words_of(element))):
            if concept and (concept["coding"] or concept["text"]):
                first = next(iter(concept["coding"]), None)
                return f"{first['system']}|{first['code']}" if first else concept["text"].casefold()
        return ""

    def _of_day(self, ident: str, day: str) -> str:
        if self.visit.is_of(ident, day):
            return str(self.visit.key)
        return f"{ident} @ {self.person}{day and '#'}{day}"

    def digest(self, element: Element, within: tuple[Element, ...]) -> str:
        """What an element says, and what is around it; the latter is the same for many and looked at once."""
        for part in (*within, element):
            if part not in self.digests:
                self.digests[part] = hashlib.sha256(etree.tostring(part, with_tail=False)).hexdigest()
        return hashlib.sha256("".join(self.digests[part] for part in (*within, element)).encode()).hexdigest()[:16]

    def says(self, reference: str) -> str | None:
        """The text that `#id` points to."""
        if reference not in self.words:
            self.words[reference] = plain(self.narrative.get(reference.removeprefix("#")))
        return self.words[reference]

    def words_of(self, element: Element) -> dict[str, str]:
        """The narrative that an element refers to."""
        references = sorted({attribute(r, "value") or "" for r in element.iter(f"{{{V3}}}reference")})
        said = {reference: self.says(reference) for reference in references if reference.startswith("#")}
        return {reference: words for reference, words in said.items() if words and len(words) <= LONGEST_WORDS}


def copied(source: Source, pieces: Iterable[Piece]) -> dict[tuple[str, str], bool]:
    """The kinds and keys that different contents of the document bear, and whether each began at another time."""
    contents: dict[tuple[str, str], dict[str, str | None]] = {}
    for piece in pieces:
        if piece.is_of_person and not piece.about.get("header"):
            said = source.digest(piece.element, piece.within)
            contents.setdefault((piece.kind, piece.key), {})[said] = start_of(piece.element, piece.within)
    return {named: len({*said.values()}) == len(said) for named, said in contents.items() if len(said) > 1}


def _short(*said: str | None) -> str:
    return hashlib.sha256(repr(said).encode()).hexdigest()[:16]


def source_of(root: Element) -> Source:
    """What holds for all of a document with this root."""
    targets = find_all(root, "recordTarget/patientRole")
    if len(targets) != 1:
        raise FileFault("not_one_patient", f"{len(targets)} patients (recordTarget); facts would be nobody's")
    written = time_of(find(root, "effectiveTime"))
    ident = f"{instance_id(find(root, 'id')) or 'no id'} of {written}"
    person = _person_id(targets[0]) or f"known from {ident}"
    number = attribute(find(root, "versionNumber"), "value") or "0"
    at = in_utc(written)
    version = f"{at} {number.zfill(6)}" if at and number.isdecimal() else at
    source = Source(root, person, f"{_edition(root) or ident} @ {person}", version, written, _narrative(root))
    source.visit = _visit(source)
    return source


def _edition(root: Element) -> str | None:
    """What all versions of a document share; with its kind, for some give one setId to documents of several kinds."""
    shared = instance_id(find(root, "setId"))
    return f"{shared} of {attribute(find(root, 'code'), 'code')}" if shared else None


def _person_id(role: Element) -> str | None:
    """The first of the best ids: the hospital's own, a Direct address, one of the state's, a social security number."""
    found = [(attribute(ii, "root") or "", attribute(ii, "extension")) for ii in find_all(role, "id")]
    ids = [(root, "".join(filter(str.isdecimal, said)) if root == SSN else said) for root, said in found if said]
    return next((f"{root}|{said}" for root, said in sorted(ids, key=_rank) if root != SSN or said.strip("0")), None)


def _rank(ident: tuple[str, str]) -> int:
    root, said = ident
    return 3 if root == SSN else 2 if root.startswith(STATE_ISSUED) else int("@" in said)


def _narrative(root: Element) -> dict[str, Element]:
    """Each element of a narrative that has an ID; where one stands twice, the first."""
    named: dict[str, Element] = {}
    for text in root.iter(f"{{{V3}}}text"):
        for element in text.iter():
            ident = element.get("ID") if isinstance(element.tag, str) else None
            if ident:
                named.setdefault(ident, element)
    return named


def _visit(source: Source) -> OwnVisit:
    """The encounter that the document is about, and its days: the facts between them belong to it."""
    encounter = find(source.root, "componentOf/encompassingEncounter")
    if encounter is None:
        return OwnVisit()
    low, high = span(encounter)
    key = source.named("header", encounter, "encounter")
    return OwnVisit(first_id(encounter), key, low, high or time_of(find(encounter, "effectiveTime")) or source.written)
