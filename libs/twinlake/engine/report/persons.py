"""Who is in the lake, in aggregates only: identity, ages, conditions, vitals, conversions, staleness."""

from __future__ import annotations

from datetime import datetime, timedelta

from twinlake.declare.expressions import SLACK_DAYS
from twinlake.engine.report.charts import Bar, bars, columns, pyramid
from twinlake.engine.report.facts import Facts
from twinlake.engine.report.lake import (
    SMALLEST_CELL,
    Bin,
    PublishedLake,
    conceal,
    in_words,
    readable,
    shown,
    suppressed,
)
from twinlake.engine.report.markup import Section, figure, grid, note, number, text

BAND = 10
SEXES = ("female", "male")
TOP = 12
AGES = ((30, "≤ 30 days"), (91, "≤ 3 months"), (365, "≤ 1 year"), (730, "≤ 2 years"), (1826, "≤ 5 years"))
RULE = f"Cells of fewer than {SMALLEST_CELL} are not shown (hatched)."


def identity(facts: Facts, lake: PublishedLake) -> Section:
    """Source persons, persons, and how sure the links are."""
    lead = "A person known to several hospitals is one person here; how sure a link is stands beside it."
    found = lake.counts(
        "empi.person_link",
        "select count(*) sources, count(distinct person_id) persons, "
        "(select count(*) from (select 1 from t group by person_id having count(distinct hospital) > 1) m) several "
        "from t",
    )
    if not found or not found[0]["sources"]:
        return Section("identity", "Identity", "Who is who", lead, note("No person has been linked."))
    told = found[0]
    rows = [
        ("source persons", told["sources"]),
        ("persons", told["persons"]),
        ("in several hospitals", told["several"]),
    ]
    picture = bars("Identity", [Bar(n, c if shown(c) is not None else 0, in_words(c)) for n, c in rows])
    return Section(
        "identity",
        "Identity",
        "Who is who",
        lead,
        grid(figure(picture, "<b>Source persons</b>, and the persons they are"), _weights(lake)),
    )


def _weights(lake: PublishedLake) -> str:
    sql = "select floor(match_weight / 5) * 5 w, count(*) n from t where match_weight is not null group by 1"
    counts = {float(row["w"]): row["n"] for row in lake.counts("empi.person_link", sql)}
    if not counts:
        return note("No link carries a match weight: no person came out of more than one source record.")
    bins, width = readable(counts, (5, 10, 20))
    return figure(
        columns("Links by match weight", bins, f"match weight (log₂ of the odds), classes of {width}"),
        f"<b>Match weights</b>: how strong the evidence behind each link is{_hidden(bins)}",
    )


def _hidden(bins: list[Bin]) -> str:
    return f". {RULE}" if suppressed(bins) else ""


def population(facts: Facts, lake: PublishedLake) -> Section:
    """The pictures of the published population."""
    lead = f"Aggregates of the published tables. {RULE}"
    vitals = (
        _latest(lake, "glucose", 10, "latest glucose, mg/dL"),
        _latest(lake, "systolic_blood_pressure", 5, "latest systolic blood pressure, mm[Hg]"),
        _latest(lake, "diastolic_blood_pressure", 5, "latest diastolic blood pressure, mm[Hg]"),
    )
    pieces = (_pyramid(facts, lake), _conditions(lake), *vitals, _staleness(facts, lake), _conversions(lake))
    return Section("population", "Population", "The population", lead, grid(*pieces))


def _pyramid(facts: Facts, lake: PublishedLake) -> str:
    as_of = facts.publication.as_of
    sql = (
        f"select case when {_is_shifted(as_of)} then -1 "
        f"else least(floor(({as_of.year} - year_of_birth) / {BAND}) * {BAND}, 120) end band, sex, count(*) n from t "
        "where year_of_birth is not null and death_date is null group by 1, 2"
    )
    counts = {(int(row["band"]), row["sex"]): row["n"] for row in lake.counts("gold.person_summary", sql)}
    shifted = sum(n for (band, _), n in counts.items() if band < 0)
    other = sum(n for (band, sex), n in counts.items() if band >= 0 and sex not in SEXES)
    if not any(band >= 0 for band, _ in counts):
        return note(
            "No living person has an age at this date: every calendar is shifted, or no year of birth is known."
        )
    said = [f"<b>Age and sex</b> at {as_of:%-d %B %Y} of those alive then, by year of birth"]
    said += [f"{in_words(shifted)} with shifted calendars are left out"] if shifted else []
    said += [f"{in_words(other)} of other or unknown sex are not drawn"] if other else []
    return figure(pyramid("Persons by age", _bands(counts), SEXES), "; ".join(said))


