"""`twinlake`: a thin face over jobs and engine; what costs time to import is imported by the command that needs it."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from twinlake.declare.errors import ConfigurationError, DeclarationError, TwinlakeError

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
    help="A hospital digital-twin lakehouse: real feeds in, one checked lake, a living twin of every patient out.",
)  # fmt: skip
quarantine = typer.Typer(no_args_is_help=True, help="What could not be used: list, show, export, mend and replay.")
empi = typer.Typer(no_args_is_help=True, help="Who is who: review, accept, reject, split; the linkage model.")
codes = typer.Typer(no_args_is_help=True, help="Local codes: which are not mapped to a vocabulary yet.")
quality = typer.Typer(help="What was proved of each table, rule by rule, and what of OHDSI's dashboard is covered.")
model = typer.Typer(no_args_is_help=True, help="Try a model on a plain file.")
for name, group in {"quarantine": quarantine, "empi": empi, "codes": codes, "quality": quality, "model": model}.items():
    app.add_typer(group, name=name)

Feeds = Annotated[
    Path | None,  # noqa: UP007 - typer reads the annotation at run time
    typer.Option("--feeds", envvar="TWINLAKE_FEEDS", help="The feeds root: <hospital>/<system>/…, hospital.toml."),
]
AsOf = Annotated[str | None, typer.Option("--as-of", help="The logical date (default: today, UTC).")]  # noqa: UP007


def main() -> None:
    """Run a command; what twinlake refuses is one line and exit code 1, wrong usage is 2."""
    try:
        app()
    except TwinlakeError as error:
        _stop(error, 2 if isinstance(error, ConfigurationError) else 1)
    except KeyboardInterrupt:
        _stop("Stopped. The same command goes on where this one was.", 1)


def _stop(why: object, code: int) -> None:
    print(f"twinlake: {why}", file=sys.stderr)
    raise SystemExit(code)


def _say(message: str) -> None:
    print(message, flush=True)


def _open(feeds: Path | None, as_of: str | None, verb: str, *, dry: bool = False):
    from jobs._run import moment, open_run, run_id_now

    if feeds is None:
        from twinlake.engine.home import home_of

        feeds = home_of(None).feeds
    at = moment(as_of) if as_of else moment(datetime.now().astimezone().date().isoformat())
    return open_run(feeds, at, run_id_now(verb), _say, dry=dry)


@app.command()
def run(
    feeds: Feeds = None,
    as_of: AsOf = None,
    only: Annotated[str | None, typer.Option("--only", help="Only this table's step of the plan.")] = None,  # noqa: UP007
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done; write nothing.")] = False,
    train: Annotated[bool, typer.Option("--train", help="Train even where there is a champion.")] = False,
) -> None:
    """Bring the lake up to its feeds and publish it (without Airflow). Exit 0: published, or nothing new."""
    from jobs._daily import foresee, walk

    opened = _open(feeds, as_of, "run", dry=dry_run)
    if only is not None:
        _check_step(opened, only)
    if dry_run:
        for line in foresee(opened):
            _say(line)
        return
    walked = walk(opened, only, train_always=train)
    if only is None:
        _finish(opened, walked.is_new)
    if walked.publication_id is None and only is None:
        raise SystemExit(1)


def _check_step(opened, name: str) -> None:
    """A step that the plan does not have is wrong usage, whatever else the command would do."""
    try:
        opened.plan.node(name)
    except DeclarationError as error:
        raise ConfigurationError(f"--only: {error}") from error


def _finish(opened, is_new: bool) -> None:
    from jobs._report import finish

    finish(opened, is_new)


@app.command()
def demo(
    feeds: Feeds = None,
    as_of: AsOf = None,
    patients: Annotated[int, typer.Option(help="Patients to invent where no feeds are given.")] = 200,
    hospitals: Annotated[int, typer.Option(help="Hospitals to invent.")] = 4,
    seed: Annotated[int, typer.Option(help="Seed of the invented network.")] = 7,
) -> None:
    """Make (or take) a hospital network, run the daily DAG through Airflow, and show what came of it."""
    from jobs._demo import demo as run_demo

    run_demo(feeds, as_of, patients, hospitals, seed, _say)


@app.command()
def plan(
    picture: Annotated[Path | None, typer.Option("--picture", help="Draw it to this .svg, .png or .pdf.")] = None,  # noqa: UP007
) -> None:
    """The steps and what each waits for, as text and as a picture."""
    from expectations import rules_for
    from twinlake.plan import read_plan
    from twinlake.plan_picture import draw_plan, plan_text

    known = read_plan()
    for table in known.tables.values():
        rules_for(table)
    _say(plan_text(known))
    if picture:
        draw_plan(known, picture)
        _say(f"drawn: {picture}")


@app.command()
def sql(
    query: Annotated[str, typer.Argument(help='Such as "select * from gold.person_summary limit 5".')],
    feeds: Feeds = None,
    format: Annotated[str, typer.Option("--format", help="table, csv or json.")] = "table",
    limit: Annotated[
        int | None,  # noqa: UP007
        typer.Option("--limit", help="Rows at most; 0 for all. Without it a table shows 100, csv and json hold all."),
    ] = None,
) -> None:
    """Ask the last publication in Spark SQL."""
    from jobs._ask import ask

    ask(query, feeds, format, limit)


@app.command(context_settings={"ignore_unknown_options": True})
def twin(
    person: Annotated[int, typer.Argument(help="person_id")],
    on: Annotated[str, typer.Option("--on", help="The state on this day (valid time).")],
    known: Annotated[
        str | None, typer.Option("--known", help="As it was known on this day (default: the publication's).")
    ] = None,  # noqa: UP007
    feeds: Feeds = None,
    format: Annotated[str, typer.Option("--format", help="table, csv or json.")] = "table",
) -> None:
    """What was known of a person on a day: the twin's state, by valid time and known time."""
    from jobs._ask import twin_on

    twin_on(person, on, known, feeds, format)


