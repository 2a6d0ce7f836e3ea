"""HL7 v2 encoding rules (2.5.1, 2.5–2.7): separators, character sets, segments, fields, escape sequences."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

import orjson

from twinlake.engine.wire.text import decode

# HL7 table 0211; double-byte sets hold separators as second bytes, so a message is decoded before it is cut.
CHARSETS = {
    "": "utf-8", "ASCII": "ascii", "UNICODE": "utf-8", "UNICODE UTF-8": "utf-8", "UTF-8": "utf-8",
    "UNICODE UTF-16": "utf-8", "8859/1": "iso8859_1", "8859/2": "iso8859_2", "8859/3": "iso8859_3",
    "8859/4": "iso8859_4", "8859/5": "iso8859_5", "8859/6": "iso8859_6", "8859/7": "iso8859_7",
    "8859/8": "iso8859_8", "8859/9": "iso8859_9", "8859/15": "iso8859_15", "ISO IR6": "ascii",
    "ISO IR87": "iso2022_jp", "ISO IR159": "iso2022_jp_1", "GB 18030-2000": "gb18030", "BIG-5": "big5",
    "KS X 1001": "euc_kr",
}  # fmt: skip
HEADERS = ("MSH", "FHS", "BHS")
# Of these types OBX-5 is one text: a component separator in it is a letter (HL7 2.5.1, 2.A).
SIMPLE = frozenset(("ST", "TX", "FT", "NM", "DT", "TM", "IS", "ID", "SI", "GTS"))
# Letters of a record whose segments are worth to be remembered.
LONGEST_CACHED = 8192
_LINE_ENDS = re.compile(r"\n(?=[A-Z][A-Z0-9]{2}[^A-Za-z0-9\s]|\s*$)")
_LAYOUT = {".br": "\n", ".ce": "\n", ".fi": "", ".nf": "", "H": "", "N": ""}
_SPACED = re.compile(r"\.(sp|sk|in|ti)\s*([+-]?\d{0,3})")


class Separators(NamedTuple):
    """MSH-1 and MSH-2; what MSH-2 leaves out is empty and separates nothing."""

    field: str
    component: str
    repetition: str = ""
    escape: str = ""
    subcomponent: str = ""


def decoded(data: bytes) -> tuple[str, str | None]:
    """The message as text by its MSH-18, and the rule it breaks."""
    charset = CHARSETS.get(_charset(data))
    if b"\x00" in data or charset == "utf-8":
        return decode(data)
    try:
        if charset:
            return data.decode(charset), None
        return data.decode("ascii"), None
    except UnicodeDecodeError:
        return data.decode("utf-8", "backslashreplace"), "wrong_charset" if charset else "unknown_charset"


def _charset(data: bytes) -> str:
    fields = re.split(rb"[\r\n]", data, maxsplit=1)[0].split(data[3:4])
    named = fields[17] if len(fields) > 17 else b""
    return named.split(fields[1][1:2] or b"~")[0].decode("ascii", "replace").strip().upper()


def line_end(text: str) -> str:
    """What ends the segments: CR as HL7 wants it, else CRLF or LF."""
    if "\r" not in text:
        return "\n" if "\n" in text else "\r"
    return "\r\n" if text.count("\r\n") == text.count("\r") else "\r"


def segments(text: str) -> list[str]:
    """The segments of a message; where CR ends them, an LF before no segment is part of a text."""
    if "\r" not in text:
        return [line for line in text.split("\n") if line.strip()]
    lines = text.replace("\r\n", "\r")
    if "\n" in lines:
        lines = _LINE_ENDS.sub("\r", lines)
    return [line for line in lines.split("\r") if line.strip()]


@lru_cache(maxsize=256)
def separators_of(head: str) -> Separators | None:
    """By the first letters of a message (MSH-1, MSH-2), None where they cannot be told apart."""
    named = head[3] + head[4:].partition(head[3])[0][:4]
    is_told = len(named) > 1 and len(set(named)) == len(named)
    if not is_told or not named.isprintable() or any(letter.isalnum() or letter == " " for letter in named):
        return None
    return Separators(*named)


def head_of(text: str) -> str:
    """As much of a message as names its separators."""
    return text[:4] + text[4:10].partition(text[3:4])[0] + text[3:4]


def fields_of(segment: str, by: Separators) -> list[str]:
    """The fields as written, numbered as HL7 does: [0] is the segment's name, and MSH-1 is the separator itself."""
    fields = segment.split(by.field)
    return [fields[0], by.field, *fields[1:]] if fields[0] in HEADERS else fields


