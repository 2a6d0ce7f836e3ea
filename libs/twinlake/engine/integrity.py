"""What can be proved of a landing without reading its rows: balanced ledgers, and their records in bronze."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from twinlake.engine.ledger import LANDED, read_ledger
from twinlake.engine.ops import Ops

# What becomes of a record of a file.
ACCOUNTED = ("landed", "quarantined", "duplicates", "erased")


def unbalanced_files(ops: Ops) -> Iterator[str]:
    """Files whose ledger row does not add up."""
    for row in read_ledger(ops).rows:
        accounted = sum(int(str(row[name] or 0)) for name in ACCOUNTED)
        if int(str(row["records_in"])) != accounted:
            yield f"{row['path']}: {row['records_in']} records in, {accounted} accounted for"


def missing_records(ops: Ops) -> Iterator[str]:
    """Files of which bronze holds another number of records than the ledger says: of what did not land, none."""
    expected = _expected(read_ledger(ops).rows)
    for table in sorted({name for name, *_ in expected}):
        held = _held(ops, table)
        for (name, path, sha256), count in sorted(expected.items()):
            found = held.get((path, sha256), 0)
            if name == table and found != count:
                yield f"{table}: {path} has {found} records, its ledger says {count}"


def _expected(rows: Iterable[Mapping[str, object]]) -> dict[tuple[str, str, str], int]:
    """Records by bronze table, path and content; a content that came again landed again, a mend adds what it freed."""
    counts: dict[tuple[str, str, str], int] = {}
    last: dict[object, tuple[int, int]] = {}
    for row in (row for row in rows if row["feed"]):
        key = (f"bronze.{row['system']}_{row['feed']}", str(row["path"]), str(row["sha256"]))
        counts.setdefault(key, 0)
        if row["status"] == LANDED:
            landed, mended = int(str(row["landed"])), int(str(row["mended"] or 0))
            landing = (key, row["delivered_at"])
            before, mended_before = last.get(landing, (0, 0))
            counts[key] += landed - (before if mended > mended_before else 0)
            last[landing] = (landed, mended)
    return counts


def _held(ops: Ops, table: str) -> dict[tuple[str, str], int]:
    if ops.version(table) is None:
        return {}
    short = table.split(".")[1]
    query = f"select path, _file_hash as sha256, count(*) as records from {short} group by path, _file_hash"
    return {(row["path"], row["sha256"]): row["records"] for row in ops.ask(query, {table: None})}
