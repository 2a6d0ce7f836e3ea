"""VCF 4: each sample of each line is a record (samtools.github.io/hts-specs, VCFv4.1 to 4.5); GRCh38 only.

The lines are cut here and not by vcfpy: that ends the file at its first bad line, and keeps no line as it came. It is
the oracle of the tests.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, BinaryIO

import orjson

from twinlake.declare.source import Feed
from twinlake.engine.discover import inside
from twinlake.engine.wire import Fault, FileFault, Record
from twinlake.engine.wire.text import decode, lines

COLUMNS = ("#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT")
FIXED = len(COLUMNS)
SEPARATOR = "\x1f"
ABSENT = "."
# What programs write where nobody names a sample: in the next file it is somebody else.
PLACEHOLDERS = frozenset(
    ("pharmcat", "sample", "default", "unknown", "unnamed", "none", "na", "n/a", "tumor", "normal")
)

# An empty block ends every file of bgzip; cut between two blocks, it is whole to gzip (SAM specification, 4.1.2).
BGZF_START = re.compile(rb"\x1f\x8b\x08\x04.{8}BC\x02\x00", re.DOTALL)
BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")

_GENOTYPE = re.compile(r"[/|]?(?:\.|\d{1,4})(?:[/|](?:\.|\d{1,4})){0,15}")
_ZERO = re.compile(r"0+(?:\.0*)?")
_POSITION = re.compile(r"\d{1,10}")
_REFERENCE = re.compile(r"[ACGTNRYSWKMBDHV]+", re.IGNORECASE)
_BREAKEND = r"[^\s,\[\]]*(?:\[[^\s,\[\]]+\[|\][^\s,\[\]]+\])[^\s,\[\]]*|\.[ACGTN]+|[ACGTN]+\."
_ALTERNATE = re.compile(rf"[ACGTN]+|\*|<[^<>\s,]+>|{_BREAKEND}", re.IGNORECASE)
_DATE = re.compile(r"##fileDate=\W?(\d{4})-?(\d\d)-?(\d\d)", re.IGNORECASE)

_THIS_BUILD = re.compile(r"GRCh38|hg38|(?<![a-z0-9])b38|GCA_000001405\.(?:1[5-9]|2\d)", re.IGNORECASE)
_OTHER_BUILD = re.compile(
    r"GRCh3[0-79]|hg1\d|hs37|g1k_v37|(?<![a-z0-9])(?:b3[0-7]|NCBI3\d|hs1)(?!\d)|T2T|CHM13"
    r"|GCA_000001405\.(?:[1-9]|1[0-4])(?!\d)",
    re.IGNORECASE,
)
# Of GRCh38: a chromosome's length, and the version of its RefSeq accession (ncbi.nlm.nih.gov/grc/human/data).
_GRCH38 = {
    "1": (248956422, 11), "2": (242193529, 12), "3": (198295559, 12), "4": (190214555, 12), "5": (181538259, 10),
    "6": (170805979, 12), "7": (159345973, 14), "8": (145138636, 11), "9": (138394717, 12), "10": (133797422, 11),
    "11": (135086622, 10), "12": (133275309, 12), "13": (114364328, 11), "14": (107043718, 9), "15": (101991189, 10),
    "16": (90338345, 10), "17": (83257441, 11), "18": (80373285, 10), "19": (58617616, 10), "20": (64444167, 11),
    "21": (46709983, 9), "22": (50818468, 11), "X": (156040895, 11), "Y": (57227415, 10),
}  # fmt: skip
_NAMES = tuple(_GRCH38)
_ACCESSION = re.compile(r"NC_0000(\d\d)\.(\d+)")
_CONTIG_NAME = re.compile(r"[<,]ID=(?:chr)?([^,>]+)", re.IGNORECASE)
_CONTIG_LENGTH = re.compile(r"[<,]length=(\d{1,12})", re.IGNORECASE)
_CONTIG_BUILD = re.compile(r"[<,]assembly=([^,>]+)", re.IGNORECASE)


@dataclass(frozen=True)
class _Header:
    """The samples of a file, and the day it was written."""

    samples: tuple[str, ...]
    written: str | None

    @cached_property
    def above(self) -> tuple[str, ...]:
        """By sample, the header lines of a file with this sample alone."""
        date = f"##fileDate={self.written}\n" if self.written else ""
        return tuple(date + "\t".join((*COLUMNS, sample)) + "\n" for sample in self.samples)


def read(stream: BinaryIO, feed: Feed) -> Iterator[Record | Fault]:
    """The records of a file whose place nobody knows."""
    return read_at(stream, feed, "")


def read_at(stream: BinaryIO, feed: Feed, path: str) -> Iterator[Record | Fault]:
    """The records of a file: of each line what it says of one sample, under the header line that names the sample.

    A sample that has only a placeholder for a name is this file's: `run1/s17:SAMPLE`.
    """
    _refuse_cut_blocks(stream)
    source = lines(stream)
    header, here = _told_apart(_header(source), path), _Place()
    found = (item for line in source for item in _items(line, header, here))
    for offset, item in enumerate(found):
        yield item._replace(offset=offset)


def _told_apart(header: _Header, path: str) -> _Header:
    place = re.sub(r"(?:\.g)?\.vcf(?:\.bgz)?$", "", inside(path)) if path else ""
    told = (f"{place}:{s}" if place and s.strip().casefold() in PLACEHOLDERS else s for s in header.samples)
    return replace(header, samples=tuple(told))


def _items(line: bytes, header: _Header, here: _Place) -> Iterator[Record | Fault]:
    text, damage = decode(line.removesuffix(b"\r"))
    if not text:
        return
    fields = text.split("\t")
    fault = (damage, "expected UTF-8 text without NUL") if damage else _line_fault(fields, len(header.samples))
    if fault:
        yield Fault(0, text, *fault)
        return
    here.move(fields)
    start, alternates = "\t".join(fields[:FIXED]) + "\t", len(_alternates(fields))
    for sample, above, said in zip(header.samples, header.above, fields[FIXED:], strict=True):
        flaw, raw = _sample_fault(fields[8], said, alternates), above + start + said
        yield Fault(0, raw, *flaw) if flaw else Record(0, raw, here.key(sample), sample, header.written)


def as_json(raw: str) -> str:
    """The call: place, alleles written out, phase, filters."""
    *above, line = raw.split("\n")
    fields = line.split("\t")
    sample = dict(zip(fields[8].split(":"), fields[FIXED].split(":"), strict=False))
    alleles = [fields[3].upper(), *_alternates(fields)]
    genotype = sample.get("GT", ABSENT)
    called = [None if n == ABSENT else alleles[int(n)] for n in _numbers(genotype)]
    found = {
        "sample": above[-1].split("\t")[FIXED],
        "written": above[0].partition("=")[2] if len(above) > 1 else None,
        "chromosome": chromosome(fields[0]),
        "position": int(fields[1]),
        "end_position": _end(fields),
        "variant_id": _present(fields[2]),
        "reference": alleles[0],
        "alternates": alleles[1:],
        "filter": _present(fields[6]),
        "genotype_filter": _present(sample.get("FT", ABSENT)),
        "genotype": _present(genotype),
        "alleles": [None] * len(called) if _is_unseen(sample, {*called} <= {alleles[0]}) else called,
        "is_phased": "|" in genotype and "/" not in genotype,
        "phase_set": _present(sample.get("PS", ABSENT)),
    }
    return orjson.dumps(found).decode()


def chromosome(name: str) -> str:
    """`chr10` for 10, chr10 and NC_000010.11; any other name as it is."""
    accession = _ACCESSION.fullmatch(name)
    if accession and 1 <= int(accession[1]) <= len(_NAMES):
        return f"chr{_NAMES[int(accession[1]) - 1]}"
    bare = name[3:] if name[:3].lower() == "chr" else name
    return f"chr{bare.upper()}" if bare.upper() in _NAMES else "chrM" if bare.upper() in ("M", "MT") else name


class _Place:
    """Keys of the records at one position: the second line with the same alleles is another record."""

    def __init__(self) -> None:
        self.at: tuple[str, ...] = ()
        self.said: dict[tuple[str, ...], int] = {}
        self.key_parts: tuple[str, ...] = ()

    def move(self, fields: list[str]) -> None:
        if tuple(fields[:2]) != self.at:
            self.at, self.said = tuple(fields[:2]), {}
        self.key_parts = (chromosome(fields[0]), fields[1].lstrip("0"), fields[3].upper(), fields[4].upper())
        self.said[self.key_parts] = self.said.get(self.key_parts, 0) + 1

    def key(self, sample: str) -> str:
        number = self.said[self.key_parts]
        return SEPARATOR.join((sample, *self.key_parts, *((str(number),) if number > 1 else ())))


def _refuse_cut_blocks(stream: BinaryIO) -> None:
    file = stream.fileobj if isinstance(stream, gzip.GzipFile) else None
    if file is None or not file.seekable():
        return
    start = file.tell()
    is_blocked = BGZF_START.match(file.read(18))
    size = file.seek(0, 2)
    file.seek(max(0, size - len(BGZF_END)))
    is_whole = file.read() == BGZF_END
    file.seek(start)
    if is_blocked and not is_whole:
        raise FileFault("damaged_gzip", "the file of bgzip has no last block; it was cut")


def _header(source: Iterator[bytes]) -> _Header:
    """Reads up to the line of the columns; a file of another build, or of none it names, is refused."""
    _check_version(_text(next(source, b"")))
    builds: set[bool] = set()
    written = None
    for line in source:
        text = _text(line)
        if not text.startswith("##"):
            _check_build(builds)
            return _Header(_samples(text), written)
        builds |= _builds(text)
        found = _DATE.match(text)
        written = "".join(found.groups()) if found else written
    raise FileFault("wrong_header", "the line of the columns is missing; expected #CHROM after the lines with ##")


def _text(line: bytes) -> str:
    text, damage = decode(line.removesuffix(b"\r"))
    if damage:
        raise FileFault(damage, "the header is not UTF-8 text without NUL")
    return text


def _check_version(first: str) -> None:
    if not first.startswith("##fileformat=VCF"):
        raise FileFault("not_vcf", "the first line is not ##fileformat=VCFv4")
    if not re.fullmatch(r"##fileformat=VCFv4\.\d", first.strip()):
        raise FileFault("wrong_version", "the first line names another version; expected VCFv4.1 to 4.5")


def _builds(text: str) -> set[bool]:
    """Whether a line of the header speaks for GRCh38 (True) or for another build (False)."""
    if text.startswith(("##reference=", "##assembly=")):
        return _named(text)
    if not text.startswith("##contig="):
        return set()
    name, length, build = (p.search(text) for p in (_CONTIG_NAME, _CONTIG_LENGTH, _CONTIG_BUILD))
    known = _GRCH38.get(name[1].upper()) if name else None
    by_length = {int(length[1]) == known[0]} if length and known else set()
    by_name = {_is_accession_of_build(name[1])} - {None} if name else set()
    return by_length | by_name | (_named(build[1]) if build else set())  # type: ignore[return-value]


def _named(text: str) -> set[bool]:
    return {value for pattern, value in ((_THIS_BUILD, True), (_OTHER_BUILD, False)) if pattern.search(text)}


def _is_accession_of_build(name: str) -> bool | None:
    """None where it is no RefSeq accession of a chromosome."""
    found = _ACCESSION.fullmatch(name)
    if not found or not 1 <= int(found[1]) <= len(_NAMES):
        return None
    return int(found[2]) == _GRCH38[_NAMES[int(found[1]) - 1]][1]


def _check_build(builds: set[bool]) -> None:
    if False in builds:
        raise FileFault("wrong_build", "the header names a build of the genome that is not GRCh38")
    if not builds:
        raise FileFault(
            "unknown_build", "the header names no build of the genome; expected GRCh38 in ##reference or ##contig"
        )


def _samples(text: str) -> tuple[str, ...]:
    columns = tuple(text.split("\t"))
    if columns[:FIXED] != COLUMNS and columns[: FIXED - 1] != COLUMNS[:-1]:
        raise FileFault("wrong_header", f"expected the columns {' '.join(COLUMNS)}, separated by tabs, and the samples")
    samples = columns[FIXED:]
    if not samples:
        raise FileFault("no_sample", "the file has no sample; it tells of variants and of nobody who has them")
    if len(set(samples)) < len(samples) or not all(sample.strip() for sample in samples):
        raise FileFault("wrong_header", "a sample has no name, or two have the same")
    return samples


def _line_fault(fields: list[str], samples: int) -> tuple[str, str] | None:
    if len(fields) != FIXED + samples:
        return "field_count", f"expected {FIXED + samples} fields separated by tabs"
    if not fields[0] or not _POSITION.fullmatch(fields[1]):
        return "bad_position", "expected a chromosome and a whole number"
    if _is_accession_of_build(fields[0]) is False:
        return "wrong_build", "the accession of the chromosome is not GRCh38's"
    if not _REFERENCE.fullmatch(fields[3]) or not all(_ALTERNATE.fullmatch(a) for a in _alternates(fields)):
        return "bad_allele", "REF and ALT hold bases, or for ALT a symbol in <>, a breakend, * or ."
    if _end(fields) < int(fields[1]):
        return "bad_position", "END stands before POS"
    return None


def _sample_fault(described: str, said: str, alternates: int) -> tuple[str, str] | None:
    names, values = described.split(":"), said.split(":")
    if len(values) > len(names):
        return "bad_genotype", "the sample has more values than FORMAT names"
    genotype = values[names.index("GT")] if "GT" in names[: len(values)] else ABSENT
    if not _GENOTYPE.fullmatch(genotype):
        return "bad_genotype", "GT is not numbers of alleles, or ., between / or |"
    if any(int(n) > alternates for n in _numbers(genotype) if n != ABSENT):
        return "bad_genotype", "GT names an allele that the line does not have"
    return None


def _alternates(fields: list[str]) -> list[str]:
    """Bases in capitals, symbols as they are."""
    if fields[4] == ABSENT:
        return []
    return [a.upper() if a.isalpha() else a for a in fields[4].split(",")]


def _numbers(genotype: str) -> list[str]:
    return re.findall(r"\.|\d+", genotype)


def _end(fields: list[str]) -> int:
    """The last base a line speaks of: END where it has one (a block, a symbol), else the end of REF."""
    found = re.search(r"(?:^|;)END=(\d{1,10})(?:;|$)", fields[7])
    return int(found[1]) if found else int(fields[1]) + len(fields[3]) - 1


def _is_unseen(sample: dict[str, str], is_reference: bool) -> bool:
    """Whether a reference call rests on nothing: no read, or no quality, is no call, though callers write 0/0 of it.

    DeepVariant's gVCF blocks (google/deepvariant, issue 346), and GATK's (broadinstitute/gatk, issue 7792).
    """
    depth = _present(sample.get("MIN_DP", ABSENT)) or sample.get("DP", ABSENT)
    return is_reference and any(_ZERO.fullmatch(value) for value in (depth, sample.get("GQ", ABSENT)))


def _present(text: str) -> Any:
    return None if text in (ABSENT, "") else text
