"""FHIR Bundles in JSON: a record for each entry, references within the bundle resolved (hl7.org/fhir/R4/bundle.html).

`raw` is the resource's own text without line breaks and indentation: digits, escapes and order of keys stay. Two
things are added where they stand outside the resource: the id of one that has none, from its fullUrl; and where a
fullUrl is not the id behind it, references to it name the id. A deletion (`history`, `transaction`) is a record too:
type, id and time of what it deletes, and the request.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, BinaryIO

import orjson

from twinlake.declare.source import Feed
from twinlake.engine.wire import ON_DELIVERY, Fault, FileFault, Record
from twinlake.engine.wire._bundle_entries import REFERENCE, Entry, Place, Target, in_order, of_one_server
from twinlake.engine.wire.foreign import Flaw, Foreign, modified
from twinlake.engine.wire.json_text import JsonText
from twinlake.engine.wire.reference import literal, patient_in
from twinlake.engine.wire.text import document

PARTS = True
SAID_TWICE = ("duplicate_key", "an object names the same key twice; expected each key once")
NO_RESOURCE = ("no_resource", "expected an entry with a resource that names its type, or one that deletes it by id")
PATCHED = ("partial_resource", "a PATCH says only what changed; expected whole resources")
NESTED = ("bundle_in_bundle", "an entry holds a whole Bundle; expected each Bundle in a file of its own")
# What points from a resource to its patient (hl7.org/fhir/R4/compartmentdefinition-patient.html).
PERSONS = ("subject", "patient", "beneficiary")

_BREAK = re.compile(r"[\r\n][ \t\r\n]*")
_IS_RESOURCE = re.compile(r'\s*\{(?!\s*"(?:fullUrl|resource|request|response|link|search)"\s*:)')
_TYPE = re.compile(r"[A-Z][A-Za-z]{1,63}")
_CONDITIONAL = re.compile(r"[?&]identifier=([^&]+)")
_ETAG = re.compile(r'W/"([^"]+)"')


@dataclass
class Targets:
    """What references within a bundle lead to: (type, id) by fullUrl, the ids of patients by identifier."""

    by_url: dict[str, Target | None] = field(default_factory=dict)
    patients: dict[str, str | None] = field(default_factory=dict)

    def add(self, entry: Entry) -> None:
        if entry.key is None:
            return
        if entry.full_url:
            _once(self.by_url, entry.full_url, (entry.kind, entry.key))
        for identifier in entry.identifiers:
            _once(self.patients, identifier, entry.key)

    def renamed(self) -> dict[str, str]:
        """References that must be rewritten, as the id behind them is another."""
        told = {url: target for url, target in self.by_url.items() if target}
        return {url: f"{kind}/{key}" for url, (kind, key) in told.items() if literal(url)[1] != key}


def read(stream: BinaryIO, feed: Feed) -> Iterator[Record | Fault]:
    """Records of one Bundle, or of one entry by itself, as a mended one is."""
    text = document(stream).decode("utf-8", "surrogateescape")
    entries = _entries(text, Foreign(feed.foreign))
    targets = Targets()
    for entry in entries:
        targets.add(entry)
    entries = of_one_server(entries, text, targets.by_url)
    resolve = partial(REFERENCE.sub, partial(_resolved, renamed=targets.renamed())) if targets.renamed() else str
    for offset, entry in enumerate(entries):
        yield _item(offset, entry, text, targets, resolve)


def alone(raw: str, feed: Feed) -> str:
    """The entry of a resource that landed; what could not be read is an entry as it stands."""
    return f'{{"resource": {raw}}}' if _IS_RESOURCE.match(raw) else raw


def _item(offset: int, entry: Entry, text: str, targets: Targets, resolve: Callable[[str], str]) -> Record | Fault:
    if entry.flaw:
        return Fault(offset, _printable(resolve(text[slice(*entry.text)])), *entry.flaw)
    raw = _completed(entry, _BREAK.sub("", resolve(text[slice(*entry.told)])))
    version = entry.version or (ON_DELIVERY if entry.is_deletion else None)
    return Record(offset, raw, entry.key, _person(entry, targets), version, entry.kind)


def _completed(entry: Entry, raw: str) -> str:
    """The record with what stands outside the resource: its id, all of a deletion but the request."""
    if entry.is_deletion:
        when = {"meta": {"lastUpdated": entry.version}} if entry.version else {}
        return f'{json.dumps({"resourceType": entry.kind, "id": entry.key, **when})[:-1]}, "request": {raw}}}'
    if entry.has_id or entry.key is None:
        return raw
    return f"{json.dumps({'id': entry.key})[:-1]}, {raw[1:].lstrip()}"


def _person(entry: Entry, targets: Targets) -> str | None:
    """The id of the patient; an identifier (`system|value`) where that is all that is known of them."""
    if entry.kind == "Patient" or not entry.patient:
        return entry.key if entry.kind == "Patient" else None
    if entry.patient in targets.by_url:
        kind, key = targets.by_url[entry.patient] or (None, None)
        return key if kind == "Patient" else None
    said = _CONDITIONAL.search(entry.patient)
    if said:
        identifier = said[1].replace("%7C", "|").replace("%7c", "|")
        return targets.patients.get(identifier) or identifier
    return patient_in(entry.patient)


def _resolved(reference: re.Match[str], renamed: Mapping[str, str]) -> str:
    try:
        target = renamed.get(json.loads(reference[2]))
    except ValueError:  # in an entry that is a fault for that
        target = None
    return f"{reference[1]}{json.dumps(target)}" if target else reference[0]


def _once(known: dict[str, Any], name: str, target: Any) -> None:
    """A name of two things is a name of none."""
    known[name] = target if known.get(name, target) == target else None


def _printable(text: str) -> str:
    """The text as a fault keeps it: bytes that are no UTF-8, and NUL, as \\x escapes."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace").replace("\x00", "\\x00")


