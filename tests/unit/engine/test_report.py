"""The page of a publication: complete, self-contained, and without a person on it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.support.published_lake import AS_OF, QUESTIONS, RUN, SECRET, published_lake, write
from twinlake.declare.errors import NotPublished
from twinlake.engine.champions import ANOTHER_QUESTION
from twinlake.engine.home import Home, open_home
from twinlake.engine.ops import Ops
from twinlake.engine.report import write_report
from twinlake.engine.report.charts import columns
from twinlake.engine.report.facts import read_facts
from twinlake.engine.report.lake import Bin, conceal, histogram, readable
from twinlake.engine.report.recovered import Recovery, Retry, recoveries, retries

PLAN = '<svg viewBox="0 0 1 1"><title>the plan as drawn</title></svg>'


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return published_lake(tmp_path_factory.mktemp("lake"))


@pytest.fixture(scope="module")
def page(home: Home) -> str:
    return write_report(home, {}, QUESTIONS, PLAN).read_text(encoding="utf-8")


def told_in(page: str, section: str) -> str:
    """The words of a section, a blank between any two."""
    markup = page.split(f'id="{section}"')[1].split("</section>")[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", markup))


class Elements(HTMLParser):
    """Every element that was opened, and those that were left open."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_before_any_publication_it_says_what_to_run(tmp_path: Path) -> None:
    empty = Home(tmp_path / "home", tmp_path / "feeds")
    open_home(empty)
    with pytest.raises(NotPublished, match="twinlake run"):
        write_report(empty, {}, QUESTIONS, PLAN)
    assert not empty.reports.exists()


def test_the_page_is_named_after_the_publication_and_latest_is_the_same(home: Home, page: str) -> None:
    assert sorted(p.name for p in home.reports.iterdir()) == ["0123456789abcdef.html", "latest.html"]
    assert (home.reports / "latest.html").read_text(encoding="utf-8") == page


def test_the_same_lake_gives_the_same_page(home: Home, page: str) -> None:
    assert write_report(home, {}, QUESTIONS, PLAN).read_text(encoding="utf-8") == page


def test_units_that_did_not_come_are_told_with_their_evidence_and_small_groups_are_not(page: str) -> None:
    section = page.split('id="units"')[1].split("</section>")[0]
    cells = re.sub(r"<[^>]+>", " ", section)
    assert re.search(r"st_a\s+2345-7\s+nothing\s+400\s+mmol/L\s+mg/dL\s+1,000\b", cells), cells
    assert re.search(r"st_b\s+2345-7\s+units\s+40\s+weak evidence", cells)
    assert "2 of 3 groups" in cells


def test_what_changed_is_told_by_hospital_quarter_and_file_and_small_cells_are_not(page: str) -> None:
    cells = told_in(page, "drift")
    assert "hospital 2026 Q2 2026 Q3 st_a 0 of 1 1 of 1 st_b – 1 of 1" in cells
    assert "its values have moved (index 4.50, told above 0.33) 300 150" in cells
    assert "hardly anybody was measured so 300 few" in cells
    assert "new &lt;ward&gt; not declared; holds text as declared keep 2 2026-01-03" in cells


def test_the_page_asks_nothing_of_the_network(page: str) -> None:
    links = [v for _, attrs in Elements(page).seen for k, v in attrs.items() if k in ("src", "href") and v]
    assert all(link.startswith(("#", "data:", "../")) for link in links)
    assert "url(http" not in page and "@import" not in page


def test_the_page_is_well_formed_and_every_picture_has_a_text(page: str) -> None:
    elements = Elements(page)
    assert elements.open == []
    assert all(attrs.get("alt") for tag, attrs in elements.seen if tag == "img")
    pictures = [attrs for tag, attrs in elements.seen if tag == "svg" and "chart" in (attrs.get("class") or "")]
    assert len(pictures) > 10
    assert all(attrs["role"] == "img" and attrs["aria-label"] for attrs in pictures)
    anchors = {attrs["id"] for tag, attrs in elements.seen if tag == "section"}
    assert anchors == {a["href"][1:] for t, a in elements.seen if t == "a" and a["href"] and a["href"][0] == "#"}


def test_no_identifier_and_no_raw_record_is_on_the_page(page: str) -> None:
    assert SECRET not in page


