"""Who was erased, as hashes alone: no name, no number, no value. What is of them does not land again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from twinlake.declare.expressions import SEPARATOR
from twinlake.engine.ops import Ops

if TYPE_CHECKING:
    from pyspark.sql import Column

NAME = "erased"
TABLE = f"ops.{NAME}"
# A source person whatever is ever told of them, and a record that cannot be read and so says nothing of whose it is.
PERSON, RECORD = "person", "record"
DIGITS = 32


def hash_of(*parts: str) -> str:
    """The first 128 bits of the SHA-256 of texts, in hex; `hash_column` is the same in Spark."""
    return hashlib.sha256(SEPARATOR.join(parts).encode()).hexdigest()[:DIGITS]


def hash_column() -> Column:
    """The hash of a row's source person."""
    from pyspark.sql import functions as F

    return F.substring(F.sha2(F.concat_ws(SEPARATOR, "hospital", "system", "source_person_id"), 256), 1, DIGITS)


@dataclass
class ErasedIn:
    """Who was erased of one system of a hospital; each source person is hashed once."""

    hospital: str
    system: str
    erased: Erased
    known: dict[str, bool] = field(default_factory=dict)

    def is_person(self, source_person_id: str | None) -> bool:
        if source_person_id is None:
            return False
        if source_person_id not in self.known:
            self.known[source_person_id] = hash_of(self.hospital, self.system, source_person_id) in self.erased.persons
        return self.known[source_person_id]

    def is_record(self, raw: str) -> bool:
        return bool(self.erased.records) and hash_of(self.hospital, self.system, raw) in self.erased.records


@dataclass(frozen=True)
class Erased:
    """The hashes of source persons, and of records that nobody could read."""

    persons: frozenset[str] = frozenset()
    records: frozenset[str] = frozenset()

    def in_file(self, path: str) -> ErasedIn | None:
        """Who may be met in a file of the feeds, `<hospital>/<system>/…`; None: nobody."""
        hospital, system, *_ = [*path.split("/"), "", ""]
        return ErasedIn(hospital, system, self) if self.persons or self.records else None


NOBODY = Erased()


def read_erased(ops: Ops) -> Erased:
    """All who were ever erased from a lake."""
    rows = ops.rows(NAME)
    persons, records = (frozenset(row["hash"] for row in rows if row["kind"] == kind) for kind in (PERSON, RECORD))
    return Erased(persons, records)


def is_registered(ops: Ops, erasure_id: str) -> bool:
    """Whether an erasure has got so far."""
    return any(row["erasure_id"] == erasure_id for row in ops.rows(NAME))


def register(ops: Ops, erasure_id: str, persons: Iterable[str], records: Iterable[str]) -> None:
    """Keep the hashes of an erasure, all in one commit; once is enough."""
    if is_registered(ops, erasure_id):
        return
    hashes = [(PERSON, each) for each in sorted({*persons})] + [(RECORD, each) for each in sorted({*records})]
    ops.append(NAME, [{"erasure_id": erasure_id, "kind": kind, "hash": each} for kind, each in hashes])