def _entries(text: str, foreign: Foreign) -> list[Entry]:
    """The entries of the Bundle that a text is."""
    source, said, entries = JsonText(text), {}, []  # type: ignore[var-annotated]

    def element(at: int) -> int:
        entries.append(_entry(source, at, foreign))
        return entries[-1].text[1]

    def member(name: str, at: int) -> int:
        if name in said:
            raise FileFault(*SAID_TWICE)
        if name == "entry":
            said[name] = None
            return source.elements(at, element)
        said[name], end = source.value(at)
        return end

    try:
        source.closed(source.members(source.start, member))
    except RecursionError:
        raise FileFault("nested_too_deep", "objects in objects beyond 250 levels outside the entries") from None
    except ValueError as error:
        raise FileFault("not_json", f"cut, or no JSON: {_where(error)}; expected one whole FHIR Bundle") from None
    if said.get("resourceType") == "Bundle":
        if flaw := modified(said, text):
            raise FileFault(*flaw)
        return in_order(entries) if said.get("type") == "history" else entries
    if "resourceType" not in said and said.keys() & {"resource", "request"}:
        return [_entry(source, source.start, foreign)]
    raise FileFault("not_a_bundle", "expected a JSON object with resourceType Bundle")


def _where(error: ValueError) -> str:
    return f"{error.msg} at character {error.pos}" if isinstance(error, json.JSONDecodeError) else "unreadable"


def _entry(source: JsonText, at: int, foreign: Foreign) -> Entry:
    """An entry that cannot be parsed ends where its brackets do."""
    found: dict[str, Any] = {}
    places: dict[str, Place] = {}

    def member(name: str, start: int) -> int:
        found[name], end = source.value(start)
        source.twice = source.twice or name in places
        places[name] = (start, end)
        return end

    source.twice, source.odd = False, False
    try:
        if not source.is_object(at):
            return Entry((at, source.value(at)[1]), NO_RESOURCE)
        end = source.members(at, member)
    except RecursionError:
        return Entry((at, source.closing(at)), _too_deep())
    except ValueError:
        end = source.closing(at)
        return Entry((at, end), _broken(source.text[at:end]))
    flaw = _flaw(source, found, (at, end)) or _misplaced(found, foreign) or modified(found, source.text[at:end])
    return Entry((at, end), flaw) if flaw else _told(found, places, (at, end))


