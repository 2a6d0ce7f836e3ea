"""What every job does first: read the arguments, the catalogue and the hospitals, and open the run."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from expectations import rules_for
from twinlake.declare.errors import ConfigurationError
from twinlake.declare.hospital import Hospital, refuse_unknown_places
from twinlake.engine.checks import refuse_unknown_severities
from twinlake.engine.discover import find_hospitals
from twinlake.engine.home import check_home, home_of, open_home
from twinlake.engine.run import Run, silent
from twinlake.engine.settings import remember, remembered
from twinlake.plan import Plan, fingerprints, read_plan


@dataclass(frozen=True)
class Opened:
    """A run and the plan it follows; `readable` are the hospitals whose files can land, `refused` the others, with why.

    `deliveries`, if given, are the days whose deliveries are to land, the second one excluded. While `erasing` nothing
    lands, and how files differ or drift keeps nobody from being erased.
    """

    run: Run
    plan: Plan
    readable: tuple[str, ...]
    refused: dict[str, str]
    deliveries: tuple[date, date] | None = None
    erasing: bool = False


def open_run(
    feeds: Path, as_of: datetime, run_id: str, progress: Callable[[str], None] = silent,
    deliveries: tuple[date, date] | None = None, *, dry: bool = False,
) -> Opened:  # fmt: skip
    """The run over a feeds root; no Spark starts, and nothing is written but the home itself (if `dry`, nothing)."""
    plan = read_plan()
    readable, refused = _usable(plan, *find_hospitals(feeds))
    home = home_of(feeds)
    if not dry:
        open_home(home)
        remember(home, readable)
    elif home.path.exists():
        check_home(home)
    hospitals = remembered(home, readable)
    run = Run(
        home=home, run_id=run_id, as_of=as_of, hospitals=hospitals, systems=plan.systems, tables=plan.tables,
        fingerprints=fingerprints(plan, hospitals), rules=rules_for, progress=progress,
    )  # fmt: skip
    return Opened(run, plan, tuple(sorted(readable)), refused, deliveries)


def _usable(
    plan: Plan, found: dict[str, Hospital], refused: dict[str, str]
) -> tuple[dict[str, Hospital], dict[str, str]]:
    """[severity] and [drift] must name what there is; a hospital that names another is refused, the rest go on."""
    rules = [rule for table in plan.tables.values() for rule in rules_for(table)]
    of_no_hospital = {table.name for table in plan.tables.values() if "hospital" not in table.columns}
    feeds = {system.name: [feed.name for feed in system.feeds] for system in plan.systems.values()}
    for name, hospital in found.items():
        try:
            refuse_unknown_severities({name: hospital}, rules, of_no_hospital)
            refuse_unknown_places(hospital, feeds)
        except ConfigurationError as error:
            refused = {**refused, name: str(error)}
    return {name: hospital for name, hospital in found.items() if name not in refused}, refused


def arguments(verb: str, argv: Sequence[str] | None = None) -> argparse.Namespace:
    """The options every job takes."""
    parser = argparse.ArgumentParser(prog=f"jobs/{verb}.py", description=f"{verb}: one step of the plan.")
    parser.add_argument("--feeds", type=Path, default=os.environ.get("TWINLAKE_FEEDS"), help="the feeds root")
    parser.add_argument("--node", help="the table (or model) this step is done to")
    parser.add_argument("--hospital", help="for ingest: one hospital only")
    parser.add_argument("--as-of", required=True, help="the logical date, such as 2026-11-01")
    parser.add_argument("--run-id", required=True, help="the name of the run this step belongs to")
    given = parser.parse_args(argv)
    if given.feeds is None:
        raise ConfigurationError("No feeds root. Give --feeds DIR or set TWINLAKE_FEEDS.")
    given.feeds = Path(given.feeds)
    return given


def moment(text: str) -> datetime:
    """An ISO date or time, UTC where it names no zone."""
    try:
        at = datetime.fromisoformat(text)
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise ConfigurationError(f"{text!r} is no date. Give one such as 2026-11-01.") from error


def main(verb: str, step: Callable[[Opened, argparse.Namespace], object], argv: Sequence[str] | None = None) -> None:
    """Open the run the arguments name and take the step."""
    given = arguments(verb, argv)
    step(open_run(given.feeds, moment(given.as_of), given.run_id, print), given)


def run_id_now(verb: str) -> str:
    """A name for a run that a person started; only names come from the clock, nothing that is stored by it."""
    return f"{verb}-{datetime.now(UTC).strftime('%Y%m%dT%H%M%S%f')}"
