"""`twinlake backup`, `restore` and `mend`: what keeps a lake when the machine under it fails."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from twinlake.cli_options import Feeds, say

care = typer.Typer()


@care.command()
def backup(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder, best on another disk.")],
    feeds: Feeds = None,
) -> None:
    """Copy the lake, models and decisions to DIR: one moment, with a manifest of hashes. No run goes on meanwhile."""
    from twinlake.engine.backup import backup as copy
    from twinlake.engine.home import home_of

    made = copy(home_of(feeds), folder)
    size = sum(size for size, _ in made.files.values()) >> 20
    say(f"backup: {folder}, {len(made.files)} files, {size} MiB, publication {made.publication_id}")


@care.command()
def restore(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="What `twinlake backup` made.")],
    into: Annotated[Path, typer.Option("--into", help="The home to make: a new folder.")],
    feeds: Annotated[
        Path | None,  # noqa: UP007
        typer.Option("--feeds", help="Where the feeds stand now, if not where they stood."),
    ] = None,
) -> None:
    """Make a home of a backup, every file of it as it was; an altered or unfinished backup is refused by name."""
    from twinlake.engine.backup import restore as make

    home, made = make(folder, into, feeds)
    say(f"restored: {home.path}, publication {made.publication_id}, feeds {home.feeds}")
    say(f"Use it with TWINLAKE_HOME={home.path}")


@care.command()
def mend(feeds: Feeds = None) -> None:
    """Build tables whose files are damaged anew from the tables before them, as a run that then goes on."""
    from jobs._mend import mend as make

    make(feeds, say)


@care.command()
def maintain(
    feeds: Feeds = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done; write nothing.")] = False,
) -> None:
    """Make few files of many and remove what nothing asks for any more; rows and publications stay as they are."""
    from jobs._maintain import maintain as tend
    from jobs._maintain import open_kept
    from twinlake.engine.airflow_turn import hold

    opened = open_kept(feeds, say)
    with hold(opened.run.home, opened.run.run_id):
        tend(opened, say, dry=dry_run)


@care.command(context_settings={"ignore_unknown_options": True})
def erase(
    person: Annotated[str, typer.Argument(help="A person_id, or a source person: hospital/system/id.")],
    why: Annotated[str, typer.Option("--why", help="Why, without naming anybody; kept with the erasure.")],
    by: Annotated[str | None, typer.Option("--by", help="Who asks for it (default: the user of this machine).")] = None,  # noqa: UP007
    at: Annotated[str | None, typer.Option("--at", help="When it was asked for (default: now).")] = None,  # noqa: UP007
    yes: Annotated[bool, typer.Option("--yes", help="Do it; it cannot be taken back.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say how many rows of which tables would go.")
    ] = False,
    keep_shared: Annotated[
        bool, typer.Option("--keep-shared", help="Go on though records of others name the person; these stay.")
    ] = False,
    close: Annotated[
        bool, typer.Option("--close", help="End it though the search still finds the person; no proof can follow.")
    ] = False,
    feeds: Feeds = None,
) -> None:
    """Withdraw a person from every table and file of the lake, and prove it. Exit 0: nothing is left."""
    from datetime import UTC, datetime
    from getpass import getuser

    from jobs._erase import Asked
    from jobs._erase import erase as withdraw
    from jobs._run import moment, open_run, run_id_now
    from twinlake.declare.errors import ConfigurationError
    from twinlake.engine.home import check_home, home_of

    home = home_of(feeds)
    check_home(home)
    today = moment(datetime.now(UTC).date().isoformat())
    dry = dry_run or not yes
    opened = open_run(home.feeds, today, run_id_now("erase"), say, dry=dry)
    asked = Asked(person, by or getuser(), why, moment(at) if at else datetime.now(UTC))
    if not withdraw(opened, asked, say, keep_shared=keep_shared, dry=dry, close=close):
        raise SystemExit(1)
    if dry and not dry_run:
        raise ConfigurationError("Nothing was erased. This cannot be taken back: give --yes to do it.")


@care.command()
def faults(
    plan: Annotated[
        str, typer.Option("--plan", help="tiny, kills, deliveries, disk, or a file of your own that ends in .toml.")
    ] = "tiny",
    seed: Annotated[int, typer.Option("--seed", help="The same seed does the same to the same moments.")] = 1,
    work: Annotated[
        Path,
        typer.Option(
            "--work", help="Where network and lakes are made; what this version made there earlier is used again."
        ),
    ] = Path(".twinlake/faults"),
    only: Annotated[list[str] | None, typer.Option("--round", help="Only this round of the plan.")] = None,  # noqa: UP007
    form: Annotated[str, typer.Option("--format", help="table or json (progress then goes to stderr).")] = "table",
) -> None:
    """Kill runs, fill the disk, damage, delay and repeat deliveries, from a seed; exit 1 if any lake differs for it."""
    from twinlake.declare.errors import ConfigurationError
    from twinlake.faults.harness import run_plan
    from twinlake.faults.plan import read_plan
    from twinlake.faults.table import as_json, as_text

    if form not in ("table", "json"):
        raise ConfigurationError(f"--format {form!r}; use table or json.")
    progress = partial(print, flush=True, file=sys.stderr if form == "json" else sys.stdout)
    told = run_plan(read_plan(plan), seed, work.resolve(), progress, tuple(only or ()))
    say((as_json if form == "json" else as_text)(told))
    if any(told.wrong.values()):
        raise SystemExit(1)
