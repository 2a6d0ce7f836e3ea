"""What the commands of `twinlake` have in common."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Feeds = Annotated[
    Path | None,  # noqa: UP007 - typer reads the annotation at run time
    typer.Option("--feeds", envvar="TWINLAKE_FEEDS", help="The feeds root: <hospital>/<system>/…, hospital.toml."),
]


def say(message: str) -> None:
    """A line of a command's answer, seen at once."""
    print(message, flush=True)