def test_what_the_last_publication_took_in_and_got_over_is_told(page: str) -> None:
    cells = told_in(page, "recovery")
    assert "northgate/synthea_csv/observations.csv observations – 1,000 990 4 6 0 landed" in cells
    assert "synthea_csv_observations row_width as the wire format says northgate 2" in cells
    assert "run-0 without a word after it began run-1 1 min 44 s" in cells
    assert "No step had to be tried again" in cells


def ran(run_id: str, *told: str, at: int = 0) -> list[dict[str, object]]:
    """Rows of ops.run written `stage state seconds`, one after another from `at` seconds on."""
    rows, start = [], AS_OF + timedelta(seconds=at)
    for stage, state, seconds in (line.split() for line in told):
        rows.append({"run_id": run_id, "stage": stage, "state": state, "detail": "", "started_at": start,
                     "seconds": float(seconds)})  # fmt: skip
        start += timedelta(seconds=float(seconds))
    return rows


def test_a_run_that_was_broken_off_was_recovered_by_the_next_that_published() -> None:
    history = [
        *ran("whole", "run begun 0", "ingest done 1", "publish done 2"),
        *ran("failed", "run begun 0", "ingest done 1", "link failed 2"),
        *ran("killed", "run begun 0", "ingest done 1"),
        *ran("only", "gold.person_summary done 9"),
        *ran("next", "run begun 0", "ingest done 1", "link done 5", "publish done 2"),
        *ran("last", "run begun 0"),
    ]
    assert recoveries(history) == [
        Recovery("failed", "failed in link", "next", 8.0),
        Recovery("killed", "without a word after ingest", "next", 8.0),
        Recovery("last", "without a word after it began"),
    ]


def test_a_step_that_failed_and_was_done_in_one_run_was_tried_again() -> None:
    history = [*ran("r", "link failed 2", "link failed 3", "link done 4"), *ran("s", "link failed 2"),
               *ran("t", "link done 1")]  # fmt: skip
    assert retries(history) == [Retry("r", "link", 2, 9.0)]


@pytest.mark.parametrize(
    "said",
    [
        "0123456789abcdef", "1 November 2026", RUN, "the plan as drawn", "1 min 44 s",
        "northgate/synthea_csv/observations.csv", "gzip_whole: the file ends in the middle",
        "synthea_csv declares no &lt;feed&gt;", "money is not read", "text without a code", "row_width",
        "silver.person.in_range", "Essential hypertension", "same_unit", "Held-out mse 380", "champion", "no champion",
        "5 held-out events among 70 persons", "data:image/png;base64,", "built for the first time", "12 with shifted",
    ],
)  # fmt: skip
def test_the_page_says(page: str, said: str) -> None:
    assert said in page


def test_broken_rows_are_told_by_hospital_rule_and_code_down_to_their_keys(home: Home, page: str) -> None:
    tables = len(read_facts(home).verdicts)
    assert page.count("<code>key_id 41, -7</code>") == tables and page.count(">BAD-9<") == tables
    assert f"Broken rows by hospital: lakeside {3 * tables:,}" in page
    assert (
        "Rules by table and Kahn class" in page and "replaced" not in page.split("Down to the keys")[1].split("<h2")[0]
    )


def test_a_rule_that_found_nothing_to_judge_has_not_passed(tmp_path: Path) -> None:
    """Of each table the rules by outcome: passed, characterise, warned, failed, not judged."""
    home = published_lake(tmp_path)
    full = [("fatal", "passed"), ("fatal", "passed with failed rows"), ("characterise", "failed"),
            ("characterise", "passed with failed rows"), ("warn", "passed with failed rows"), ("warn", "passed"),
            ("warn", "not judged"), ("fatal", "cannot fail")]  # fmt: skip
    empty = [("warn", "failed"), *[("fatal", "not judged")] * 4]
    _judge(home, "silver.person", 240, full)
    _judge(home, "gold.unmapped_code", 0, empty)
    page = write_report(home, {}, QUESTIONS, PLAN).read_text(encoding="utf-8")
    rules = told_in(page, "quality")
    assert "table rows judged passed characterise warned failed not judged verdict" in rules
    assert "silver.person 240 3 2 1 0 2 passed: 3 characterise: 2 warned: 1 not judged: 2 proved" in rules
    assert "gold.unmapped_code 0 0 0 1 0 4 warned: 1 not judged: 4 empty" in rules
    assert "8 rules warn" in page, "one of each of these two tables and of the six others"