def _broken(text: str) -> Flaw:
    damage = "nul_byte" if "\x00" in text else _damage(text)
    return (damage, "expected UTF-8 text without NUL") if damage else ("not_json", "expected a JSON object as entry")


def _damage(text: str) -> str | None:
    return "not_utf8" if re.search("[\udc80-\udcff]", text) else None


def _too_deep() -> Flaw:
    return "nested_too_deep", "objects in objects beyond 250 levels; no record of care is like that"


def _flaw(source: JsonText, found: dict[str, Any], place: Place) -> Flaw | None:
    """What a lenient parser does not tell."""
    if source.twice:
        return SAID_TWICE
    if source.odd:
        return "not_json", "a number that is none, or has more digits than any parser follows"
    try:
        orjson.dumps(found)
    except TypeError as error:
        return _too_deep() if "surrogate" not in str(error) else _broken(source.text[slice(*place)])
    return None


def _misplaced(found: dict[str, Any], foreign: Foreign) -> Flaw | None:
    """Why an entry that is sound JSON is no record that is read here."""
    method, resource = _text(found, "request", "method"), found.get("resource")
    if method == "PATCH":
        return PATCHED
    if method == "DELETE":
        return None if all(_deleted(found)) else NO_RESOURCE
    kind = resource.get("resourceType") if isinstance(resource, dict) else None
    if not isinstance(kind, str) or not _TYPE.fullmatch(kind):
        return NO_RESOURCE
    return NESTED if kind == "Bundle" else foreign.flaw(resource)


def _deleted(found: dict[str, Any]) -> tuple[str | None, str | None]:
    """Type and id of what an entry deletes; neither where it does so by a search."""
    return literal(_text(found, "request", "url") or "")


def _told(found: dict[str, Any], places: dict[str, Place], place: Place) -> Entry:
    changed = _text(found, "response", "lastModified")
    if _text(found, "request", "method") == "DELETE":
        kind, key = _deleted(found)
        return Entry(
            place, None, places["request"], kind or "", key, is_deletion=True, version=changed, number=_number(found)
        )
    resource, full_url = found["resource"], _text(found, "fullUrl")
    own = _text(resource, "id")
    key = own or (literal(full_url)[1] if full_url and "id" not in resource else None)
    patients = (_text(resource, name, "reference") for name in PERSONS)
    return Entry(
        place, None, places["resource"], resource["resourceType"], key, full_url, False, own is not None,
        next(filter(None, patients), None), _text(resource, "meta", "lastUpdated") or changed, _identifiers(resource),
        _text(resource, "meta", "versionId") or _number(found),
    )  # fmt: skip


def _number(found: dict[str, Any]) -> str | None:
    """The versionId of an entry's response (hl7.org/fhir/R4/http.html#versioning)."""
    etag = _ETAG.fullmatch(_text(found, "response", "etag") or "")
    return etag[1] if etag else None


def _identifiers(resource: dict[str, Any]) -> tuple[str, ...]:
    """`system|value` of each identifier of a Patient."""
    every = resource.get("identifier") if resource["resourceType"] == "Patient" else None
    pairs = [(_text(i, "system"), _text(i, "value")) for i in every] if isinstance(every, list) else []
    return tuple(f"{system}|{value}" for system, value in pairs if system and value)


def _text(found: Any, *steps: str) -> str | None:
    """The text at a path, null where there is none."""
    for step in steps:
        found = found.get(step) if isinstance(found, dict) else None
    return found if isinstance(found, str) and found else None
