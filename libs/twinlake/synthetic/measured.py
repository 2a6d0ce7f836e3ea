"""The truth of each measured value: what was measured, beside what was sent of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from twinlake.synthetic.spoken import Result, Said

FOLDER = "measurements"
ROWS_IN_A_GROUP = 1 << 17
ZERO = ("Z", "+00:00")


class Measured(NamedTuple):
    """A value in the record that stands at `record_offset` of `path`, which is as in faults.csv but never packed.

    `value` in the UCUM unit `unit` was measured, of the test `loinc`; what was sent is as it stands in the file, and
    `fault` says what is wrong with it, if anything.
    """

    path: str
    record_offset: int
    measured_at: str
    loinc: str
    value: float
    unit: str
    sent_code: str
    sent_value: str
    sent_unit: str
    fault: str

    @staticmethod
    def of(path: str, offset: int, result: Result, said: Said, moment: str) -> Measured:
        unit = said.unit_code or said.unit
        sent = (said.code, said.value, unit)
        return Measured(path, offset, moment, result.loinc, said.measured, said.ucum, *sent, said.fault)


NUMBERS = {"record_offset": pa.int64(), "value": pa.float64()}
TEXTS = ("hospital", "system", "source_person_id")
SCHEMA = pa.schema([(name, NUMBERS.get(name, pa.string())) for name in (*TEXTS, *Measured._fields)])


def in_utc(moment: str) -> str:
    """An instant of the generator's, whatever its zone, as `2026-11-01T09:00:00Z`."""
    if moment.endswith(ZERO):
        return f"{moment[:19]}Z"
    return f"{datetime.fromisoformat(moment).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


class MeasuredTruth:
    """`truth/measurements/<part>.parquet`, written group by group, so that memory is bounded."""

    def __init__(self, truth: Path, part: str = "part-0000") -> None:
        folder = truth / FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        self._file = pq.ParquetWriter(folder / f"{part}.parquet", SCHEMA, compression="zstd")
        self._rows: list[tuple[object, ...]] = []
        self.faults: Counter[str] = Counter()

    def __enter__(self) -> MeasuredTruth:
        return self

    def add(self, hospital: str, system: str, person: str, told: Iterable[Measured]) -> None:
        """The values of a person, as one system of a hospital told them."""
        for one in told:
            self._rows.append((hospital, system, person, *one))
            self.faults[one.fault] += bool(one.fault)
        if len(self._rows) >= ROWS_IN_A_GROUP:
            self._flush()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._flush()
        self._file.close()

    def _flush(self) -> None:
        columns = zip(*self._rows, strict=True) if self._rows else ((),) * len(SCHEMA)
        arrays = [pa.array(column, field.type) for column, field in zip(columns, SCHEMA, strict=True)]
        self._file.write_table(pa.table(arrays, schema=SCHEMA))
        self._rows = []