def _judge(home: Home, table: str, rows: int, rules: list[tuple[str, str]]) -> None:
    told = [
        {"name": f"{table}.rule_{n}", "severity": severity, "kahn": "conformance", "state": state,
         "unexpected_count": 0, "element_count": rows, "hospitals": [], "meaning": ""}
        for n, (severity, state) in enumerate(rules)
    ]  # fmt: skip
    warnings = [r["name"] for r in told if r["severity"] == "warn" and "failed" in r["state"]]
    result = {"table": table, "version": 0, "rows": rows, "success": True, "fatal_failures": [], "warnings": warnings,
              "rules": told}  # fmt: skip
    row = {"run_id": RUN, "table": table, "version": 0, "success": True, "result": json.dumps(result)}
    Ops(home.lake).append("validation", [row])


def headline(home: Home) -> str:
    page = write_report(home, {}, QUESTIONS, PLAN).read_text(encoding="utf-8")
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.split("<header")[1].split("</header>")[0]))


@pytest.mark.parametrize("told", [("run begun 0",), ("run begun 0", "ingest done 1", "link failed 2"),
                                  ("gold.person_summary done 3",)])  # fmt: skip
def test_a_later_run_that_has_not_published_is_named_beside_the_run_that_has(
    tmp_path: Path, told: tuple[str, ...]
) -> None:
    home = published_lake(tmp_path)
    assert "has not published" not in headline(home)
    Ops(home.lake).append("run", ran("run-2", *told, at=9000))
    said = headline(home)
    assert f"· run {RUN} " in said and "run time 1 min 44 s" in said
    assert "later run not published A later run, run-2 , has not published." in said
    assert "as it stands now" in said


def test_a_later_run_that_published_the_same_again_is_no_news(tmp_path: Path) -> None:
    home = published_lake(tmp_path)
    Ops(home.lake).append("run", ran("run-2", "run begun 0", "ingest done 1", "publish done 1", at=9000))
    said = headline(home)
    assert f"· run {RUN} " in said and "run time 1 min 44 s" in said and "not published" not in said


def test_conditions_of_few_persons_and_findings_are_left_out(page: str) -> None:
    assert "Rare thing" not in page and "Full-time employment" not in page


def test_only_the_last_account_of_a_feed_counts(home: Home, page: str) -> None:
    assert [row["records"] for row in read_facts(home).conformed] == [900, 40, 50]
    assert ">990<" in page and ">111<" not in page


def test_the_data_docs_are_linked_once_they_are_built(tmp_path: Path) -> None:
    home = published_lake(tmp_path)
    assert "have not been built" in write_report(home, {}, QUESTIONS, PLAN).read_text(encoding="utf-8")
    index = home.gx / "data_docs" / "index.html"
    index.parent.mkdir(parents=True)
    index.touch()
    assert 'href="../gx/data_docs/index.html"' in write_report(home, {}, QUESTIONS, PLAN).read_text(encoding="utf-8")


def test_the_champion_on_the_page_is_the_one_that_scores(tmp_path: Path) -> None:
    home, other = published_lake(tmp_path), {"blood_glucose": "of another outcome"}
    run = {"model_name": "blood_glucose", "model_version": "v-other", "question_digest": "of another outcome"}

    def glucose(questions: Mapping[str, str]) -> str:
        page = write_report(home, {}, questions, PLAN).read_text(encoding="utf-8")
        return told_in(page, "models").split("Blood glucose")[1].split("Trained on")[0]

    Ops(home.lake).append("model_run", [{**run, "is_champion": False, "reason": "no new champion: worse"}])
    assert "champion stands The champion before it stands: version v-abc . Last training: Worse" in glucose(QUESTIONS)
    assert "no champion Worse" in glucose(other)
    Ops(home.lake).append("model_run", [{**run, "is_champion": True, "reason": "champion: better"}])
    assert f"no champion {ANOTHER_QUESTION.capitalize()}" in glucose(QUESTIONS)
    assert "champion version v-other . Better" in glucose(other)


