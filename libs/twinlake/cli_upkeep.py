"""`twinlake maintain`: what keeps a lake's files few and its days short."""

from __future__ import annotations

from typing import Annotated

import typer

from twinlake.cli_options import Feeds, say

upkeep = typer.Typer()


@upkeep.command()
def maintain(
    feeds: Feeds = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done; write nothing.")] = False,
) -> None:
    """Make few files of many and remove what nothing asks for any more; rows and publications stay as they are."""
    from jobs._maintain import maintain as tend
    from jobs._maintain import open_kept

    tend(open_kept(feeds, say), say, dry=dry_run)