@app.command()
def report(feeds: Feeds = None) -> None:
    """Write the report page of the last publication and say where it is."""
    from jobs._report import write

    _say(f"report: {write(feeds)}")


@app.command()
def doctor(feeds: Feeds = None) -> None:
    """Check this machine; with --feeds, what a hospital would bring that is unknown, before anything is written."""
    from jobs._doctor import examine, examine_feeds

    is_right = examine(_say)
    if is_right and feeds:
        examine_feeds(feeds, _say)
    if not is_right:
        raise SystemExit(1)


@app.command()
def verify(
    feeds: Feeds = None,
    digest: Annotated[bool, typer.Option("--digest", help="Print the digest of every table, and of the lake.")] = False,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Rebuild from bronze elsewhere and compare.")] = False,
) -> None:
    """Prove the lake: ledgers balance, every Delta file is there, stored rows have the digests that were published."""
    from jobs._verify import verify as prove

    if not prove(_open(feeds, None, "verify"), _say, digest=digest, rebuild=rebuild):
        raise SystemExit(1)


@app.command()
def synth(
    out: Annotated[Path, typer.Option("--out", help="Writes OUT/feeds and, apart from it, OUT/truth.")],
    patients: Annotated[int, typer.Option("--patients", help="Living patients of the network.")] = 200,
    hospitals: Annotated[int, typer.Option("--hospitals", help="Hospitals they are dealt to.")] = 4,
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same bytes.")] = 7,
    events_per_person: Annotated[
        int, typer.Option("--events-per-person", help="On average; 0 for as many as Synthea gives, about 1,000.")
    ] = 150,
    day: Annotated[
        str | None,  # noqa: UP007
        typer.Option("--day", help="Add the deliveries of a later day, 3 or 2026-11-04, to the network in OUT."),
    ] = None,
) -> None:
    """Invent a hospital network of any size with faults, and keep the truth beside it; let it grow day by day."""
    from twinlake.synthetic.network import day_told, grow_network, make_network

    if day:
        made = grow_network(out, day_told(day), _say)
    else:
        made = make_network(patients, hospitals, seed, out, _say, events_per_person)
    _say(f"feeds: {made.feeds}\ntruth: {made.truth}")


@app.command("score-synth")
def score_synth(
    feeds: Feeds = None,
    truth: Annotated[
        Path | None,  # noqa: UP007
        typer.Option("--truth", help="The truth of the network (default: beside its feeds)."),
    ] = None,
    format: Annotated[str, typer.Option("--format", help="table or json.")] = "table",
) -> None:
    """Grade a lake against the truth of the network it was made from: links, units, codes, faults."""
    from jobs._score_synth import score_synth as score

    score(feeds, truth, format, _say)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def bench(
    given: typer.Context,
    name: Annotated[str | None, typer.Argument(help="One benchmark; without a name, all of them.")] = None,  # noqa: UP007
) -> None:
    """Measure on this machine as it is now; what follows the name goes to the benchmark (`--megabytes 64`)."""
    from jobs._bench import run_benchmarks

    run_benchmarks(name, given.args)


@app.command()
def airflow(feeds: Feeds = None) -> None:
    """Serve Airflow on this machine (127.0.0.1:8080), to see, run and back-fill the DAGs."""
    from twinlake.engine.airflow_serve import serve
    from twinlake.engine.home import home_of

    home = home_of(feeds)
    serve(home, home.feeds)


@quarantine.command("list")
def quarantine_list(feeds: Feeds = None) -> None:
    """How many records each table's quarantine holds, by hospital and rule."""
    from jobs._quarantine import show_list

    show_list(feeds, _say)


@quarantine.command("show")
def quarantine_show(
    table: Annotated[str, typer.Argument(help="Such as measurement, or fhir_r4_bulk_observation.")],
    rule: Annotated[str | None, typer.Option("--rule", help="Only what breaks this rule.")] = None,  # noqa: UP007
    limit: Annotated[int, typer.Option("--limit")] = 20,
    feeds: Feeds = None,
) -> None:
    """The records themselves, with file, place and rule. They are patients' data."""
    from jobs._quarantine import show

    show(feeds, table, rule, limit, _say)