def test_a_lake_of_nobody_says_so_in_words(tmp_path: Path) -> None:
    page = write_report(_bare(tmp_path), {}, QUESTIONS, PLAN).read_text(encoding="utf-8")
    for said in ("No person has been linked", "No model has been trained", "Nothing is in quarantine",
                 "No file has been read", "No landed record", "nothing to change", "no record of its stages",
                 "No published table carries a verdict", "There is no measurement"):  # fmt: skip
        assert said in page


def test_in_a_lake_of_few_persons_no_cell_is_shown(tmp_path: Path) -> None:
    page = write_report(published_lake(tmp_path, persons=8), {}, QUESTIONS, PLAN).read_text(encoding="utf-8")
    population = page.split('id="population"')[1].split("</section>")[0]
    shown = [int(n) for n in re.findall(r"<title>[^<]*: (\d+)</title>", population)]
    assert all(n == 0 or n > 10 for n in shown)


def test_the_pyramid_counts_the_living_of_true_calendars(tmp_path: Path) -> None:
    """Born in 2020 of a calendar of 2100, 20 women are no children of today; a death of 2100 is a death."""
    values = dict.fromkeys(("glucose", "systolic_blood_pressure", "diastolic_blood_pressure"))
    ahead = AS_OF + timedelta(days=27_000)
    groups = (
        (40, "female", 1980, None, AS_OF), (20, "female", 2020, None, ahead), (30, "male", 1980, None, None),
        (25, "female", 1980, ahead.date(), ahead), (12, "female", 2020, None, AS_OF), (13, "male", 2020, None, AS_OF),
    )  # fmt: skip
    home = _bare(tmp_path, "gold.person_summary")
    write(home, "gold.person_summary", [
        {"person_id": 100 * group + n, "sex": sex, "year_of_birth": born, "death_date": died, "observed_at": seen,
         **values} for group, (many, sex, born, died, seen) in enumerate(groups) for n in range(many)
    ])  # fmt: skip
    page = write_report(home, {}, QUESTIONS, PLAN).read_text(encoding="utf-8")
    assert "0–9: 12 and 13, " in page and "40–49: 40 and 30, " in page and "20 with shifted calendars" in page


def _bare(folder: Path, table: str = "silver.person") -> Home:
    home = Home(folder / "home", folder / "feeds")
    open_home(home)
    row = {"sequence": 1, "publication_id": "ffff", "table": table, "version": 0, "rows": 0, "digest": "0:0"}
    Ops(home.lake).append("publication", [{**row, "as_of": AS_OF, "run_id": RUN}])
    return home


def test_rows_come_in_the_order_of_their_commits(tmp_path: Path) -> None:
    ops = Ops(tmp_path)
    for n in range(12):
        ops.append("run", [{"run_id": f"run-{n}", "stage": "ingest"}, {"run_id": f"run-{n}", "stage": "publish"}])
    found = [(row["run_id"], row["stage"]) for row in ops.rows("run")]
    assert found == [(f"run-{n}", stage) for n in range(12) for stage in ("ingest", "publish")]


def test_a_lone_small_cell_takes_the_next_larger_with_it() -> None:
    assert conceal([40, 3, 12, 0]) == [40, None, None, 0]
    assert conceal([40, 3, 5, 0]) == [40, None, None, 0]
    assert conceal([40, 11, 0]) == [40, 11, 0]
    assert conceal([3]) == [None]


def test_thin_tails_become_open_classes() -> None:
    bins = histogram({60.0: 4, 80.0: 20, 100.0: 30, 120.0: 6, 140.0: 7, 300.0: 1}, 20)
    assert bins == [Bin("< 100", 24), Bin("100", 30), Bin("≥ 120", 14)]


def test_classes_widen_until_most_can_be_shown() -> None:
    bins, width = readable({float(at): 4 for at in range(0, 100, 5)}, (5, 10, 20))
    assert width == 20 and all(one.count and one.count > 10 for one in bins)


def test_no_distribution_of_nobody() -> None:
    assert histogram({}, 10) == []


def test_a_hidden_class_has_no_height() -> None:
    picture = columns("Persons", [Bin("a", None), Bin("b", 40)], "axis")
    assert "a: not shown" in picture and "url(#hatch)" in picture