def _is_shifted(as_of: datetime) -> str:
    return f"observed_at >= to_timestamp('{(as_of + timedelta(days=SLACK_DAYS)).isoformat()}')"


def _bands(counts: dict[tuple[int, str], int]) -> list[tuple[str, int | None, int | None]]:
    """The narrowest bands of which most can be shown; the last is open."""
    for width, last in ((BAND, 90), (2 * BAND, 80), (4 * BAND, 80)):
        lows = range(0, last + 1, width)
        inside = {low: range(low, 130 if low == last else low + width, BAND) for low in lows}
        kept = conceal([sum(counts.get((band, sex), 0) for band in inside[low]) for sex in SEXES for low in lows])
        names = [f"{low}+" if low == last else f"{low}–{low + width - 1}" for low in lows]
        bands = list(zip(names, kept[: len(lows)], kept[len(lows) :], strict=True))
        if sum(n is None for _, *pair in bands for n in pair) <= len(bands) / 2:
            break
    return bands


def _conditions(lake: PublishedLake) -> str:
    sql = (
        "select condition_code c, max(condition_name) name, count(distinct person_id) n from t "
        "where condition_code is not null and coalesce(condition_name, '') not like '%(finding)' "
        "and coalesce(condition_name, '') not like '%(situation)' group by condition_vocabulary, condition_code "
        f"having count(distinct person_id) >= {SMALLEST_CELL} order by n desc, c limit {TOP}"
    )
    rows = lake.counts("silver.condition_occurrence", sql)
    if not rows:
        return note(f"No condition is known of {SMALLEST_CELL} persons or more.")
    picture = bars(
        "Persons by condition", [Bar(_condition(row["name"] or row["c"]), row["n"]) for row in rows], label_width=250
    )
    return figure(
        picture,
        "<b>Most frequent conditions</b>: persons ever recorded with them; findings and situations are left out",
    )


def _condition(name: str) -> str:
    return name.removesuffix(" (disorder)")


def _latest(lake: PublishedLake, column: str, width: int, axis: str) -> str:
    sql = (
        f"select floor({column}['value'] / {width}) * {width} at, count(*) n from t "
        f"where {column}['value'] is not null group by 1"
    )
    counts = {float(row["at"]): row["n"] for row in lake.counts("gold.person_summary", sql)}
    if not counts:
        return note(f"Nobody has a {text(axis.split(',')[0])}.")
    bins, width = readable(counts, (width, 2 * width, 4 * width))
    what = axis.split(",")[0]
    return figure(
        columns(f"Persons by {axis}", bins, axis),
        f"<b>{text(what.capitalize())}</b> of each person, classes of {width}",
    )


def _staleness(facts: Facts, lake: PublishedLake) -> str:
    as_of = facts.publication.as_of
    cases = " ".join(
        f"when observed_at >= to_timestamp('{(as_of - timedelta(days=days)).isoformat()}') then {place}"
        for place, (days, _) in enumerate(AGES)
    )
    sql = (
        "select case when observed_at is null then -2 "
        f"when {_is_shifted(as_of)} then -1 "
        f"{cases} else {len(AGES)} end age, count(*) n from t group by 1"
    )
    counts = {int(row["age"]): row["n"] for row in lake.counts("gold.person_summary", sql)}
    if not counts:
        return note("Nobody has been observed.")
    labels = [*(label for _, label in AGES), "> 5 years"]
    bins = [Bin(x, n) for x, n in zip(labels, conceal([counts.get(p, 0) for p in range(len(labels))]), strict=True)]
    rest = [f"{in_words(counts[-1])} after it (shifted calendars)"] if counts.get(-1) else []
    rest += [f"{in_words(counts[-2])} never observed"] if counts.get(-2) else []
    said = "<b>Staleness</b>: how long before the as-of moment each person was last observed" + (
        f"; {', '.join(rest)}" if rest else ""
    )
    rows = [Bar(b.label, b.count or 0, "not shown" if b.count is None else number(b.count)) for b in bins]
    return figure(bars("Persons by staleness", rows, label_width=110), said)


def _conversions(lake: PublishedLake) -> str:
    sql = "select coalesce(conversion_rule, 'none') r, count(*) n from t group by 1 order by n desc, 1"
    rows = lake.counts("silver.measurement", sql)
    if not rows:
        return note("There is no measurement.")
    drawn = [Bar(r["r"], r["n"]) for r in rows if shown(r["n"]) is not None][:TOP]
    rest = len(rows) - len(drawn)
    more = f"; {rest} rarer {'rule is' if rest == 1 else 'rules are'} not drawn" if rest else ""
    return figure(
        bars("Measurements by conversion rule", drawn, label_width=210),
        f"<b>Conversions</b>: measurements by how their value was converted{more}",
    )
