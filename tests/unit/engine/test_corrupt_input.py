"""Every way a delivery can be broken: what the ledger says of it, in which words, and that all beside it lands.

Each cell is one file (or several) among two good ones. What it says is read off the format's own standard or counted
by hand; values that a table refuses only later are in `tests/spec/sources/test_corrupt_values.py`.
"""

from __future__ import annotations

import gzip
import io
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.support.landing_sample import AS_OF, HOSPITAL, NOTES, PERSONS, SYSTEMS, TOY, VISIT
from twinlake.catalog.sources._fhir_feeds import PATIENT
from twinlake.catalog.sources.hl7v2 import SYSTEM as HL7V2
from twinlake.engine import staging
from twinlake.engine.counting import counting_now
from twinlake.engine.home import Home, open_home
from twinlake.engine.ingest import ingest, new_files
from twinlake.engine.integrity import _held, missing_records, unbalanced_files
from twinlake.engine.ledger import NONE_READABLE, read_ledger
from twinlake.engine.quarantine import Quarantine
from twinlake.engine.run import Run
from twinlake.engine.wire import text

SYSTEM = replace(TOY, feeds=(PERSONS, NOTES, VISIT, PATIENT, HL7V2.feed("message")))
DAY = "2026-10-01"
HEAD, ADA, BO = b"id,name,note\n", b"1,Ada,well\n", b"2,Bo,ill\n"
GOOD = HEAD + ADA + BO
MANY = HEAD + b"".join(b"%d,Ada %d,well\n" % (n, n * 7919) for n in range(4000))
ZIPPED = gzip.compress(MANY, mtime=0)
V1, V2 = b'{"id":"1","subject":{"reference":"Patient/1"}}\n', b'{"id":"2","subject":{"reference":"Patient/1"}}\n'
MSH, PID = b"MSH|^~\\&|A|GHH|||20200301093000||ADT^A08|M1|P|2.5", b"PID|1||77^^^GHH^MR||Doe^Jane||19800102|F"
A08 = MSH + b"\r" + PID + b"\r"
OTHER = A08.replace(b"M1", b"M2").replace(b"77^", b"78^")
FIELDS = "expected 3 fields, quotes in pairs, UTF-8 text"
ONE_OBJECT = "expected one whole JSON object on the line"
HEADER = "wrong_header: {}; expected id,name,note"
GONE = (
    "schema_drift: dropped {0} (not in the header): quarantine. Deliver the file as declared, declare the change in "
    'the system\'s file in catalog/sources, or let it pass by "{1}.dropped" under [drift] in hospital.toml'
)
CUT = ("cut_message", "the MLLP block has no end (0x1C 0x0D)")
DAMAGED = "damaged_gzip: the compressed file is cut or damaged ({})"


@dataclass(frozen=True)
class Cell:
    """One file as it came, and its ledger row: records in, landed, quarantined, duplicates, status, reason.

    `held` are the records in quarantine that are not the whole file: place, rule and reason of each.
    """

    file: str
    data: bytes
    counts: tuple[int, int, int, int]
    reason: str = ""
    held: tuple[tuple[int, str, str], ...] = ()
    status: str = "landed"


def whole(file: str, data: bytes, reason: str) -> Cell:
    """Nothing of the file can be trusted."""
    return Cell(file, data, (1, 0, 1, 0), reason, status="quarantined")


def csv(data: bytes, counts: tuple[int, int, int, int], *held: tuple[int, str], **more: str) -> Cell:
    return Cell("persons.csv", data, counts, held=tuple((at, rule, FIELDS) for at, rule in held), **more)


def json(data: bytes, counts: tuple[int, int, int, int], *held: tuple[int, str, str], **more: str) -> Cell:
    return Cell("visit.ndjson", data, counts, held=held, **more)


def hl7(data: bytes, counts: tuple[int, int, int, int], *held: tuple[int, str, str], **more: str) -> Cell:
    return Cell("messages.hl7", data, counts, held=held, **more)


