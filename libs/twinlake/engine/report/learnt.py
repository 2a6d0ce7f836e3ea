"""The models: their figures beside the baseline, their pictures, and the champion or the reason why there is none."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import unquote

from twinlake.engine.champions import last_word, standing
from twinlake.engine.report.charts import Estimate, intervals
from twinlake.engine.report.facts import Facts, Row
from twinlake.engine.report.lake import in_words, shown
from twinlake.engine.report.markup import Section, badge, figure, fold, grid, note, number, table, text

BASELINE, HELDOUT = "baseline", "heldout"
NAMES = {"mse": "mean squared error", "rmse": "root mean squared error", "r2": "R²", "brier": "Brier score",
         "auroc": "area under the ROC curve", "auprc": "area under the precision-recall curve"}  # fmt: skip
HIGHER_IS_BETTER = ("r2", "auroc", "auprc")
# The page draws its own picture of the metrics.
DRAWN_HERE = "metrics.png"


def models(facts: Facts, questions: Mapping[str, str]) -> Section:
    """Each model's last training, and what scores where these `questions` are asked."""
    lead = (
        "Measured on persons the model never saw, beside a baseline that knows nothing. "
        "No champion is made of too little evidence."
    )
    artifacts = Path(facts.home.model_artifacts)
    parts = [_model(name, runs, questions.get(name), artifacts) for name, runs in facts.trainings.items()]
    return Section(
        "models", "Models", "What was learnt", lead, "".join(parts) or note("No model has been trained in this lake.")
    )


def _model(name: str, runs: Sequence[Row], question: str | None, artifacts: Path) -> str:
    last = runs[-1]
    said = (
        f"Trained on {in_words(last['trained_persons'] or 0)} persons ({number(last['trained_rows'])} rows), "
        f"held out {in_words(last['heldout_persons'] or 0)} persons ({number(last['heldout_rows'])} rows)"
    )
    said += f", {number(last['heldout_events'])} of them with the outcome" if last["heldout_events"] is not None else ""
    pictures = [*_metrics(last), *_pictures(_folder(last["plots"], artifacts))]
    body = (grid(*pictures) if pictures else note("This training measured nothing.")) + _hidden(last)
    head = f"<h3>{text(_words(name))}</h3>{_champion(runs, question)}<p>{said}.</p>"
    return f'<article class="model">{head}{body}{_figures(last)}</article>'


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _champion(runs: Sequence[Row], question: str | None) -> str:
    last, champion, because = runs[-1], standing(runs, question), _because(last_word(runs, question))
    version = f"version <code>{text(last['model_version'])}</code>. " if last["model_version"] else ""
    if champion is last:
        return f"<p>{badge('champion', 'good')} {version}{because}</p>"
    if champion:
        stands = f"The champion before it stands: version <code>{text(champion['model_version'])}</code>."
        return f"<p>{badge('champion stands', 'good')} {stands} Last training: {because}</p>"
    return f"<p>{badge('no champion', 'warn')} {because}</p>"


def _because(reason: str) -> str:
    """The reason, without the verdict that the badge beside it says already."""
    said = reason.removeprefix("champion: ").removeprefix("no new champion: ")
    return text(said[:1].upper() + said[1:])


def _metrics(row: Row) -> Iterator[str]:
    """One picture a metric; the baseline stands last."""
    measured = [m for m in json.loads(row["metrics"] or "[]") if m["part"] == HELDOUT and m["value"] is not None]
    for metric in dict.fromkeys(m["name"] for m in measured):
        of = sorted((m for m in measured if m["name"] == metric), key=lambda m: m["learner"] == BASELINE)
        better = "higher is better" if metric in HIGHER_IS_BETTER else "lower is better"
        title = _name(metric)
        picture = intervals(title, [Estimate(m["learner"], m["value"], m["low"], m["high"]) for m in of])
        yield figure(picture, f"<b>{text(title)}</b> on held-out persons, 95 % interval; {better}")


def _hidden(row: Row) -> str:
    """Of an imputation: how far each way to fill a gap is off, in the unit of the sign."""
    found = {(m["part"], m["learner"], m["name"]): m["value"] for m in json.loads(row["metrics"] or "[]")}
    counted = {part: count for (part, _, name), count in found.items() if name == "hidden"}
    hidden = {part: count for part, count in counted.items() if shown(int(count)) is not None}
    ways = tuple(dict.fromkeys(way for part, way, name in found if part in hidden and name == "rmse"))
    heads = ("sign", "values hidden#", *(f"{_ways(way)}#" for way in ways))
    rows = [
        (text(part.replace("_", " ")), number(int(count)), *(f"{found[part, way, 'rmse']:.3g}" for way in ways))
        for part, count in sorted(hidden.items())
    ]
    return table("Root mean squared error of hidden values, each sign in its unit", heads, rows) if rows else ""


def _ways(name: str) -> str:
    return "mean" if name == BASELINE else name.replace("_", " ")


def _figures(row: Row) -> str:
    measured = [m for m in json.loads(row["metrics"] or "[]") if m["value"] is not None]
    rows = [
        (text(m["learner"]), text(_part(m["part"])), text(_name(m["name"])), f"{m['value']:.4g}", _ends(m))
        for m in measured
    ]
    heads = ("learner", "part", "metric", "value#", "95 % interval#")
    return fold("All figures", table("Every figure of the last training", heads, rows)) if rows else ""


def _name(metric: str) -> str:
    return NAMES.get(metric, metric)


def _part(part: str) -> str:
    return {"heldout": "held out", "heldout_later": "held out, later rows"}.get(part, part)


def _ends(metric: Row) -> str:
    return "–" if metric["low"] is None or metric["high"] is None else f"{metric['low']:.4g} to {metric['high']:.4g}"


def _pictures(folder: Path | None) -> Iterator[str]:
    """The training's own pictures, inside the page."""
    for file in sorted(folder.rglob("*.png")) if folder and folder.is_dir() else []:
        if file.name != DRAWN_HERE:
            name = _words(file.stem).lower()
            data = base64.b64encode(file.read_bytes()).decode()
            yield figure(f'<img alt="{text(_alt(name))}" src="data:image/png;base64,{data}">', text(_alt(name)))


def _folder(plots: str | None, artifacts: Path) -> Path | None:
    """Below the artifacts: `<model>/<run>/artifacts`, which also ends the full URI that older trainings kept."""
    return artifacts.joinpath(*unquote(plots).rsplit("/", 3)[-3:]) if plots else None


def _alt(name: str) -> str:
    told = {"calibration": "Stated probability against the share that came true, in ten bins, with 95 % intervals",
            "fit": "Measured against predicted value of held-out rows, counted in cells"}  # fmt: skip
    return told.get(name, f"Picture of the training: {name}")
