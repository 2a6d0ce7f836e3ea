"""The first look: how many persons, which publication, what it holds, how long it took."""

from __future__ import annotations

from twinlake.engine.report.charts import Bar, bars
from twinlake.engine.report.facts import LAYERS, Facts
from twinlake.engine.report.lake import in_words
from twinlake.engine.report.markup import Section, badge, duration, figure, fold, number, table, text

COLOURS = {"empi": "#7a4a86", "silver": "#4d6475", "gold": "#8a6d00", "twins": "#1d6b4f", "serving": "#1f6f8b"}


def masthead(facts: Facts) -> str:
    """Title, publication and the figures everybody asks for first."""
    hospitals = {row["hospital"] for row in facts.files if row["status"] == "landed"}
    tiles = (
        ("persons", in_words(facts.persons)),
        ("hospitals", number(len(hospitals))),
        ("records landed", number(sum(row["landed"] or 0 for row in facts.files))),
        ("rows published", number(sum(facts.publication.rows.values()))),
        ("in quarantine", number(sum(held.rows for held in facts.held))),
        ("run time", duration(facts.publishing_seconds)),
    )
    shown = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in tiles)
    return (
        '<header class="top"><p class="brand">twinlake</p><h1>What this publication holds</h1>'
        f'<p class="ids">publication <code>{text(facts.publication.publication_id)}</code> · '
        f"as of {facts.publication.as_of:%-d %B %Y, %H:%M} UTC · run <code>{text(facts.published_by)}</code></p>"
        f'<p class="state">{_state(facts)}</p>{_since(facts)}<dl class="tiles">{shown}</dl></header>'
    )


def _since(facts: Facts) -> str:
    """That the lake has moved on, where figures of now stand beside the publication's."""
    if facts.unpublished_run is None:
        return ""
    said = f"A later run, <code>{text(facts.unpublished_run)}</code>, has not published. "
    said += "What arrived, what is in quarantine and what was learnt is told as it stands now."
    return f'<p class="ids">{badge("later run not published", "warn")} {said}</p>'


def _state(facts: Facts) -> str:
    failed = [name for name, verdict in facts.verdicts.items() if not verdict["success"]]
    warned = sum(len(verdict["warnings"]) for verdict in facts.verdicts.values())
    refused = sum(1 for row in facts.files if row["status"] in ("refused", "unknown"))
    said = [badge("published", "good"), badge(f"{len(facts.verdicts) - len(failed)} tables validated", "good")]
    said += [badge(f"{len(failed)} tables failed", "bad")] if failed else []
    said += [badge(f"{warned} {'rule warns' if warned == 1 else 'rules warn'}", "warn")] if warned else []
    said += [badge(f"{refused} {'file' if refused == 1 else 'files'} not understood", "warn")] if refused else []
    return " ".join(said)


def holdings(facts: Facts) -> Section:
    """Rows by layer and table."""
    layers = [(layer, facts.rows_of(layer)) for layer in LAYERS if facts.rows_of(layer)]
    pictures = [
        figure(
            bars(f"Rows in {layer}", [Bar(n.split(".")[1], r) for n, r in _largest(rows)], COLOURS[layer]),
            f"<b>{layer}</b> · {number(sum(rows.values()))} rows",
        )
        for layer, rows in layers
    ]
    published = facts.publication
    versions = table(
        "Every table of this publication, with the version that readers see", ("table", "version#", "rows#"),
        [(text(n), number(v), number(published.rows[n])) for n, v in sorted(published.versions.items())],
    )  # fmt: skip
    body = f'<div class="grid">{"".join(pictures)}</div>{fold("Versions of every table", versions)}'
    return Section("holdings", "Tables", "What it holds", "Rows of every table, by layer, as readers see them.", body)


def _largest(rows: dict[str, int]) -> list[tuple[str, int]]:
    return sorted(rows.items(), key=lambda pair: (-pair[1], pair[0]))


def flow(plan_svg: str, meanings: str = "") -> Section:
    """The plan as a picture."""
    lead = (
        "Data runs one way, from left to right. Arrows that follow from others are left out; "
        "dashed ones join tables of one layer."
    )
    return Section("flow", "Flow", "How it was made", lead, f'<div class="plan scroll">{plan_svg}</div>{meanings}')
