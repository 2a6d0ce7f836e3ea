"""What the last publication took in, file by file, and what its runs had to get over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from twinlake.engine.ops import BEGUN, PUBLISHED, Ops
from twinlake.engine.quarantine import quarantine_tables
from twinlake.engine.report.arrivals import accounts
from twinlake.engine.report.facts import Facts, Row
from twinlake.engine.report.markup import Section, duration, note, number, table, text

FAILED = "failed"
# The newest of them; the rest stand in ops.run.
MOST_TOLD = 20
HELD = (
    "select rule, hospital, run_id, min(reason) as reason, count(*) as n from {} "
    "group by rule, hospital, run_id order by n desc, rule, hospital"
)


@dataclass(frozen=True)
class Recovery:
    """A run that did not reach its publication, and the one that did in its place (none yet: no `seconds`)."""

    broken: str
    stopped: str
    by: str = ""
    seconds: float | None = None


@dataclass(frozen=True)
class Retry:
    """A step that failed within a run, and was done in the same run after all."""

    run: str
    step: str
    failures: int
    seconds: float


def recovered(facts: Facts) -> Section:
    """Reconciliation and quarantine of the runs that made the publication, retries, and recoveries of the lake."""
    lead = (
        "Every file that the last publication took in, what of it waits in quarantine and why, "
        "and how long it took to go on where a run was broken off."
    )
    broken_off = recoveries(facts.history)
    made_by = {facts.published_by, *(each.broken for each in broken_off if each.by == facts.published_by)}
    files = [row for row in facts.files if row["run_id"] in made_by]
    body = accounts(files) or note("The last publication took in no new file.")
    body += _held(facts.ops, made_by) + _retries(retries(facts.history)) + _recoveries(broken_off)
    return Section("recovery", "Recovery", "What the last publication got over", lead, body)


def _held(ops: Ops, made_by: set[str]) -> str:
    """What these runs put into quarantine and is there still."""
    rows = [
        (text(name.removeprefix("quarantine.")), f"<code>{text(row['rule'])}</code>", text(row["reason"]),
         text(row["hospital"] or "–"), number(row["n"]))
        for name in quarantine_tables(ops) if ops.version(name) is not None
        for row in ops.ask(HELD.format(name.split(".")[-1]), {name: None}) if row["run_id"] in made_by
    ]  # fmt: skip
    heads = ("table", "rule", "why", "hospital", "rows#")
    return table("Put into quarantine by it", heads, rows) if rows else note("It put nothing into quarantine.")


def _retries(found: list[Retry]) -> str:
    if not found:
        return note("No step had to be tried again within its run.")
    rows = [(f"<code>{text(r.run)}</code>", text(r.step), number(r.failures), duration(r.seconds)) for r in found]
    return table("Steps tried again", ("run", "step", "failures#", "until it was done#"), rows[-MOST_TOLD:])


def _recoveries(found: list[Recovery]) -> str:
    if not found:
        return note("No run of this lake was broken off.")
    rows = [
        (f"<code>{text(r.broken)}</code>", text(r.stopped), f"<code>{text(r.by)}</code>" if r.by else "not yet",
         duration(r.seconds))
        for r in reversed(found[-MOST_TOLD:])
    ]  # fmt: skip
    return table("Runs that were broken off", ("run", "stopped", "gone on by", "until its publication#"), rows)


def recoveries(history: Iterable[Row]) -> list[Recovery]:
    """Each run that began (or failed) and never published, with the next one that did."""
    found: list[Recovery] = []
    waiting: dict[str, str] = {}
    for run_id, rows in _by_run(history):
        if any((row["stage"], row["state"]) == PUBLISHED for row in rows):
            found += [Recovery(broken, stopped, run_id, _span(rows)) for broken, stopped in waiting.items()]
            waiting = {}
        elif any((row["stage"], row["state"]) == BEGUN or row["state"] == FAILED for row in rows):
            waiting[run_id] = _stop(rows)
    return [*found, *(Recovery(broken, stopped) for broken, stopped in waiting.items())]


def retries(history: Iterable[Row]) -> list[Retry]:
    """The steps that failed and were done in one run, as they were done."""
    return [retry for run_id, rows in _by_run(history) for retry in _retried(run_id, rows)]


def _retried(run_id: str, rows: list[Row]) -> Iterator[Retry]:
    steps: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        steps.setdefault((row["stage"], row["detail"] or ""), []).append(row)
    for (stage, detail), tried in steps.items():
        failures = sum(row["state"] == FAILED for row in tried)
        if failures and tried[-1]["state"] == "done":
            yield Retry(run_id, f"{stage} {detail}".strip(), failures, _span(tried))


def _by_run(history: Iterable[Row]) -> Iterator[tuple[str, list[Row]]]:
    runs: dict[str, list[Row]] = {}
    for row in history:
        runs.setdefault(row["run_id"], []).append(row)
    yield from runs.items()


def _stop(rows: list[Row]) -> str:
    failed = [row["stage"] for row in rows if row["state"] == FAILED]
    done = [row["stage"] for row in rows if row["state"] == "done"]
    return f"failed in {', '.join(failed)}" if failed else f"without a word after {done[-1] if done else 'it began'}"


def _span(rows: list[Row]) -> float:
    """Seconds from the begin of the first to the end of the last."""
    ends = [row["started_at"] + timedelta(seconds=row["seconds"]) for row in rows]
    return (max(ends) - min(row["started_at"] for row in rows)).total_seconds()
