"""WFDB: the files of a recording, each of its kind: header, annotation, samples (physionet.org/physiotools/wag).

What is kept is JSON. A header keeps its text and what the text says of each signal; an annotation file its marks; a
sample file only where its bytes lie, how many they are and their SHA-256 (unzipped). The files find each other by the
names that headers give them, so that they may come in any order and on different days.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from itertools import accumulate
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

from twinlake.declare.source import Feed
from twinlake.engine.discover import inside
from twinlake.engine.wire import Fault, FileFault, Record
from twinlake.engine.wire.binary import digest_and_size
from twinlake.engine.wire.text import all_bytes, decode

# Bytes of a header or of an annotation file; a day of beats is 0.3 MB.
LARGEST = 32 << 20
# Samples of a signal: a year at 30 kHz.
LONGEST = 10**12
# Samples that stand together, and their bytes (physionet.org/physiotools/wag/signal-5.htm); FLAC has no fixed size.
PACKING = {
    "8": (1, 1), "80": (1, 1), "16": (1, 2), "61": (1, 2), "160": (1, 2), "24": (1, 3), "32": (1, 4), "212": (2, 3),
    "310": (3, 4), "311": (3, 4),
}  # fmt: skip
END_OF_MARKS = b"\x00\x00"


def read(stream: BinaryIO, feed: Feed) -> Iterator[Record | Fault]:
    """A file whose name nobody knows is read as a header, the only one that says itself what it is."""
    return read_at(stream, feed, "")


def read_at(stream: BinaryIO, feed: Feed, path: str) -> Iterator[Record | Fault]:
    """The one record of a file; its ending says what kind it is, for samples and annotations have no mark of it."""
    place = PurePosixPath(inside(path) if path else "record.hea")
    kind, tell = KINDS.get(place.suffix, ("annotation", _annotation))
    told = {"record": str(place.with_suffix("")), "file": str(place), "path": path or None, **tell(stream, place)}
    yield Record(0, json.dumps(told, ensure_ascii=False), str(place), None, None, kind)


def _samples(stream: BinaryIO, place: PurePosixPath) -> dict[str, Any]:
    sha256, size = digest_and_size(stream)
    if not size:
        raise FileFault("empty_file", "no samples; expected at least one")
    return {"sha256": sha256, "bytes": size}


def _header(stream: BinaryIO, place: PurePosixPath) -> dict[str, Any]:
    content = all_bytes(stream, LARGEST)
    text, rule = decode(content)
    if rule:
        raise FileFault(rule, "expected a header in plain text without NUL")
    found = _parsed(
        content, "hea", "not_wfdb_header", "expected a record line and a line for each signal", _read_header
    )
    segments = list(getattr(found, "seg_len", None) or [])
    if max(found.sig_len or 0, sum(segments)) > LONGEST:
        raise FileFault("not_wfdb_header", "more samples than any file holds")
    if getattr(found, "n_seg", None) is not None:
        return {
            "text": text, "is_multi_segment": True, **_recording(found), "signals": [],
            "segments": _segments(found, place),
        }  # fmt: skip
    if len(found.file_name or []) != found.n_sig:
        reason = f"the record line says {found.n_sig} signals, {len(found.file_name or [])} lines follow"
        raise FileFault("signal_count", reason)
    return {"text": text, "is_multi_segment": False, **_recording(found), "signals": _signals(found, place, text)}


def _calibrated(text: str) -> list[bool]:
    """Of each signal whether its line gives a gain; where it gives none, or zero, the library puts 200/mV."""
    from wfdb.io.header import parse_header_content, rx_signal

    (_, *lines), _ = parse_header_content(text)
    return [bool(float(rx_signal.match(line)["adc_gain"] or 0)) for line in lines]


def _recording(header: Any) -> dict[str, Any]:
    """When the recording began is told only where the header knows the day."""
    begun = f"{header.base_date}T{header.base_time or '00:00:00'}" if header.base_date and header.base_time else None
    return {"frequency": _number(header.fs), "begun": begun, "sample_count": header.sig_len}


def _segments(header: Any, place: PurePosixPath) -> list[dict[str, Any]]:
    """Each segment's record and how many samples after the master it begins; `~` is a gap in which nobody recorded."""
    begins = accumulate(header.seg_len, initial=0)
    told = zip(header.seg_name, begins, strict=False)
    return [{"record": str(place.parent / name), "offset": offset} for name, offset in told if name != "~"]