def flipped(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


def zip_of(data: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as out:
        out.writestr(zipfile.ZipInfo("persons.csv", (2026, 1, 1, 0, 0, 0)), data)
    return made.getvalue()


NONE = {"status": "quarantined", "reason": NONE_READABLE}
CELLS = {
    # Compression
    "gz cut at 1 %": whole("persons.csv.gz", ZIPPED[: len(ZIPPED) // 100], DAMAGED.format("EOFError")),
    "gz cut at 50 %": whole("persons.csv.gz", ZIPPED[: len(ZIPPED) // 2], DAMAGED.format("EOFError")),
    "gz cut at 99 %": whole("persons.csv.gz", ZIPPED[: len(ZIPPED) * 99 // 100], DAMAGED.format("EOFError")),
    "gz with a flipped CRC": whole("persons.csv.gz", flipped(ZIPPED, len(ZIPPED) - 6), DAMAGED.format("BadGzipFile")),
    "gz by its bytes, not by its name": Cell("persons.csv", gzip.compress(GOOD, mtime=0), (2, 2, 0, 0)),
    "a name that says gz, plain bytes": Cell("persons.csv.gz", GOOD, (2, 2, 0, 0)),
    "a bomb of one line": whole(
        "persons.csv.gz", gzip.compress(HEAD + b"0" * (3 << 20), mtime=0), "line_too_long: a line is longer than 1 MiB"
    ),
    "a bomb of many lines": Cell(
        "persons.csv.gz", gzip.compress(HEAD + ADA * 200_000, mtime=0), (200_000, 1, 0, 199_999)
    ),
    "a zip archive": Cell(
        "persons.zip", zip_of(GOOD), (0, 0, 0, 0), "toy declares no feed for 'persons.zip'", status="unknown"
    ),
    # Text
    "empty": whole("persons.csv", b"", "empty_file: no header; expected id,name,note"),
    "header only": Cell(
        "persons.csv", HEAD, (0, 0, 0, 0), "the file holds no record; what was known before stands", status="empty"
    ),
    "byte order mark": csv(b"\xef\xbb\xbf" + GOOD, (2, 2, 0, 0)),
    "UTF-16": whole(
        "persons.csv", GOOD.decode().encode("utf-16"), "not_utf8: the file begins with a UTF-16 mark; expected UTF-8"
    ),
    "UTF-16 without a mark": whole(
        "persons.csv", GOOD.decode().encode("utf-16-le"), HEADER.format("the first line has 0 of the 3 names")
    ),
    "Latin-1": csv(HEAD + "1,Renée,well\n".encode("latin-1") + BO, (2, 1, 1, 0), (0, "not_utf8")),
    "bad UTF-8": csv(HEAD + b"1,Ad\xc3\x28a,well\n" + BO, (2, 1, 1, 0), (0, "not_utf8")),
    "NUL": csv(HEAD + b"1,A\x00da,well\n" + BO, (2, 1, 1, 0), (0, "nul_byte")),
    "mixed line ends": csv(b"id,name,note\r\n1,Ada,well\n2,Bo,ill\r\n3,Ce,ill", (3, 3, 0, 0)),
    "old Macintosh line ends": whole(
        "persons.csv",
        GOOD.replace(b"\n", b"\r"),
        HEADER.format("the lines end in CR alone, expected LF or CRLF"),
    ),
    "a line longer than any": whole(
        "persons.csv", GOOD + b"3," + b"x" * (2 << 20), "line_too_long: a line is longer than 1 MiB"
    ),
    # Columns
    "semicolons": whole(
        "persons.csv", GOOD.replace(b",", b";"), HEADER.format("the first line has 0 of the 3 names")
    ),
    "a short and a long row": csv(
        HEAD + b"1,Ada\n2,Bo,ill,more\n3,Ce,ill\n", (3, 1, 2, 0), (0, "field_count"), (1, "field_count")
    ),
    "nothing but long rows": csv(HEAD + b"1,Ada,well,x\n", (1, 0, 1, 0), (0, "field_count"), **NONE),
    "a quote left open": csv(HEAD + b'1,"Ada,well\n' + BO + b"3,Ce,ill\n", (3, 2, 1, 0), (0, "unbalanced_quote")),
    "headers swapped": Cell("persons.csv", b"name,id,note\nAda,1,well\n", (1, 1, 0, 0)),
    "a header missing": whole("persons.csv", b"id,name\n1,Ada\n", GONE.format("note", "toy")),
    "a header twice": whole(
        "persons.csv", b"id,name,note,note\n1,Ada,well,x\n", HEADER.format("a column stands twice")
    ),
    "no header": whole("persons.csv", ADA + BO, HEADER.format("the first line has 0 of the 3 names")),
    "a decimal comma makes a column more": csv(HEAD + b"1,Ada,5,4\n" + BO, (2, 1, 1, 0), (0, "field_count")),
    "a record without its key": csv(HEAD + b",Ada,well\n" + BO, (2, 2, 0, 0)),
    "the same record twice": csv(HEAD + ADA + ADA + BO, (3, 2, 0, 1)),
    # JSON
    "half a line": json(V1 + V2[:20], (2, 1, 1, 0), (1, "not_json", ONE_OBJECT)),
    "an array": json(V1 + b"[" + V2.strip() + b"]\n", (2, 1, 1, 0), (1, "not_json", ONE_OBJECT)),
    "a file that is one array": json(
        b"[\n" + V1.strip() + b",\n" + V2 + b"]\n", (4, 1, 3, 0), (0, "not_json", ONE_OBJECT),
        (1, "not_json", ONE_OBJECT), (3, "not_json", ONE_OBJECT)),
    "a key twice": json(
        b'{"id":"1","id":"2"}\n' + V2, (2, 1, 1, 0),
        (0, "duplicate_key", "an object names the same key twice; expected each key once")),
    "nested too deep for any parser": json(
        b'{"id":"1","a":' + b"[" * 5000 + b"]" * 5000 + b"}\n" + V2, (2, 1, 1, 0), (0, "not_json", ONE_OBJECT)),
    "nested too deep for Spark": json(
        b'{"id":"1","a":' + b"[" * 300 + b"]" * 300 + b"}\n" + V2, (2, 1, 1, 0),
        (0, "nested_too_deep", "objects in objects beyond 250 levels; no record of care is like that")),
    "a whole number above 2^53": json(b'{"id":9007199254740993,"v":9007199254740993}\n' + V2, (2, 2, 0, 0)),
    "NaN": json(b'{"id":"1","v":NaN}\n' + V2, (2, 1, 1, 0), (0, "not_json", ONE_OBJECT)),
    "Infinity": json(b'{"id":"1","v":-Infinity}\n' + V2, (2, 1, 1, 0), (0, "not_json", ONE_OBJECT)),
    "a number with five thousand digits": json(
        b'{"id":"1","v":' + b"9" * 5000 + b"}\n" + V2, (2, 1, 1, 0), (0, "not_json", ONE_OBJECT)),
    "an error page of the web": json(b"<html>502</html>\n", (1, 0, 1, 0), (0, "not_json", ONE_OBJECT), **NONE),
    # FHIR
    "another type in the file": Cell(
        "Patient.ndjson", b'{"resourceType":"Patient","id":"1"}\n{"resourceType":"Encounter","id":"2"}\n', (2, 1, 1, 0),
        held=((1, "wrong_type", "its resourceType is not Patient; put it in the file of its own type"),)),
    "another version of FHIR": Cell(
        "Patient.ndjson", b'{"resourceType":"Patient","id":"1","name":[{"family":["Doe"]}]}\n', (1, 0, 1, 0),
        held=((0, "wrong_version", "Patient.name.family:array is of FHIR DSTU2; expected R4"),), **NONE),
    "a reference to nobody": json(b'{"id":"1","subject":{"reference":"Patient/nobody"}}\n' + V2, (2, 2, 0, 0)),
    # HL7 v2: a person is one record
    "HL7 with LF": hl7(A08.replace(b"\r", b"\n") + OTHER.replace(b"\r", b"\n"), (2, 2, 0, 0)),
    "HL7 with CRLF": hl7(A08.replace(b"\r", b"\r\n"), (1, 1, 0, 0)),
    "HL7 without MSH": whole("messages.hl7", PID + b"\r", "not_hl7v2: no line begins with MSH and its separators"),
    "HL7 that begins before its MSH": hl7(
        PID + b"\r" + A08, (2, 1, 1, 0), (0, "outside_message", "this stands before, between or after messages")),
    "two messages in a frame": hl7(b"\x0b" + A08 + OTHER + b"\x1c\r", (2, 2, 0, 0)),
    "two messages in a frame that never ends": hl7(
        b"\x0b" + A08 + OTHER, (2, 1, 1, 0), (1, *CUT)),
    "a frame that never ends, before another": hl7(
        b"\x0b" + A08 + b"\x0b" + OTHER + b"\x1c\r", (2, 1, 1, 0),
        (0, *CUT)),
    "MSH inside a line is text": hl7(
        A08.strip() + b" MSH|^~\\&|A\r" + OTHER, (2, 2, 0, 0)),
    "a frame without its end": hl7(
        b"\x0b" + A08 + b"\x1c\r\x0b" + OTHER, (2, 1, 1, 0), (1, *CUT)),
    "HL7 in another character set than it says": hl7(
        A08.replace(b"2.5\r", b"2.5||||||UNICODE UTF-8\r").replace(b"Jane", "Ren\xe9e".encode("latin-1")) + OTHER,
        (2, 1, 1, 0), (0, "not_utf8", "MSH-18 names UTF-8, or no character set, and the bytes are no UTF-8")),
}  # fmt: skip


def test_no_reason_holds_a_value_of_a_record():
    for cell in CELLS.values():
        assert not {"Ada", "Bo", "well", "Doe", "Jane"} & set(str((cell.reason, cell.held)).replace("'", " ").split())


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch):
    """The longest line that is read is 1 MiB here, so that one beyond it is quickly made."""
    monkeypatch.setattr(text, "LONGEST_LINE", 1 << 20)
    monkeypatch.setattr(text, "BLOCK", 1 << 16)


def landed(folder: Path, run_id: str = "run-1") -> Run:
    """What a run over `folder/feeds` makes of its files."""
    home = Home(folder / "home", folder / "feeds")
    (home.feeds / "h" / "hospital.toml").write_text(HOSPITAL)
    open_home(home)
    run = Run(home=home, run_id=run_id, as_of=AS_OF, hospitals={}, systems={"toy": SYSTEM}, tables={},
              fingerprints={}, rules=lambda table: ())  # fmt: skip
    ledger = read_ledger(run.ops)
    ingest(run, "h", new_files(home.feeds, "h", run.systems, ledger), ledger)
    return run


def put(folder: Path, files: dict[str, bytes]) -> None:
    for name, data in files.items():
        target = folder / "feeds" / "h" / "toy" / DAY / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


def told(run: Run, name: str) -> tuple:
    row = read_ledger(run.ops).current[f"h/toy/{DAY}/{name}"]
    return (*(row[n] for n in ("records_in", "landed", "quarantined", "duplicates")), row["status"], row["reason"])


@pytest.mark.parametrize("kind", CELLS)
def test_a_broken_file_is_told_to_the_letter_and_all_beside_it_lands(tmp_path: Path, kind: str):
    cell = CELLS[kind]
    put(tmp_path, {"notes.csv": GOOD, "visit good.ndjson": V1, cell.file: cell.data})
    run = landed(tmp_path)
    assert told(run, cell.file) == (*cell.counts, cell.status, cell.reason)
    assert [told(run, name)[:2] for name in ("notes.csv", "visit good.ndjson")] == [(2, 2), (1, 1)]
    assert not [*unbalanced_files(run.ops), *missing_records(run.ops)]
    found = SYSTEM.feed_of(cell.file.removesuffix(".gz"))
    rows = Quarantine(run.ops, f"quarantine.toy_{found.name}").rows() if found else []
    whole_file = ((None, *cell.reason.split(": ", 1)),) if cell.counts == (1, 0, 1, 0) and not cell.held else ()
    assert sorted((r["record_offset"], r["rule"], r["reason"]) for r in rows) == sorted((*cell.held, *whole_file))


def test_a_file_still_being_written_waits_for_the_next_run_and_lands_whole(tmp_path: Path, monkeypatch):
    put(tmp_path, {"persons.csv": HEAD + ADA, "notes.csv": GOOD})
    place = tmp_path / "feeds" / "h" / "toy" / DAY / "persons.csv"
    read = staging.records_of

    def written_meanwhile(stream, feed, path):
        yield from read(stream, feed, path)
        if feed.name == "persons":
            with place.open("ab") as writer:
                writer.write(BO)

    with monkeypatch.context() as slow:
        slow.setattr(staging, "records_of", written_meanwhile)
        run = landed(tmp_path)
    reason = "still_written: it changed while it was read; the next run takes it, if it is whole by then"
    assert told(run, "persons.csv") == (1, 0, 1, 0, "quarantined", reason)
    assert told(run, "notes.csv")[:2] == (2, 2)
    place.write_bytes(HEAD + ADA)  # as it was when it was found
    run = landed(tmp_path, "run-2")
    assert told(run, "persons.csv") == (1, 1, 0, 0, "landed", "")
    assert Quarantine(run.ops, "quarantine.toy_persons").rows() == []


def test_a_file_that_goes_away_before_it_is_read_stops_nobody(tmp_path: Path, monkeypatch):
    put(tmp_path, {"persons.csv": GOOD, "notes.csv": GOOD})
    stage = staging.stage

    def taken_away(source, *given):
        if source.name == "persons.csv":
            source.unlink()
        return stage(source, *given)

    monkeypatch.setattr("twinlake.engine.staging.stage", taken_away)
    run = landed(tmp_path)
    assert told(run, "persons.csv")[4:] == (
        "quarantined", "still_written: it went away before it was read; the next run looks again")  # fmt: skip
    assert told(run, "notes.csv")[:2] == (2, 2)


def test_the_same_file_under_two_names_lands_twice_and_holds_each_record_once(tmp_path: Path):
    put(tmp_path, {"visit a.ndjson": V1 + V2, "visit b.ndjson": V1 + V2})
    run = landed(tmp_path)
    assert [told(run, name)[:2] for name in ("visit a.ndjson", "visit b.ndjson")] == [(2, 2), (2, 2)]
    hashes = run.ops.ask("select count(distinct record_key) as n from toy_visit", {"bronze.toy_visit": None})
    assert (sum(_held(run.ops, "bronze.toy_visit").values()), hashes) == (4, [{"n": 2}])


def test_the_same_name_with_new_content_is_read_again_and_the_newer_one_counts(tmp_path: Path):
    put(tmp_path, {"persons.csv": GOOD})
    landed(tmp_path)
    put(tmp_path, {"persons.csv": HEAD + b"1,Ada,worse\n"})
    run = landed(tmp_path, "run-2")
    assert told(run, "persons.csv") == (1, 1, 0, 0, "landed", "")
    (counts,) = counting_now(read_ledger(run.ops), {"toy": SYSTEM}).values()
    assert [(file.path, file.sha256) for file in counts] == [
        (f"h/toy/{DAY}/persons.csv", read_ledger(run.ops).current[f"h/toy/{DAY}/persons.csv"]["sha256"])
    ]


HOSTILE = ("'; drop table", "%2e%2e", "[a]{b}*?", "\n", "ü🏥", "`rm`", "$HOME", "a:b", "")


@pytest.mark.parametrize("odd", HOSTILE)
def test_a_hostile_name_is_a_name(tmp_path: Path, odd: str):
    name = f"visit {odd}.ndjson"
    put(tmp_path, {name: V1, "notes.csv": GOOD})
    run = landed(tmp_path)
    assert told(run, name) == (1, 1, 0, 0, "landed", "")
    assert not list(missing_records(run.ops))


def test_a_record_without_its_key_is_known_by_its_content(tmp_path: Path):
    put(tmp_path, {"persons.csv": HEAD + b",Ada,well\n"})
    run = landed(tmp_path)
    (row,) = run.ops.ask("select record_key, record_hash, source_person_id from toy_persons",
                         {"bronze.toy_persons": None})  # fmt: skip
    assert row["record_key"] == row["record_hash"] and row["source_person_id"] is None
    assert SYSTEMS["toy"].feed("persons").key == ("id",)
