"""A lake of the tiny feeds: walks the plan in this process, without models and, unless asked, without proving."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from tests.support.tiny_feeds import Feeds
from twinlake import plan
from twinlake.engine.digest import bronze_digests
from twinlake.engine.home import Home

if TYPE_CHECKING:
    from jobs._run import Opened
    from twinlake.engine.ops import Ops

AS_OF = "2026-11-01"
# A file of ours that somebody edits while the tests run would be a change of declaration.
_read_once = cache(plan._text)


@dataclass(frozen=True)
class TinyLake:
    """A home and its feeds side by side in one folder."""

    folder: Path
    proving: bool = False

    @property
    def home(self) -> Home:
        return Home(self.folder / "home", self.folder / "feeds")

    @property
    def ops(self) -> Ops:
        from twinlake.engine.ops import Ops

        return Ops(self.home.lake)

    def open(self, run_id: str, as_of: str = AS_OF) -> Opened:
        from jobs._run import moment, open_run

        home = patch.dict("os.environ", {"TWINLAKE_HOME": str(self.home.path)})
        with home, patch("twinlake.plan._text", _read_once):
            return open_run(self.home.feeds, moment(as_of), run_id)

    def run(self, feeds: Feeds | None = None, as_of: str = AS_OF, only: Collection[str] = ()) -> list[dict[str, Any]]:
        """Deliver `feeds` and run (only these tables); what ops.table_run has to say of the run."""
        from jobs import _daily

        if feeds is not None:
            feeds.write(self.home.feeds)
        run_id = f"run-{len(list(self.folder.glob('run-*')))}"
        (self.folder / run_id).touch()
        with only_the_engine(self.proving):
            opened = self.open(run_id, as_of)
            if only:
                _daily.take_all(opened, [node for node in opened.plan.nodes if node.name in ("ingest", *only)])
            else:
                _daily.walk(opened)
        return [row for row in self.ops.rows("table_run") if row["run_id"] == run_id]

    def mend(self) -> list[str]:
        """Build what is damaged anew; what was said to be wrong."""
        from jobs import _daily
        from jobs._mend import without_damage

        said: list[str] = []
        with only_the_engine(self.proving):
            _daily.walk(without_damage(self.open("mend"), said.append))
        return said

    def copy(self, folder: Path) -> TinyLake:
        """The same lake at another place, with feeds of its own."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        other = replace(self, folder=folder)
        settings = other.home.path / "home.json"
        said = json.loads(settings.read_text())
        settings.write_text(json.dumps({**said, "feeds": str(other.home.feeds)}))
        return other

    def digests(self, as_of: str = AS_OF) -> dict[str, str]:
        """Of every table of the plan, as its last commit says."""
        states = {name: self.ops.state(name) for name in sorted(self.tables())}
        return {name: state.digest if state else "none" for name, state in states.items()}

    def tables(self) -> list[str]:
        from twinlake.plan import read_plan

        return [table.full_name for table in read_plan().tables.values()]

    def versions(self) -> dict[str, int | None]:
        return {name: self.ops.version(name) for name in self.tables()}

    def bronze(self) -> dict[str, str]:
        return bronze_digests(self.open("bronze").run)

    def problems(self) -> list[str]:
        """What `twinlake verify --rebuild` finds wrong."""
        from jobs._verify import verify

        said: list[str] = []
        with only_the_engine(self.proving):
            verify(self.open("verify"), said.append, digest=False, rebuild=True)
        return [line for line in said if line.startswith("WRONG")]

    def rows(self, name: str) -> list[dict[str, Any]]:
        """The rows of a table, without Spark."""
        import pyarrow as pa
        from deltalake import DeltaTable, QueryBuilder

        if self.ops.version(name) is None:
            return []
        query = QueryBuilder().register("t", DeltaTable(self.ops.path(name))).execute("select * from t")
        return pa.table(query).to_pylist()


@contextmanager
def only_the_engine(proving: bool) -> Iterator[None]:
    """No model is trained; a table's version counts as proved unless the test is about proving."""
    with patch("jobs.train.step", lambda *_, **__: False), patch("twinlake.engine.steps.prove", _chosen(proving)):
        yield


def _chosen(proving: bool) -> Callable[..., None]:
    from twinlake.engine import steps

    return steps.prove if proving else _believe


def _believe(run: Any, table: Any, **_: Any) -> None:
    from twinlake.engine.proofs import subject

    of = subject(run, table)
    result = {"table": table.full_name, "version": of["version"], "rows": 0, "success": True, "fatal_failures": [],
              "warnings": [], "rules": []}  # fmt: skip
    verdict = {"run_id": run.run_id, "success": True, "result": json.dumps(result), "seconds": 0.0}
    run.ops.append("validation", [{**of, **verdict}])
