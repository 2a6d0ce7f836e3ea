"""`twinlake`: a thin face over jobs and engine; what costs time to import is imported by the command that needs it."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from twinlake.cli_care import care
from twinlake.cli_empi import empi
from twinlake.cli_options import Feeds, say
from twinlake.declare.errors import ConfigurationError, DeclarationError, TwinlakeError

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="A hospital digital-twin lakehouse: real feeds in, one checked lake, a living twin of every patient out.",
)  # fmt: skip
quarantine = typer.Typer(no_args_is_help=True, help="What could not be used: list, show, export, mend and replay.")
codes = typer.Typer(no_args_is_help=True, help="Local codes: which are not mapped to a vocabulary yet.")
quality = typer.Typer(help="What was proved of each table, rule by rule, and what of OHDSI's dashboard is covered.")
model = typer.Typer(no_args_is_help=True, help="Try a model on a plain file.")
for name, group in {"quarantine": quarantine, "empi": empi, "codes": codes, "quality": quality, "model": model}.items():
    app.add_typer(group, name=name)
app.add_typer(care)

AsOf = Annotated[str | None, typer.Option("--as-of", help="The logical date (default: today, UTC).")]  # noqa: UP007


def main() -> None:
    """Run a command; what twinlake refuses is one line and exit code 1, wrong usage is 2."""
    try:
        app()
    except Exception as error:
        from twinlake.engine.failure import DISK_FULL, is_disk_full

        if is_disk_full(error):
            _stop(DISK_FULL, 1)
        if not isinstance(error, TwinlakeError):
            from twinlake.engine.failure import own_fault

            _stop(own_fault(error), 1)
        _stop(error, 2 if isinstance(error, ConfigurationError) else 1)
    except KeyboardInterrupt:
        _stop("Stopped. The same command goes on where this one was.", 1)


def _stop(why: object, code: int) -> None:
    print(f"twinlake: {why}", file=sys.stderr)
    raise SystemExit(code)


def _open(feeds: Path | None, as_of: str | None, verb: str, *, dry: bool = False):
    from jobs._run import moment, open_run, run_id_now

    if feeds is None:
        from twinlake.engine.home import home_of

        feeds = home_of(None).feeds
    at = moment(as_of) if as_of else moment(datetime.now(UTC).date().isoformat())
    return open_run(feeds, at, run_id_now(verb), say, dry=dry)


def _say_version(is_asked: bool) -> None:
    if is_asked:
        from importlib.metadata import version

        say(f"twinlake {version('twinlake')}")
        raise typer.Exit


@app.callback()
def common(
    version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Say the version and end.")
    ] = False,
) -> None:
    """Options of twinlake itself."""


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
    from jobs._report import finish
    from twinlake.engine.airflow_turn import hold

    opened = _open(feeds, as_of, "run", dry=dry_run)
    if only is not None:
        _check_step(opened, only)
    if dry_run:
        for line in foresee(opened):
            say(line)
        return
    with hold(opened.run.home, opened.run.run_id):
        published = walk(opened, only, train_always=train)
    if only is not None:
        return
    finish(opened)
    if published is None:
        raise SystemExit(1)


def _check_step(opened, name: str) -> None:
    """A step that the plan does not have is wrong usage, whatever else the command would do."""
    try:
        opened.plan.node(name)
    except DeclarationError as error:
        raise ConfigurationError(f"--only: {error}") from error


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

    run_demo(feeds, as_of, patients, hospitals, seed, say)


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
    if picture:
        draw_plan(known, picture)
    say(plan_text(known))
    if picture:
        say(f"drawn: {picture}")


@app.command()
def sql(
    query: Annotated[str, typer.Argument(help='Such as "select * from gold.person_summary limit 5".')],
    feeds: Feeds = None,
    format: Annotated[str, typer.Option("--format", help="table, csv or json.")] = "table",
    limit: Annotated[
        int | None,  # noqa: UP007
        typer.Option(
            "--limit", min=0, help="Rows at most; 0 for all. Without it a table shows 100, csv and json hold all."
        ),
    ] = None,
    publication: Annotated[
        str | None, typer.Option("--publication", help="An earlier one that is still kept.")  # noqa: UP007
    ] = None,
) -> None:
    """Ask the last publication in Spark SQL; nothing can be changed by it."""
    from jobs._ask import ask

    ask(query, feeds, format, limit, publication)


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
def lineage(
    target: Annotated[
        str | None,  # noqa: UP007
        typer.Argument(help="A table, silver.measurement; or a column, twins.patient_state.glucose."),
    ] = None,
    picture: Annotated[
        Path | None, typer.Option("--picture", help="Draw the tables to this .svg, .png or .pdf.")
    ] = None,  # noqa: UP007
    prepare: Annotated[
        bool,
        typer.Option("--prepare", help="Work out all columns, for the OpenLineage events of later runs (minutes)."),
    ] = False,
    feeds: Feeds = None,
) -> None:
    """What a table or column is made of, down to the feeds; and what is made of a table."""
    from jobs._lineage import prepare_events, show

    if prepare:
        prepare_events(feeds, say)
    elif target is None:
        raise typer.BadParameter("name a table or a column, or say --prepare")
    else:
        show(target, picture, say)


@app.command(context_settings={"ignore_unknown_options": True})
def trace(
    person: Annotated[int, typer.Argument(help="person_id")],
    item: Annotated[
        str, typer.Argument(help="A column of the twin: glucose, weight, …, active_conditions, active_drugs, …")
    ],
    feeds: Feeds = None,
) -> None:
    """A value of a twin traced back to the record it came in: file, place, and the record. It is a patient's data.

    ITEM: a measured value, active_conditions, active_drugs, death_date or risks. Of risks the version of the model and
    what it was trained on are told, not the records of its features.
    """
    from jobs._trace import trace as trace_value

    trace_value(_open(feeds, None, "trace", dry=True), person, item, say)


@app.command()
def report(feeds: Feeds = None) -> None:
    """Write the report page of the last publication and say where it is."""
    from jobs._report import write

    say(f"report: {write(feeds)}")


@app.command()
def doctor(feeds: Feeds = None) -> None:
    """Check this machine; with --feeds, what a hospital would bring that is unknown, before anything is written."""
    from jobs._doctor import examine, examine_feeds

    is_right = examine(say)
    if is_right and feeds:
        examine_feeds(feeds, say)
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

    if not prove(_open(feeds, None, "verify"), say, digest=digest, rebuild=rebuild):
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
        made = grow_network(out, day_told(day), say)
    else:
        made = make_network(patients, hospitals, seed, out, say, events_per_person)
    say(f"feeds: {made.feeds}\ntruth: {made.truth}")


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

    score(feeds, truth, format, say)


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

    show_list(feeds, say)


@quarantine.command("show")
def quarantine_show(
    table: Annotated[str, typer.Argument(help="Such as measurement, or fhir_r4_bulk_observation.")],
    rule: Annotated[str | None, typer.Option("--rule", help="Only what breaks this rule.")] = None,  # noqa: UP007
    limit: Annotated[int, typer.Option("--limit")] = 20,
    feeds: Feeds = None,
) -> None:
    """The records themselves, with file, place and rule. They are patients' data."""
    from jobs._quarantine import show

    show(feeds, table, rule, limit, say)


