"""Every wire format as a Spark data source of its own, alone in a notebook: `spark.read.format("hl7v2").load(path)`."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyspark.sql.datasource import DataSource, DataSourceReader, InputPartition, SimpleDataSourceStreamReader

from twinlake.declare.errors import ConfigurationError
from twinlake.declare.source import Feed
from twinlake.engine import wire
from twinlake.engine.wire import Fault, FileFault, Record, records_of, translator
from twinlake.engine.wire.text import open_plain

if TYPE_CHECKING:
    from pyspark.sql import SparkSession
    from pyspark.sql.types import StructType

Row = tuple[Any, ...]
COLUMNS = (
    "path string, record_offset bigint, record_kind string, record_key string, source_person_id string, "
    "record_version string, raw_record string, json string, rule string, reason string"
)
SPARKS_OWN = {"csv": "twinlake_csv"}
OPTIONS = ("path", "files", "header", "key", "person", "version")
# How many columns a line has, or what they are called, these files do not say by themselves.
COLUMNAR = ("csv", "stacked_csv", "tsv")


def formats() -> tuple[str, ...]:
    """The wire formats there are, by name."""
    names = (found.name for found in pkgutil.iter_modules(wire.__path__) if not found.name.startswith("_"))
    return tuple(sorted(name for name in names if hasattr(import_module(f"{wire.__name__}.{name}"), "read")))


def register(spark: SparkSession) -> tuple[str, ...]:
    """Make `spark.read.format(name)` and `spark.readStream.format(name)` known for every wire format; their names."""
    sources = [_source(name) for name in formats()]
    for source in sources:
        spark.dataSource.register(source)
    return tuple(source.name() for source in sources)


def _source(wire_name: str) -> type[DataSource]:
    """Spark asks a class for its name before it makes one, so each format has a class of its own."""

    class Source(WireSource):
        @classmethod
        def name(cls) -> str:
            return SPARKS_OWN.get(wire_name, wire_name)

    Source.wire = wire_name
    return Source


class WireSource(DataSource):
    """A row for each record that can be read, and one for each fault (`rule`, `reason`), in the order of its file.

    A file that cannot be trusted as a whole gives one row, its fault, and none of its records: what the lake would
    land. `path` is a file or a folder; `files` a glob within it. For tables `header` names the columns; `key`, `person`
    and `version` name a column, or a dotted path into a JSON record. `json` is the record as JSON where it is none
    itself.
    """

    wire = ""

    def schema(self) -> str:
        return COLUMNS

    def reader(self, schema: StructType) -> DataSourceReader:
        return _Reader(_asked(self.wire, self.options))

    def simpleStreamReader(self, schema: StructType) -> SimpleDataSourceStreamReader:  # noqa: N802
        return _StreamReader(_asked(self.wire, self.options))


@dataclass(frozen=True)
class _Asked:
    feed: Feed
    root: Path
    glob: str

    def files(self) -> list[Path]:
        found = [self.root] if self.root.is_file() else self.root.glob(self.glob)
        return sorted(file for file in found if file.is_file() and not file.name.startswith((".", "_")))


def _asked(name: str, options: Mapping[str, str]) -> _Asked:
    unknown = sorted(set(options) - set(OPTIONS))
    if unknown or not options.get("path"):
        raise ConfigurationError(
            f"format {name!r}: unknown option {', '.join(unknown)} (known: {', '.join(OPTIONS)})." if unknown
            else f"format {name!r} needs a path: .load(path)."
        )  # fmt: skip
    if name in COLUMNAR and not options.get("header"):
        called = SPARKS_OWN.get(name, name)
        raise ConfigurationError(f"format {called!r} needs option header, the columns in their order: a,b,c.")
    columns = (options.get("header") or "id").split(",")
    keys = tuple(filter(None, (options.get("key") or "").split(",")))
    feed = Feed(
        name=name, files=".*", wire=name, schema=", ".join(f"`{column}` string" for column in columns),
        delivery="increment", key=keys, person=options.get("person"), version=options.get("version"),
    )  # fmt: skip
    return _Asked(feed, Path(options["path"].removeprefix("file:")), options.get("files") or "**/*")


def rows_of(file: Path, feed: Feed) -> list[Row]:
    """What a file comes to: its records and faults, or the one fault that refuses all of it."""
    translate = translator(feed.wire)
    path = file.as_posix()
    try:
        with open_plain(file) as stream:
            return [_row(path, item, translate) for item in records_of(stream, feed, path)]
    except FileFault as fault:
        return [(path, None, None, None, None, None, None, None, fault.rule, fault.reason)]


def _row(path: str, item: Record | Fault, translate: Any) -> Row:
    if isinstance(item, Fault):
        return path, item.offset, None, None, None, None, item.raw, None, item.rule, item.reason
    json = translate(item.raw) if translate else None
    return path, item.offset, item.kind, item.key, item.person, item.version, item.raw, json, None, None


@dataclass
class _File(InputPartition):
    path: str


class _Reader(DataSourceReader):
    """A file is a task."""

    def __init__(self, asked: _Asked) -> None:
        self.asked = asked

    def partitions(self) -> list[InputPartition]:
        return [_File(str(file)) for file in self.asked.files()]

    def read(self, partition: InputPartition) -> Iterator[Row]:
        assert isinstance(partition, _File)
        yield from rows_of(Path(partition.path), self.asked.feed)


class _StreamReader(SimpleDataSourceStreamReader):
    """New files in the order in which they came; a file must be moved in whole, as every file source asks."""

    def __init__(self, asked: _Asked) -> None:
        self.asked = asked

    def initialOffset(self) -> dict[str, Any]:  # noqa: N802
        return {"time": -1, "path": ""}

    def read(self, start: dict[str, Any]) -> tuple[Iterator[Row], dict[str, Any]]:
        files = self._between(start, None)
        end = {"time": files[-1][0], "path": files[-1][1]} if files else start
        return iter([row for _, path in files for row in rows_of(Path(path), self.asked.feed)]), end

    def readBetweenOffsets(self, start: dict[str, Any], end: dict[str, Any]) -> Iterator[Row]:  # noqa: N802
        return iter([row for _, path in self._between(start, end) for row in rows_of(Path(path), self.asked.feed)])

    def _between(self, start: dict[str, Any], end: dict[str, Any] | None) -> list[tuple[int, str]]:
        found = sorted((file.stat().st_mtime_ns, str(file)) for file in self.asked.files())
        after = [place for place in found if place > (start["time"], start["path"])]
        return after if end is None else [place for place in after if place <= (end["time"], end["path"])]