def _signals(header: Any, place: PurePosixPath, text: str) -> list[dict[str, Any]]:
    """What the header says of each signal; one that is not calibrated has neither gain nor unit."""
    expected, calibrated = _expected_bytes(header), _calibrated(text)
    return [
        {
            "number": n, "file": str(place.parent / name), "format": header.fmt[n], "name": header.sig_name[n],
            "unit": header.units[n] if calibrated[n] else None,
            "gain": _number(header.adc_gain[n]) if calibrated[n] else None, "baseline": header.baseline[n],
            "frequency": _number(header.fs * header.samps_per_frame[n]), "expected_bytes": expected.get(name),
            "sample_count": header.sig_len and header.sig_len * header.samps_per_frame[n],
        } for n, name in enumerate(header.file_name or [])
    ]  # fmt: skip


def _expected_bytes(header: Any) -> dict[str, int]:
    """How long each sample file must at least be; of one whose length or packing is not told, nothing."""
    sizes: dict[str, int] = {}
    for name in set(header.file_name or []):
        own = [n for n, other in enumerate(header.file_name) if other == name]
        packing = PACKING.get(header.fmt[own[0]])
        if header.sig_len and packing:
            samples = header.sig_len * sum(header.samps_per_frame[n] for n in own)
            together, size = packing
            sizes[name] = (header.byte_offset[own[0]] or 0) + math.ceil(samples * size / together)
    return sizes


def _annotation(stream: BinaryIO, place: PurePosixPath) -> dict[str, Any]:
    content = all_bytes(stream, LARGEST)
    # The library takes a file that is cut between two marks for a whole one.
    if len(content) % 2 or not content.endswith(END_OF_MARKS):
        raise FileFault("cut_annotation", "expected pairs of bytes that end with a pair of zeros")
    found = _parsed(content, "atr", "not_wfdb_annotation", "expected MIT format", _read_annotation)
    marks = [
        {"number": n, "sample": int(sample), "symbol": symbol, "is_beat": symbol in _beats(), "name": _names()[symbol],
         "note": note.rstrip("\x00") or None}
        for n, (sample, symbol, note) in enumerate(zip(found.sample, found.symbol, found.aux_note, strict=True))
        if symbol in _names()
    ]  # fmt: skip
    if len(marks) < len(found.symbol):
        raise FileFault("not_wfdb_annotation", f"{len(found.symbol) - len(marks)} marks are of no known kind")
    return {"annotator": place.suffix.removeprefix("."), "frequency": _number(found.fs), "marks": marks}


def _parsed(content: bytes, ending: str, rule: str, expected: str, parse: Callable[[str], Any]) -> Any:
    """What the library makes of it; it reads files only, and fails in as many ways as there are bad files."""
    with TemporaryDirectory() as folder:
        (Path(folder) / f"record.{ending}").write_bytes(content)
        try:
            return parse(str(Path(folder) / "record"))
        except Exception as error:
            raise FileFault(rule, f"{expected} ({type(error).__name__})") from error


def _read_header(record: str) -> Any:
    from wfdb import rdheader

    return rdheader(record)


def _read_annotation(record: str) -> Any:
    from wfdb import rdann

    return rdann(record, "atr")


def _names() -> dict[str, str]:
    from wfdb.io.annotation import ann_labels

    return {label.symbol: label.description for label in ann_labels if label.symbol != " "}


def _beats() -> frozenset[str]:
    """PhysioNet's list of beats (archive.physionet.org/physiobank/annotations.shtml); a flutter wave is none."""
    return frozenset("NLRBAaJSVrFejnE/fQ?")


def _number(value: Any) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)


KINDS: dict[str, tuple[str, Callable[[BinaryIO, PurePosixPath], dict[str, Any]]]] = {
    ".hea": ("header", _header),
    ".dat": ("samples", _samples),
}
