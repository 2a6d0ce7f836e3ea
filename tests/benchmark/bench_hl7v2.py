"""HL7 v2 messages a second, ours beside python-hl7 and hl7apy: `twinlake bench hl7v2 [--messages N]`.

Ours does more than parse: it deals a message to its things and gives each its key and version (`read`), or also makes
each thing's JSON, as conform does (`as_json`). The others only parse. `to bronze` is the whole landing of four files:
hashes, records counted and checked, Delta commit, ledger, on as many executors as there are cores. Every process gets
messages of its own of about 4 KB; no two patients, orders or results are alike, but 211 doctors order some 1,200 tests.
Messages a second are by the clock of the slowest process; messages a CPU-second change less on a busy machine. `--data`
adds the real samples, each made different.
"""

from __future__ import annotations

import argparse
import tempfile
import time
import zipfile
from collections.abc import Callable
from functools import partial
from io import BytesIO
from multiprocessing import get_context
from pathlib import Path

from jobs import ingest
from tests.support.benched import lay_hospital, opened, spent
from twinlake.catalog.sources.hl7v2 import SYSTEM
from twinlake.engine.wire import Record
from twinlake.engine.wire.hl7v2 import as_json, read

FILES = 4
ADDRESS = "{n} Spring Street&Spring Street^Apt {n}^Grinnell^IA^50112^USA^H^^Poweshiek"
STAFF = "{doctor}^van Beethoven&van^Ludwig^A^III^Dr^PHD^^&MPI&L^L^3^M10^MR^&Good Health Hospital&L^A"
SEGMENTS = (
    "MSH|^~\\&|LAB{n}|GHH|EHR|GHH|20200301{time}+0100||ORU^R01^ORU_R01|M{n}|P|2.5.1|||AL|NE|USA||||LRI^^2.16.840.1^ISO",
    f"PID|1||{{n}}^^^GHH&2.16.840.1.113883&ISO^MR~9{{n}}^^^USSSA^SS||Doe{{n}}^Jane^Q^^^^L||19800102|F||2106-3^White^HL70005|{ADDRESS}",
    f"PV1|1|I|W^{{n}}^2^GHH^^^North^4|E|||{STAFF}|{STAFF}|||||||||||V{{n}}^^^GHH^VN|||||||||||||||||||||||||20200301{{time}}",
    f"ORC|RE|P{{n}}^EHR|F{{n}}^LAB||CM||||20200301{{time}}|||{STAFF}",
    f"OBR|1|P{{n}}^EHR|F{{n}}^LAB|57021-8^CBC panel^LN|||20200301{{time}}|||||||||{STAFF}||||||20200301||HM|F",
)
RESULT = (
    "OBX|{k}|NM|{test}{k}26-1^Erythrocytes in Blood, method {test}^LN^^^^^^Red cells||4.{k}1|10*6/uL^per uL^UCUM"
    "|4.3 to 6.2|N|||F|||20200301{time}|||||20200301{time}||||Century Hospital^^^^^NIST-AA-1^XX^^^987"
)
NOTE = "NTE|{k}|L|Read \\T\\ released, {n}"


def invented(number: int) -> bytes:
    """A laboratory report of about 4 KB."""
    said = {
        "n": 100_000 + number,
        "time": f"{number % 24:02}{number % 60:02}",
        "doctor": number % 211,
        "test": number % 97,
    }
    results = [text.format(k=k, **said) for k in range(13) for text in (RESULT, NOTE)]
    return "\r".join([*(text.format(**said) for text in SEGMENTS), *results]).encode() + b"\r"


def real(data: Path) -> Callable[[int], bytes]:
    """The samples in turn, every segment with an end of its own."""
    with zipfile.ZipFile(data / "hl7v2_messages" / "hl7v2_139.zip") as archive:
        found = [
            archive.read(name).removeprefix(b"\xef\xbb\xbf")
            for name in sorted(archive.namelist())
            if name.endswith(".hl7")
        ]
    samples = [[line for line in text.splitlines() if line.strip()] for text in found]
    return lambda n: b"\r".join(b"%s|u%d" % (line, n) for line in samples[n % len(samples)]) + b"\r"


def ours(messages: list[bytes]) -> int:
    return sum(isinstance(item, Record) for item in read(BytesIO(b"".join(messages)), SYSTEM.feed("message")))


def ours_as_json(messages: list[bytes]) -> int:
    found = read(BytesIO(b"".join(messages)), SYSTEM.feed("message"))
    return sum(len(as_json(item.raw)) > 0 for item in found if isinstance(item, Record))


def python_hl7(messages: list[bytes]) -> int:
    import hl7

    return sum(len(hl7.parse(message.decode())) for message in messages)


def hl7apy(messages: list[bytes]) -> int:
    from hl7apy.parser import parse_message

    return sum(len(parse_message(message.decode(), find_groups=False).children) for message in messages)


PARSERS = (
    ("ours", ours, 1),
    ("ours and JSON", ours_as_json, 2),
    ("python-hl7", python_hl7, 40),
    ("hl7apy", hl7apy, 400),
)


def timed(parse: Callable[[list[bytes]], int], messages: list[bytes]) -> tuple[float, float]:
    """Seconds on the clock and of the processor."""
    parse(messages[:2])
    started, spent = time.perf_counter(), time.process_time()
    parse(messages)
    return time.perf_counter() - started, time.process_time() - spent


def measure(name: str, parse: Callable[[list[bytes]], int], make: Callable[[int], bytes], count: int, processes: int):
    shares = [[make(n) for n in range(p, count, processes)] for p in range(processes)]
    with get_context("fork").Pool(processes) as pool:
        clocks, spent = zip(*pool.map(partial(timed, parse), shares, chunksize=1), strict=True)
    size = sum(len(m) for share in shares for m in share) / count / 1024
    rates = f"{count / max(clocks):>12,.0f}{count / sum(spent):>15,.0f}"
    print(f"{name:<28}{count:>9}{size:>8.1f}{processes:>11}{max(clocks):>9.2f}{rates}", flush=True)


def measure_landing(count: int) -> None:
    """The same messages through the product: files to bronze with ledger, once to warm up and once to measure."""
    with tempfile.TemporaryDirectory(prefix="twinlake-bench-") as scratch:
        feeds = Path(scratch) / "feeds"
        folder = lay_hospital(feeds, SYSTEM.name)
        for n in range(FILES):
            (folder / f"{n}.hl7").write_bytes(b"".join(map(invented, range(n, count, FILES))))
        size = sum(file.stat().st_size for file in folder.iterdir()) / count / 1024
        runs = [opened(feeds, Path(scratch) / home) for home in ("first", "second")]
        _, took = (spent(partial(ingest.land, run, "bench")) for run in runs)
    rates = f"{count / took.clock:>12,.0f}{count / took.cpu:>15,.0f}"
    print(f"{'ours, to bronze':<28}{count:>9}{size:>8.1f}{'executors':>11}{took.clock:>9.2f}{rates}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="Time the parsers of HL7 v2.")
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--data", type=Path, help="the folder of shared data, for the real samples")
    given = parser.parse_args()
    columns = f"{'processes':>11}{'seconds':>9}{'messages/s':>12}{'a CPU-second':>15}"
    print(f"{'parser':<28}{'messages':>9}{'KB each':>8}{columns}")
    makers = {"invented": invented, **({"real": real(given.data)} if given.data else {})}
    for told, make in makers.items():
        for name, parse, part in PARSERS:
            measure(f"{name}, {told}", parse, make, max(given.messages // part, 2 * given.processes), given.processes)
    measure_landing(given.messages)


if __name__ == "__main__":
    main()
