"""HL7 CDA R2: a document read safely, and the data types of V3 as its elements write them (Data Types R1)."""

from __future__ import annotations

import re
from copy import deepcopy
from datetime import UTC, datetime
from functools import cache
from typing import BinaryIO

from lxml import etree

from twinlake.engine.wire import FileFault
from twinlake.engine.wire.text import lines

Element = etree._Element
V3, XSI = "urn:hl7-org:v3", "http://www.w3.org/2001/XMLSchema-instance"
STATEMENTS = frozenset(
    ("act", "encounter", "observation", "observationMedia", "organizer", "procedure", "regionOfInterest",
     "substanceAdministration", "supply")
)  # fmt: skip
TRUE = frozenset(("true", "1"))
# A document of care beyond this is none; libxml2 itself refuses texts of 10 MB and 256 levels.
LONGEST_FILE = 64 << 20
_ENCODINGS = re.compile(r"(?:utf-?8|us-ascii|ascii|iso-?8859-\d+|latin-?1|windows-12\d\d|cp12\d\d)", re.IGNORECASE)
_DECLARATION = re.compile(rb"\s*<\?xml\s[^>]{0,200}?\?>")
_DECLARED = re.compile(rb"""encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_TIME = re.compile(r"(\d{4})(\d\d)?(\d\d)?(?:(\d\d)(\d\d)?(\d\d)?(\.\d+)?)?(Z|[+-]\d{4})?")
_SPACE = re.compile(r"\s*")
_APART = frozenset(("br", "item", "paragraph", "td", "th", "tr"))


def document(stream: BinaryIO) -> tuple[Element, int]:
    """The root of a CDA document and the bytes it came in; whatever is no such document is a fault of the file."""
    data = _bytes(stream)
    if not data.strip():
        raise FileFault("empty_file", "expected an XML document")
    root = parsed(_text(data))
    if root.tag != tag("ClinicalDocument"):
        raise FileFault("not_cda", f"expected the root ClinicalDocument of {V3}")
    return root, len(data)


def _bytes(stream: BinaryIO) -> bytes:
    parts, size = [], 0
    for line in lines(stream):
        parts.append(line)
        size += len(line) + 1
        if size > LONGEST_FILE:
            raise FileFault("file_too_long", f"the document is longer than {LONGEST_FILE >> 20} MiB")
    return b"\n".join(parts)


def _text(data: bytes) -> str:
    """The document as text without its XML declaration, whose encoding must be true of every byte."""
    head = _DECLARATION.match(data)
    named = _DECLARED.search(head[0]) if head else None
    encoding = named[1].decode() if named else "utf-8"
    if b"\x00" in data:
        raise FileFault("nul_byte", "expected XML text without NUL")
    if not _ENCODINGS.fullmatch(encoding):
        raise FileFault("unknown_encoding", "expected UTF-8, ISO 8859 or a Windows code page")
    try:
        return data[head.end() if head else 0 :].decode(encoding)
    except (UnicodeDecodeError, LookupError) as error:
        raise FileFault("wrong_encoding", f"the bytes are not {encoding}, which the document says it is") from error


def parsed(text: str) -> Element:
    """The root element; a document type (and with it every entity) is refused before anything reads it."""
    if text.startswith("<!DOCTYPE", _after_misc(text)):
        raise FileFault("document_type", "a document type with entities of its own; no CDA document has one")
    try:
        return etree.fromstring(text.encode(), _parser())
    except etree.XMLSyntaxError as error:
        raise FileFault("not_xml", f"the XML is cut or broken at line {error.lineno}") from error


def _parser() -> etree.XMLParser:
    return etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False,
        huge_tree=False, recover=False,
    )  # fmt: skip


def _after_misc(text: str) -> int:
    """Where the first thing stands that is neither white space, a comment nor an instruction."""
    at = 0
    while True:
        at = _SPACE.match(text, at).end()  # type: ignore[union-attr]
        end = "-->" if text.startswith("<!--", at) else "?>" if text.startswith("<?", at) else None
        found = text.find(end, at) if end else -1
        if not end or found < 0:
            return at
        at = found + len(end)


def tag(name: str) -> str:
    """An element's name in CDA's namespace."""
    return f"{{{V3}}}{name}"


@cache
def _path(path: str) -> str:
    return "/".join(step if step in (".", "*", "") else tag(step) for step in path.split("/"))


def find(element: Element | None, path: str) -> Element | None:
    """The first element at a path of CDA names."""
    return None if element is None else element.find(_path(path))


def find_all(element: Element | None, path: str) -> list[Element]:
    """All elements at a path of CDA names."""
    return [] if element is None else element.findall(_path(path))


def name_of(element: Element) -> str | None:
    """An element's CDA name; None for a comment, an instruction or another namespace."""
    if not isinstance(element.tag, str) or not element.tag.startswith(f"{{{V3}}}"):
        return None
    return str(element.tag[len(V3) + 2 :])


def type_of(element: Element) -> str | None:
    """The data type (`xsi:type`) without its prefix."""
    named = element.get(f"{{{XSI}}}type")
    return named.rpartition(":")[2] if named else None


def is_null(element: Element | None) -> bool:
    """Absent, or said to be absent: a nullFlavor is the reason why there is no value."""
    return element is None or element.get("nullFlavor") is not None


def attribute(element: Element | None, name: str) -> str | None:
    """A value that is there: neither null-flavoured nor blank."""
    if element is None or is_null(element):
        return None
    return (element.get(name) or "").strip() or None


def instance_id(element: Element | None) -> str | None:
    """An instance identifier (II) as `root|extension`; the root alone is one, too."""
    root, extension = attribute(element, "root"), attribute(element, "extension")
    return f"{root or ''}|{extension}" if extension else root


def first_id(element: Element | None) -> str | None:
    """The first of an element's ids that is one."""
    return next(filter(None, map(instance_id, find_all(element, "id"))), None)


def time_of(element: Element | None, name: str = "value") -> str | None:
    """A point in time (TS) as ISO 8601, as exact as it came: `20150722` is 2015-07-22; an unreadable one stays so."""
    said = attribute(element, name)
    found = _TIME.fullmatch(said) if said else None
    if not found:
        return said
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    date = "-".join(filter(None, (year, month, day)))
    if hour is None:
        return date
    shift = zone if zone in (None, "Z") else f"{zone[:3]}:{zone[3:]}"
    return f"{date}T{hour}:{minute or '00'}:{second or '00'}{(fraction or '')[:7]}{shift or ''}"


def in_utc(iso: str | None) -> str | None:
    """A time as UTC, in one form, so that two compare as texts; without a zone it is taken as UTC."""
    try:
        moment = datetime.fromisoformat({4: f"{iso}-01-01", 7: f"{iso}-01"}.get(len(iso or ""), iso or ""))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError):
        return None


def plain(element: Element | None) -> str | None:
    """The text of a narrative element or a string, white space made single; None where there is none."""
    if element is None:
        return None
    parts = element.xpath("descendant::text()")
    apart = (f" {part}" if name_of(part.getparent()) in _APART else part for part in parts)
    return " ".join("".join(apart).split()) or None


def bare(element: Element, without: list[Element]) -> Element:
    """A copy of an element that lacks some of its children."""
    shell = etree.Element(element.tag, attrib=dict(element.attrib), nsmap=element.nsmap)
    shell.text = element.text
    left_out = set(without)
    shell.extend(own(child) for child in element if child not in left_out)
    return shell


def own(element: Element) -> Element:
    """A copy of an element alone, without the text after it."""
    made = deepcopy(element)
    made.tail = None
    return made