def tokens(segment: str, by: Separators) -> list[list[list[list[str]]]]:
    """Fields, repetitions, components and sub-components, as written."""
    fields = fields_of(segment, by)
    whole = 3 if fields[0] in HEADERS else 1
    plain = [[[[field]]] for field in fields[:whole]]
    return plain + [
        [[_cut(component, by.subcomponent) for component in _cut(repetition, by.component)]
         for repetition in _cut(field, by.repetition)]
        for field in fields[whole:]
    ]  # fmt: skip


def _cut(text: str, separator: str) -> list[str]:
    return text.split(separator) if separator else [text]


def segment_json_once(segment: str, by: Separators) -> str:
    """A segment as JSON, `{"f3": [{"c1": …, "c4": …, "c4s2": …}]}`: of each field that is not empty its repetitions."""
    fields = fields_of(segment, by)
    is_plain, names = _special(by).isdisjoint, _numbered("f", len(fields))
    # Tests, units, wards and staff of a hospital come in message after message.
    cut = _repetitions if len(segment) <= LONGEST_CACHED else _repetitions.__wrapped__
    said = {
        name: told
        for name, text in zip(names, fields, strict=True)
        if text and (told := [{"c1": text}] if is_plain(text) else cut(text, by))
    }
    del said["f0"]
    if fields[0] in HEADERS:
        said |= {f"f{n}": [{"c1": text}] for n, text in enumerate(fields[1:3], 1)}
    elif fields[0] == "OBX" and len(fields) > 5 and fields[5] and fields[2] in SIMPLE:
        said["f5"] = [{"c1": _value(text, by)} if text else {} for text in _cut(fields[5], by.repetition)]
    return orjson.dumps(said).decode()


@lru_cache(maxsize=1024)
def _numbered(letter: str, count: int) -> tuple[str, ...]:
    return tuple(f"{letter}{n}" for n in range(count))


# Segments that give the context of many records come again and again.
segment_json = lru_cache(maxsize=4096)(segment_json_once)


@lru_cache(maxsize=1 << 14)
def _repetitions(field: str, by: Separators) -> list[dict[str, str | None]]:
    """Empty where there are separators and nothing else: that is as if the field were not there."""
    each = [_components(text, by) for text in _cut(field, by.repetition)]
    return each if any(each) else []


@lru_cache(maxsize=64)
def _special(by: Separators) -> frozenset[str]:
    """What makes more of a field than a plain text; two quotes say that there is none any more."""
    return frozenset("".join(by[1:]) + '"')


def _components(repetition: str, by: Separators) -> dict[str, str | None]:
    """`c4` is component 4 or the first of its sub-components, `c4s2` the second: how HL7 lets a component grow."""
    parts = repetition.split(by.component)
    is_plain = not (by.subcomponent and by.subcomponent in repetition) and not (by.escape and by.escape in repetition)
    if is_plain and '""' not in repetition:
        return {name: part for name, part in zip(_numbered("c", len(parts) + 1)[1:], parts, strict=True) if part}
    named = {f"c{n}" if s == 1 else f"c{n}s{s}": part
             for n, whole in enumerate(parts, 1) for s, part in enumerate(_cut(whole, by.subcomponent), 1)}  # fmt: skip
    return {name: _value(part, by) for name, part in named.items() if part}


def _value(text: str, by: Separators) -> str | None:
    """A text without escapes; `""` says that there is none any more (HL7 2.5.1, 2.5.3)."""
    if text == '""':
        return None
    return unescaped(text, by) if by.escape and by.escape in text else text


def unescaped(text: str, by: Separators) -> str:
    """Escape sequences (HL7 2.5.1, 2.7) read; one that is not known stays as it was written."""
    before, *parts = text.split(by.escape)
    said, is_open = [before], False
    for n, part in enumerate(parts):
        meaning = None if is_open or n == len(parts) - 1 else _meaning(part, by)
        if meaning is not None:
            said.append(meaning)
            is_open = True
        else:
            said.append(part if is_open else by.escape + part)
            is_open = False
    return "".join(said)


def _meaning(code: str, by: Separators) -> str | None:
    """What stands between two escape letters means; None if that is no escape."""
    letters = {"F": by.field, "S": by.component, "T": by.subcomponent, "R": by.repetition, "E": by.escape}
    if code in letters:
        return letters[code]
    if code in _LAYOUT:
        return _LAYOUT[code]
    if code[:1] == "X":
        return _bytes(code[1:])
    spaced = _SPACED.fullmatch(code)
    if not spaced:
        return None
    many = int(spaced[2]) if spaced[2].strip("+-") else 1
    return {"sp": "\n", "sk": " "}.get(spaced[1], "") * abs(many)


def _bytes(hexadecimal: str) -> str | None:
    try:
        text = bytes.fromhex(hexadecimal).decode()
    except ValueError:
        return None
    return text if text and "\x00" not in text else None
