"""C-CDA: a document becomes its patient, its visits and each of its statements, all in the words it came in.

Sections are known by template (R1.1 and R2.1 share them), else by LOINC code. A record is XML: the statement beside
what stands around it (`within`) and the narrative it refers to (`words`). What is in no statement is a record, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import BinaryIO

from lxml import etree

from twinlake.declare.source import Feed
from twinlake.engine.wire import Fault, FileFault, Record
from twinlake.engine.wire._ccda_json import ACT_CODE, as_json
from twinlake.engine.wire._ccda_source import Piece, Source, copied, source_of
from twinlake.engine.wire._cda import (
    STATEMENTS,
    TRUE,
    Element,
    attribute,
    bare,
    document,
    find,
    find_all,
    first_id,
    name_of,
    own,
)

__all__ = ["as_json", "read"]

LAKE = "urn:twinlake:record"
# What stands around a statement is repeated for each: no true document grows so much by it.
MOST_GROWTH, FREE_GROWTH = 20, 16 << 20
_TEMPLATE = "2.16.840.1.113883.10.20.22.2."
_STATEMENT = "2.16.840.1.113883.10.20.22.4."
ENCOUNTER_DIAGNOSIS = _STATEMENT + "80"
SEVERITY_TEMPLATE, SEVERITY = _STATEMENT + "8", (ACT_CODE, "SEV")
# Problem, allergy, medication, immunization: documents of R1.1 invert these, too, and yet a concern is about them.
SUBJECTS = frozenset(_STATEMENT + last for last in ("4", "7", "16", "52"))
_ANY_PROCEDURE = dict.fromkeys(("procedure", "observation", "act"), "procedure")
# The statements that are read: their kinds by element, the templates of their sections, the LOINC codes of these.
_READ: tuple[tuple[Mapping[str, str], str, str], ...] = (
    (
        {"observation": "problem"},
        "5 5.1 20 24 34 35 36 37 43",
        "11450-4 11348-0 11535-2 10219-4 10218-6 59769-0 55109-3 46241-6 42347-5",
    ),
    ({"observation": "allergy"}, "6 6.1", "48765-2"),
    ({"observation": "result"}, "3 3.1", "30954-2"),
    ({"observation": "vital"}, "4 4.1", "8716-3"),
    ({"observation": "social"}, "17", "29762-2"),
    ({"substanceAdministration": "medication"}, "1 1.1 11 11.1 38 44", "10160-0 10183-2 75311-1 42346-7 29549-3"),
    ({"substanceAdministration": "immunization"}, "2 2.1", "11369-6"),
    ({"substanceAdministration": "medication", "procedure": "procedure"}, "25", "59774-0"),
    (_ANY_PROCEDURE, "7 7.1", "47519-4"),
    ({"encounter": "visit"}, "22 22.1", "46240-8"),
)
_BY_TEMPLATE = {_TEMPLATE + last: kinds for kinds, templates, _ in _READ for last in templates.split()}
_BY_CODE = {code: kinds for kinds, _, codes in _READ for code in codes.split()}


def read(stream: BinaryIO, feed: Feed) -> Iterator[Record | Fault]:
    """The records of one document; a document that cannot be read whole, or tells not of one person, is no document."""
    root, size = document(stream)
    source = source_of(root)
    source.copied = copied(source, _pieces(source))
    grown = 0
    for offset, piece in enumerate(_pieces(source)):
        record = _record(offset, piece, source)
        grown += len(record.raw)
        if grown > FREE_GROWTH + MOST_GROWTH * size:
            raise FileFault("too_much_context", "statements repeat what is around them beyond any true document")
        yield record


def _record(offset: int, piece: Piece, source: Source) -> Record:
    """A visit in the header counts before one of the same id in a section."""
    version = source.version and source.version + ("+" if piece.about.get("header") else "")
    person = source.person if piece.is_of_person else None
    return Record(offset, _raw(piece, source), piece.key, person, version, piece.kind)


def _pieces(source: Source) -> Iterator[Piece]:
    """Every part of the document, once; a place of care beside the visit that names it."""
    root = source.root
    targets, bodies = find_all(root, "recordTarget"), find_all(root, "component")
    shells = tuple(shell for body in bodies for inner in find_all(body, "structuredBody")
                   for shell in (bare(body, [inner]), bare(inner, find_all(inner, "component"))))  # fmt: skip
    yield Piece("person", source.person, targets[0])
    yield Piece("rest", f"header @ {source.scope}", bare(root, [*targets, *bodies]), shells, {"what": "header"})
    for encounter in find_all(root, "componentOf/encompassingEncounter"):
        key = source.named("header", encounter, "encounter")
        yield Piece("visit", key, encounter, about={**source.visit.about(), "header": "true"})
        yield from _places(find_all(encounter, "location/healthCareFacility"))
    for place, body in enumerate(bodies, 1):
        if find(body, "structuredBody") is None:
            yield Piece("rest", f"body {place} @ {source.scope}", body, about={"what": "body"})
        else:
            yield from _sections(source, find_all(body, "structuredBody/component"), "", ())


def _places(facilities: list[Element]) -> Iterator[Piece]:
    for facility in facilities:
        ident = first_id(facility)
        if ident:
            yield Piece("care_site", ident, facility, is_of_person=False)


def _sections(source: Source, components: list[Element], above: str, within: tuple[Element, ...]) -> Iterator[Piece]:
    """Each section: its words, its statements, the sections within it; its subject is that of all it holds."""
    for number, component in enumerate(components, 1):
        path = f"{above}{number}"
        section = find(component, "section")
        if section is None:
            yield Piece("rest", f"section {path} @ {source.scope}", component, about={"what": "entry"})
            continue
        entries, inner = find_all(section, "entry"), find_all(section, "component")
        about = {"section": attribute(find(section, "code"), "code")}
        words = bare(section, [*entries, *inner])
        around = (*within, _bearer(section)) if find(section, "subject") is not None else within
        yield Piece(
            "rest", f"section {path} @ {source.scope}", words, (bare(component, [section]),),
            {**about, "what": "narrative"},
        )  # fmt: skip
        yield from _entries(source, entries, _kinds(section), path, about, around)
        yield from _sections(source, inner, f"{path}.", around)


def _bearer(element: Element) -> Element:
    """A copy of an element with its subject alone, which what it holds inherits."""
    return bare(element, [child for child in element if name_of(child) != "subject"])


def _kinds(section: Element) -> Mapping[str, str]:
    """What the statements of a section are, by their element; nothing for a section that nobody reads."""
    known = next((_BY_TEMPLATE[root] for root in _templates(section) if root in _BY_TEMPLATE), None)
    return known or _BY_CODE.get(attribute(find(section, "code"), "code") or "", {})


def _entries(
    source: Source, entries: list[Element], kinds: Mapping[str, str], path: str, about: Mapping[str, str | None],
    around: tuple[Element, ...],
) -> Iterator[Piece]:  # fmt: skip
    number = 0
    for entry in entries:
        for kind, within, statement in _statements(entry, kinds, around):
            number += 1
            key = source.named(kind, statement, f"section {path} statement {number}", within)
            whose = {"visit": key} if kind == "visit" else source.visit.about()
            said = {**about, **whose, "what": "entry", "written": source.written}
            yield Piece(kind, key, statement, within, said)
            if kind == "visit":
                yield from _of_visit(source, statement, within, said)


def _of_visit(
    source: Source, encounter: Element, within: tuple[Element, ...], about: Mapping[str, str | None]
) -> Iterator[Piece]:
    """The places of an encounter and its diagnoses, which are problems."""
    yield from _places(find_all(encounter, "participant[@typeCode='LOC']/participantRole"))
    number = 0
    for relation in find_all(encounter, "entryRelationship"):
        for act in [act for act in find_all(relation, "act") if ENCOUNTER_DIAGNOSIS in _templates(act)]:
            outer = (*within, _bearer(encounter), _bearer(relation))
            for kind, around, statement in _statements(act, {"observation": "problem"}, outer):
                if kind == "problem":
                    number += 1
                    place = f"{about['visit']} diagnosis {number}"
                    yield Piece(
                        kind,
                        source.named(kind, statement, place, around),
                        statement,
                        around,
                        {**about, "is_diagnosis": "true"},
                    )


Found = tuple[str, tuple[Element, ...], Element]


def _statements(element: Element, kinds: Mapping[str, str], within: tuple[Element, ...]) -> Iterator[Found]:
    """The statements of an entry, one by one: those of an organizer or a concern apart, with copies of what is around.

    An entry of a section that nobody reads stays in one piece.
    """
    members = _members(element) if kinds and name_of(element) not in kinds else []
    if not members:
        yield kinds.get(name_of(element) or "", "rest"), within, element
        return
    shell = bare(element, [relation for relation, _ in members])
    for relation, statement in members:
        around = (shell,) if relation is statement else (shell, bare(relation, [statement]))
        yield from _statements(statement, kinds, (*within, *around))


def _members(element: Element) -> list[tuple[Element, Element]]:
    """The statements an element is made of, each with what relates it: components, subjects of a concern."""
    if name_of(element) == "entry":
        return [(child, child) for child in element if _is_member(element, child)]
    if name_of(element) == "organizer":
        relations = find_all(element, "component")
    elif name_of(element) == "act":
        relations = [r for r in find_all(element, "entryRelationship") if r.get("typeCode") == "SUBJ"]
    else:
        return []
    return [(relation, child) for relation in relations for child in relation if _is_member(relation, child)]


def _is_member(relation: Element, child: Element) -> bool:
    """Whether it is what is told, not what is said of that: its severity, or the subject of an inverted relation."""
    if name_of(child) not in STATEMENTS:
        return False
    templates, code = _templates(child), find(child, "code")
    is_inverted = relation.get("inversionInd") in TRUE and SUBJECTS.isdisjoint(templates)
    said = (attribute(code, "codeSystem"), attribute(code, "code"))
    return not is_inverted and SEVERITY_TEMPLATE not in templates and said != SEVERITY


def _templates(element: Element) -> list[str | None]:
    return [attribute(template, "root") for template in find_all(element, "templateId")]


def _raw(piece: Piece, source: Source) -> str:
    """A record as text: the element as it came, in an envelope of what it needs to be understood."""
    names = {**source.root.nsmap, "lake": LAKE}
    about = {"kind": piece.kind, **{name: said for name, said in piece.about.items() if said}}
    envelope = etree.Element(f"{{{LAKE}}}record", attrib=about, nsmap=names)
    for shell in piece.within:
        etree.SubElement(envelope, f"{{{LAKE}}}within").append(own(shell))
    etree.SubElement(envelope, f"{{{LAKE}}}statement").append(own(piece.element))
    if piece.kind != "rest":
        _add_words(envelope, source)
    return etree.tostring(envelope, encoding="unicode")


def _add_words(envelope: Element, source: Source) -> None:
    """The narrative that the statement refers to."""
    for reference, said in source.words_of(envelope).items():
        etree.SubElement(envelope, f"{{{LAKE}}}words", attrib={"of": reference}).text = said
