"""`twinlake empi`: who is who; the linkage model, its doubtful pairs, and a steward's word on them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from twinlake.cli_options import Feeds, say

empi = typer.Typer(no_args_is_help=True, help="Who is who: review, accept, reject, split; the linkage model.")
SourcePerson = Annotated[str, typer.Argument(help="A source person: hospital/system/id.")]
By = Annotated[str | None, typer.Option("--by", help="Who decides (default: the user of this machine).")]  # noqa: UP007
Why = Annotated[str, typer.Option("--why", help="Why; kept with the decision.")]
At = Annotated[str | None, typer.Option("--at", help="When it was decided (default: now).")]  # noqa: UP007
NEGATIVE = {"ignore_unknown_options": True}


@empi.command("train")
def empi_train(
    feeds: Feeds = None,
    out: Annotated[Path | None, typer.Option("--out", help="Default: beside the catalogue.")] = None,  # noqa: UP007
) -> None:
    """Train the linkage weights on this lake's source persons; the next run relinks everybody with them."""
    from jobs._empi import train_weights

    train_weights(feeds, out, say)


@empi.command("review")
def empi_review(
    one: Annotated[str | None, typer.Argument(help="hospital/system/id; with OTHER: this pair.")] = None,  # noqa: UP007
    other: Annotated[str | None, typer.Argument(help="hospital/system/id")] = None,  # noqa: UP007
    limit: Annotated[int, typer.Option("--limit", help="Pairs to show at most.")] = 20,
    picture: Annotated[
        Path | None, typer.Option("--picture", help="Draw the pair's weight to this .svg or .png.")
    ] = None,  # noqa: UP007
    feeds: Feeds = None,
) -> None:
    """The doubtful pairs, the likeliest first; or a pair side by side, with what each comparison weighs."""
    from jobs._review import show_pair, show_queue

    if (one is None) != (other is None):
        raise typer.BadParameter("name both source persons of the pair, or none for the queue")
    if one and other:
        show_pair(feeds, one, other, picture)
    else:
        show_queue(feeds, limit)


@empi.command("show", context_settings=NEGATIVE)
def empi_show(person: Annotated[int, typer.Argument(help="person_id")], feeds: Feeds = None) -> None:
    """A person: who they are at each hospital and why, what survives of whom, what was decided and merged."""
    from jobs._review import show_person

    show_person(feeds, person)


@empi.command("accept")
def empi_accept(
    one: SourcePerson, other: SourcePerson, why: Why, by: By = None, at: At = None, feeds: Feeds = None
) -> None:
    """Two source persons are one person, whatever the model says. The next run links them."""
    from jobs._steward import decide

    decide(feeds, "accept", one, other, by, why, at, say)


@empi.command("reject")
def empi_reject(
    one: SourcePerson, other: SourcePerson, why: Why, by: By = None, at: At = None, feeds: Feeds = None
) -> None:
    """Two source persons are two persons, whatever the model or their hospital says."""
    from jobs._steward import decide

    decide(feeds, "reject", one, other, by, why, at, say)


@empi.command("split", context_settings=NEGATIVE)
def empi_split(
    person: Annotated[int, typer.Argument(help="person_id")],
    out: Annotated[list[str], typer.Option("--out", help="A source person to take out: hospital/system/id.")],
    why: Why,
    more: Annotated[list[str] | None, typer.Argument(help="Further ones to take out.")] = None,  # noqa: UP007
    by: By = None,
    at: At = None,
    feeds: Feeds = None,
) -> None:
    """Some source persons of a person are somebody else, and no path of pairs joins them again."""
    from jobs._steward import split

    split(feeds, person, [*out, *(more or [])], by, why, at, say)


@empi.command("undo")
def empi_undo(
    decision: Annotated[str, typer.Argument(help="Its id, as `twinlake empi decisions` lists it.")],
    why: Why,
    by: By = None,
    at: At = None,
    feeds: Feeds = None,
) -> None:
    """Take a decision back; it stays to be seen."""
    from jobs._steward import undo

    undo(feeds, decision, by, why, at, say)


@empi.command("decisions")
def empi_decisions(feeds: Feeds = None) -> None:
    """All decisions ever taken, the latest first."""
    from jobs._review import show_decisions

    show_decisions(feeds)


@empi.command("link")
def empi_link(
    persons: Annotated[
        list[Path], typer.Option("--persons", help="A .csv, .csv.gz or .parquet; give it for each file.")
    ],
    fields: Annotated[Path, typer.Option("--map", help='fields.toml: family_name = "surname", … (see above).')],
    out: Annotated[Path, typer.Option("--out", help="The CSV to write: file, row_id, person_id, match_weight.")],
) -> None:
    """Link the persons of plain files by the same model; no lake and, below two million rows, no Spark.

    A fields.toml says which column is what: row_id (needed), birth_date or year_of_birth (one is needed), given_name,
    middle_name, family_name, maiden_name, sex, address_line, city, postal_code, phone, ssn, licence_number,
    passport_number, hospital and mrn. A list of columns is joined: address_line = ["street_number", "street"].
    Dates are YYYY-MM-DD or YYYYMMDD, else birth_date_format = "%d/%m/%Y". A table ["B.csv"] holds for that file only.
    Without hospital, each row counts as another hospital's; with it, two rows of one file and hospital need more to be
    one person, and an MRN speaks beside the names.
    """
    from jobs._empi import link_files

    link_files(persons, fields, out, say)
