"""The end of a run: Data Docs, report page, and what a person wants to know at once."""

from __future__ import annotations

from pathlib import Path

from jobs._run import Opened
from twinlake.engine.home import Home, check_home, home_of
from twinlake.engine.ops import Ops
from twinlake.engine.publication import Publication, last_publication, require_publication
from twinlake.engine.quality import build_docs
from twinlake.engine.report import write_report
from twinlake.engine.summary import print_summary, summarise
from twinlake.plan import Plan, read_plan
from twinlake.plan_picture import plan_svg

# Which publication the page is of: an id comes again, where what is published is as it once was.
SEQUENCE = "latest.sequence"


def finish(opened: Opened) -> None:
    """Build what people look at if there is anything new, and print the summary."""
    home = opened.run.home
    catch_up(home)
    print_summary(summarise(home, _questions(opened.plan)))


def catch_up(home: Home) -> None:
    """Data Docs and report of the last publication, unless they are there or nothing is published."""
    published = last_publication(Ops(home.lake))
    if published and not _is_of(home, published):
        make(home)


def make(home: Home) -> Path:
    """Data Docs and report of the last publication."""
    published = require_publication(Ops(home.lake))
    if home.gx.exists():
        build_docs(home.path)
    plan = read_plan()
    path = write_report(home, plan.tables, _questions(plan), plan_svg(plan))
    part = home.reports / f"{SEQUENCE}.part"
    part.write_text(str(published.sequence))
    part.replace(home.reports / SEQUENCE)
    return path


def _is_of(home: Home, published: Publication) -> bool:
    page, sequence = home.reports / "latest.html", home.reports / SEQUENCE
    return page.is_file() and sequence.is_file() and sequence.read_text() == str(published.sequence)


def _questions(plan: Plan) -> dict[str, str]:
    return {name: model.question_digest for name, model in plan.models.items()}


def write(feeds: Path | None) -> Path:
    """The report of a lake that is there."""
    home = home_of(feeds)
    check_home(home)
    return make(home)