@quarantine.command("export")
def quarantine_export(
    table: Annotated[str, typer.Argument(help="Such as measurement, or fhir_r4_bulk_observation.")],
    out: Annotated[Path, typer.Option("--out", help="NDJSON: mend `raw_record` in it, then replay it.")],
    rule: Annotated[str | None, typer.Option("--rule", help="Only what breaks this rule.")] = None,  # noqa: UP007
    feeds: Feeds = None,
) -> None:
    """Write the records to a file in which they can be mended."""
    from jobs._quarantine import export

    export(feeds, table, rule, out, say)


@quarantine.command("replay")
def quarantine_replay(
    file: Annotated[Path, typer.Argument(help="An exported file whose raw_record were mended.")],
    feeds: Feeds = None,
    as_of: AsOf = None,
) -> None:
    """Land mended records in the place of the broken ones, and bring the lake up to them."""
    from jobs._daily import walk
    from jobs._quarantine import replay
    from jobs._report import finish

    opened = _open(feeds, as_of, "replay")
    replay(opened, file, say)
    walk(opened)
    finish(opened)


@codes.command("unmapped")
def codes_unmapped(
    hospital: Annotated[str | None, typer.Option("--hospital", help="Only this hospital's.")] = None,  # noqa: UP007
    toml: Annotated[bool, typer.Option("--toml", help="As lines of hospital.toml, to fill in.")] = False,
    limit: Annotated[int, typer.Option("--limit", help="Codes to show at most; 0 for all.")] = 100,
    feeds: Feeds = None,
) -> None:
    """The local codes of the last publication that no vocabulary is known for, the most frequent first."""
    from jobs._codes import unmapped

    unmapped(feeds, hospital, toml, limit, say)


@quality.callback(invoke_without_command=True)
def quality_show(
    given: typer.Context,
    table: Annotated[
        str | None, typer.Option("--table", help="This table's broken rows, such as silver.measurement.")
    ] = None,  # noqa: UP007
    hospital: Annotated[str | None, typer.Option("--hospital", help="This hospital's broken rows.")] = None,  # noqa: UP007
    every: Annotated[
        bool, typer.Option("--all", help="Every rule: those that passed and those that only characterise, too.")
    ] = False,
    feeds: Feeds = None,
    format: Annotated[str, typer.Option("--format", help="table, csv or json.")] = "table",
) -> None:
    """What was proved of the published tables: rules with broken rows; by table or hospital, codes and some keys."""
    if given.invoked_subcommand is None:
        from jobs._quality import show

        show(feeds, table, hospital, every, format)


@app.command()
def drift(
    hospital: Annotated[str | None, typer.Option("--hospital", help="Only this hospital's.")] = None,  # noqa: UP007
    feeds: Feeds = None,
    format: Annotated[str, typer.Option("--format", help="table, csv or json.")] = "table",
) -> None:
    """What changed: columns of deliveries (new, dropped, renamed, retyped …), and what is measured, by hospital."""
    from jobs._drift import show

    show(feeds, hospital, format, say)


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

    blood_glucose(csv, say)


if __name__ == "__main__":
    main()