@quarantine.command("export")
def quarantine_export(
    table: Annotated[str, typer.Argument(help="Such as measurement, or fhir_r4_bulk_observation.")],
    out: Annotated[Path, typer.Option("--out", help="NDJSON: mend `raw_record` in it, then replay it.")],
    rule: Annotated[str | None, typer.Option("--rule", help="Only what breaks this rule.")] = None,  # noqa: UP007
    feeds: Feeds = None,
) -> None:
    """Write the records to a file in which they can be mended."""
    from jobs._quarantine import export

    export(feeds, table, rule, out, _say)


@quarantine.command("replay")
def quarantine_replay(
    file: Annotated[Path, typer.Argument(help="An exported file whose raw_record were mended.")],
    feeds: Feeds = None,
    as_of: AsOf = None,
) -> None:
    """Land mended records in the place of the broken ones, and bring the lake up to them."""
    from jobs._daily import walk
    from jobs._quarantine import replay

    opened = _open(feeds, as_of, "replay")
    replay(opened, file, _say)
    _finish(opened, walk(opened).is_new)


@empi.command("train")
def empi_train(
    feeds: Feeds = None,
    out: Annotated[Path | None, typer.Option("--out", help="Default: beside the catalogue.")] = None,  # noqa: UP007
) -> None:
    """Train the linkage weights on this lake's source persons; the next run relinks everybody with them."""
    from jobs._empi import train_weights

    train_weights(feeds, out, _say)


SourcePerson = Annotated[str, typer.Argument(help="A source person: hospital/system/id.")]
By = Annotated[str | None, typer.Option("--by", help="Who decides (default: the user of this machine).")]  # noqa: UP007
Why = Annotated[str, typer.Option("--why", help="Why; kept with the decision.")]
At = Annotated[str | None, typer.Option("--at", help="When it was decided (default: now).")]  # noqa: UP007
NEGATIVE = {"ignore_unknown_options": True}


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

    decide(feeds, "accept", one, other, by, why, at, _say)


@empi.command("reject")
def empi_reject(
    one: SourcePerson, other: SourcePerson, why: Why, by: By = None, at: At = None, feeds: Feeds = None
) -> None:
    """Two source persons are two persons, whatever the model or their hospital says."""
    from jobs._steward import decide

    decide(feeds, "reject", one, other, by, why, at, _say)


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

    split(feeds, person, [*out, *(more or [])], by, why, at, _say)


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

    undo(feeds, decision, by, why, at, _say)


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
    fields: Annotated[Path, typer.Option("--map", help='fields.toml: family_name = "surname", … (see below).')],
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

    link_files(persons, fields, out, _say)


@codes.command("unmapped")
def codes_unmapped(
    hospital: Annotated[str | None, typer.Option("--hospital", help="Only this hospital's.")] = None,  # noqa: UP007
    toml: Annotated[bool, typer.Option("--toml", help="As lines of hospital.toml, to fill in.")] = False,
    limit: Annotated[int, typer.Option("--limit", help="Codes to show at most; 0 for all.")] = 100,
    feeds: Feeds = None,
) -> None:
    """The local codes of the last publication that no vocabulary is known for, the most frequent first."""
    from jobs._codes import unmapped

    unmapped(feeds, hospital, toml, limit, _say)


@quality.callback(invoke_without_command=True)
def quality_show(
    given: typer.Context,
    table: Annotated[
        str | None, typer.Option("--table", help="This table's broken rows, such as silver.measurement.")
    ] = None,  # noqa: UP007
    hospital: Annotated[str | None, typer.Option("--hospital", help="This hospital's broken rows.")] = None,  # noqa: UP007
    every: Annotated[bool, typer.Option("--all", help="Every rule, those that passed too.")] = False,
    feeds: Feeds = None,
    format: Annotated[str, typer.Option("--format", help="table, csv or json.")] = "table",
) -> None:
    """What was proved of the published tables: rules with broken rows; by table or hospital, codes and some keys."""
    if given.invoked_subcommand is None:
        from jobs._quality import show

        show(feeds, table, hospital, every, format)


@quality.command("coverage")
def quality_coverage(
    dqd: Annotated[Path, typer.Option("--dqd", help="inst/csv of OHDSI's DataQualityDashboard.")],
    format: Annotated[str, typer.Option("--format", help="table, csv or json.")] = "table",
    page: Annotated[bool, typer.Option("--page", help="Write the page expectations/DQD.md instead.")] = False,
) -> None:
    """Every check of OHDSI's Data Quality Dashboard: the rules of ours that do it, or why none does."""
    from jobs._quality import coverage

    coverage(dqd, format, page)


@model.command("blood_glucose")
def model_blood_glucose(
    csv: Annotated[Path, typer.Option("--csv", help="Columns body_weight, blood_glucose.")],
) -> None:
    """Linear regression of glucose on weight, from a plain file: prints the held-out MSE."""
    from jobs._csv_model import blood_glucose

    blood_glucose(csv, _say)


if __name__ == "__main__":
    main()
