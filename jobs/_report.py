"""The end of a run: Data Docs, report page, and what a person wants to know at once."""

from __future__ import annotations

from pathlib import Path

from jobs._run import Opened
from twinlake.engine.home import Home, check_home, home_of
from twinlake.engine.quality import build_docs
from twinlake.engine.report import write_report
from twinlake.engine.summary import print_summary, summarise
from twinlake.plan import Plan, read_plan
from twinlake.plan_picture import plan_svg


def finish(opened: Opened, is_new: bool) -> None:
    """Build what people look at if there is anything new, and print the summary."""
    home = opened.run.home
    if is_new or not (home.reports / "latest.html").exists():
        make(home)
    print_summary(summarise(home, _questions(opened.plan)))


def make(home: Home) -> Path:
    """Data Docs and report of the last publication."""
    if home.gx.exists():
        build_docs(home.path)
    plan = read_plan()
    return write_report(home, plan.tables, _questions(plan), plan_svg(plan))


def _questions(plan: Plan) -> dict[str, str]:
    return {name: model.question_digest for name, model in plan.models.items()}


def write(feeds: Path | None) -> Path:
    """The report of a lake that is there."""
    home = home_of(feeds)
    check_home(home)
    return make(home)
