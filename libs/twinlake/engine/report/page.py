"""Writes the page of the last publication."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from twinlake.declare.table import Table
from twinlake.engine.home import Home
from twinlake.engine.report.arrivals import conforming, landing
from twinlake.engine.report.drift import drift
from twinlake.engine.report.facts import Facts, read_facts
from twinlake.engine.report.headline import flow, holdings, masthead
from twinlake.engine.report.lake import PublishedLake
from twinlake.engine.report.learnt import models
from twinlake.engine.report.markup import Section, fold, table, text
from twinlake.engine.report.persons import identity, population
from twinlake.engine.report.recovered import recovered
from twinlake.engine.report.style import CSS
from twinlake.engine.report.trust import quality, quarantined
from twinlake.engine.report.units import units
from twinlake.engine.report.unmapped import unmapped
from twinlake.engine.report.work import work

LATEST = "latest.html"
FOOT = (
    "Aggregates, and keys of some broken rows. Counts of fewer than 11 are left out of every picture of the population."
)
# Nothing is fetched, nothing runs: the page can be mailed and opened anywhere.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def write_report(home: Home, tables: Mapping[str, Table], questions: Mapping[str, str], plan_svg: str) -> Path:
    """The page of the last publication, `reports/<publication id>.html`; `latest.html` beside it is the same page.

    `questions`: each declared model's question_digest of today, which tells whose champion scores.
    """
    facts = read_facts(home)
    page = _page(facts, _sections(facts, tables, questions, plan_svg))
    home.reports.mkdir(parents=True, exist_ok=True)
    path = home.reports / f"{facts.publication.publication_id}.html"
    for target in (path, home.reports / LATEST):
        part = target.with_suffix(".part")
        part.write_text(page, encoding="utf-8")
        part.replace(target)
    return path


def _sections(facts: Facts, tables: Mapping[str, Table], questions: Mapping[str, str], plan_svg: str) -> list[Section]:
    lake = PublishedLake(facts.ops, facts.publication)
    return [
        holdings(facts), flow(plan_svg, _meanings(tables)), population(facts, lake), identity(facts, lake),
        models(facts, questions), landing(facts), conforming(facts), unmapped(lake), units(lake),
        quarantined(facts), quality(facts), drift(facts, lake),
        work(facts), recovered(facts),
    ]  # fmt: skip


def _meanings(tables: Mapping[str, Table]) -> str:
    rows = [
        (f"<code>{text(each.full_name)}</code>", text(each.grain), text(each.meaning.split("\n\n")[0]))
        for each in tables.values()
    ]
    return fold("What every table means", table("Tables", ("table", "a row is", "meaning"), rows)) if rows else ""


def _page(facts: Facts, sections: Sequence[Section]) -> str:
    menu = "".join(f'<li><a href="#{each.anchor}">{text(each.menu)}</a></li>' for each in sections)
    body = "\n".join(each.html for each in sections)
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<title>twinlake · publication {text(facts.publication.publication_id)}</title><style>{CSS}</style></head>
<body><a class="skip" href="#holdings">To the contents</a><div class="wrap">
{masthead(facts)}
<nav aria-label="Contents"><ul>{menu}</ul></nav>
<main>
{body}
</main>
<footer>{FOOT}</footer>
</div></body></html>
"""
