"""Makes a network of hospitals: `out/feeds/<hospital>/<system>/…` and, apart from it, `out/truth/…`."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from statistics import mean

from twinlake.declare.errors import ConfigurationError, PlatformError
from twinlake.engine.making import made_whole
from twinlake.synthetic.calendar import text_of
from twinlake.synthetic.clone import MOST_DAYS_LATER
from twinlake.synthetic.parts import Made
from twinlake.synthetic.plan import EDITION, REFERENCE, Asked, Plan, plan_of
from twinlake.synthetic.spark import make_parts
from twinlake.synthetic.synthea import Progress

SUMMARY = "network.json"
# Bytes of an event in the feeds of a hospital by its main system, packed as it packs them (measured at 50 events a
# person), and what the parts in the making take beside them.
BYTES_OF_EVENT = {
    "fhir_r4_bulk": 90, "synthea_csv": 320, "fhir_bundle": 950, "hl7v2": 20, "omop_cdm": 50, "ccda": 210,
}  # fmt: skip
SCRATCH_BYTES = 1 << 30


@dataclass(frozen=True)
class Network:
    """A made network: where it lies, and how much of it there is."""

    feeds: Path
    truth: Path
    hospitals: tuple[str, ...]
    persons: int
    source_persons: int
    faults: dict[str, int]


def make_network(patients: int, hospitals: int, seed: int, out: Path, progress: Progress, events: int = 0) -> Network:
    """`patients` living persons (and some who died) at `hospitals` hospitals; the same arguments, the same bytes."""
    asked = Asked(patients, hospitals, seed, events)
    found = _already_made(out, asked)
    if found:
        progress(f"Network: taken as made before, {found.persons} persons at {len(found.hospitals)} hospitals")
        return found
    try:
        plan = plan_of(asked, progress)
        _refuse_without_room(plan, out)
        with made_whole(out / "network") as making:
            network = lay_network(plan, making, progress)
            _write_summary(making / "truth", asked, network)
        return _take_place(out, network)
    except OSError as error:
        raise PlatformError(_unwritable(out, error)) from error


def day_told(said: str) -> int:
    """The ordinal of a day: a number of days after the network's last one, or a date."""
    try:
        return REFERENCE + int(said) if said.isdigit() else date.fromisoformat(said).toordinal()
    except ValueError:
        raise ConfigurationError(
            f"synth --day: {said!r}; expected a number of days, 3, or a date, 2026-11-04."
        ) from None


def grow_network(out: Path, day: int, progress: Progress) -> Network:
    """Adds the deliveries of a later day (an ordinal) to the network in `out`; the same day, the same bytes."""
    asked = _asked_of(out)
    if not REFERENCE < day <= REFERENCE + MOST_DAYS_LATER:
        raise ConfigurationError(
            f"synth --day: the network ends on {text_of(REFERENCE)}; expected one of {MOST_DAYS_LATER} days after it."
        )
    plan = replace(plan_of(asked, progress), today=day)
    truth = out / "truth" / plan.date
    if (truth / SUMMARY).is_file():
        progress(f"Network: the deliveries of {plan.date} were made before")
        return _network_of(out, truth)
    try:
        with made_whole(out / "day") as making:
            network = lay_network(plan, making, progress)
            _write_summary(making / "truth", asked, network)
        _join(out, plan)
    except OSError as error:
        raise PlatformError(_unwritable(out, error)) from error
    return replace(network, feeds=out / "feeds", truth=truth)


def _asked_of(out: Path) -> Asked:
    summary = out / "truth" / SUMMARY
    told = json.loads(summary.read_text(encoding="utf-8"))["asked"] if summary.is_file() else {}
    if told.pop("edition", None) != EDITION:
        raise ConfigurationError(f"synth: {out} holds no network that this version made. Make one, without --day.")
    return Asked(**told)


def _join(out: Path, plan: Plan) -> None:
    """Each system's deliveries in one step, the truth last: it holds the summary that says all is there."""
    for made in sorted((out / "day" / "feeds").glob(f"*/*/{plan.date}")):
        target = out / "feeds" / made.relative_to(out / "day" / "feeds")
        shutil.rmtree(target, ignore_errors=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        made.rename(target)
    shutil.rmtree(out / "truth" / plan.date, ignore_errors=True)
    (out / "day" / "truth").rename(out / "truth" / plan.date)
    shutil.rmtree(out / "day")


def lay_network(plan: Plan, out: Path, progress: Progress) -> Network:
    """Every part of a planned network, and what hospitals say of themselves."""
    feeds, truth = out / "feeds", out / "truth"
    progress(f"Network: dealing {plan.persons} persons to {len(plan.silos)} hospitals")
    for silo in () if plan.date else plan.silos:
        (feeds / silo.folder).mkdir(parents=True)
        (feeds / silo.folder / "hospital.toml").write_text(silo.toml(), encoding="utf-8")
    made = _summed(make_parts(plan, out, progress))
    names = tuple(silo.folder for silo in plan.silos)
    return Network(feeds, truth, names, made.persons, made.source_persons, made.faults)


def _summed(parts: Iterable[Made]) -> Made:
    found = list(parts)
    kinds: Counter[str] = Counter()
    for part in found:
        kinds.update(part.faults)
    persons, sources, size = (sum(getattr(p, name) for p in found) for name in ("persons", "source_persons", "bytes"))
    return Made(persons, sources, size, dict(sorted(kinds.items())))


def _refuse_without_room(plan: Plan, out: Path) -> None:
    there = next(folder for folder in (out.resolve(), *out.resolve().parents) if folder.exists())
    of_event = mean(BYTES_OF_EVENT[silo.profile.systems[0]] for silo in plan.silos)
    free, needed = shutil.disk_usage(there).free, plan.events * of_event + SCRATCH_BYTES
    if free < needed:
        raise PlatformError(
            f"synth: {plan.persons:,} persons with {plan.density * plan.share:.0f} events each take about "
            f"{needed / 1e9:.0f} GB, and {free / 1e9:.0f} GB are free at {there}. Make room, or ask for fewer patients "
            "or events a person."
        )


def _already_made(out: Path, asked: Asked) -> Network | None:
    """The network that stands in `out`, if it is the one asked for; anything else there is never overwritten."""
    if not (out / "feeds").exists() and not (out / "truth").exists():
        return None
    summary = out / "truth" / SUMMARY
    told = json.loads(summary.read_text(encoding="utf-8")) if summary.is_file() else {}
    if told.get("asked") != asked.told():
        raise ConfigurationError(f"synth: {out} already holds another network. Remove it, or choose another folder.")
    return _network_of(out, out / "truth")


def _network_of(out: Path, truth: Path) -> Network:
    made = json.loads((truth / SUMMARY).read_text(encoding="utf-8"))["made"]
    return Network(out / "feeds", truth, **{**made, "hospitals": tuple(made["hospitals"])})


def _unwritable(out: Path, error: OSError) -> str:
    return f"synth: {out} could not be written ({error.strerror}). Mend that and run again."


def _write_summary(truth: Path, asked: Asked, network: Network) -> None:
    made = {key: value for key, value in asdict(network).items() if key not in ("feeds", "truth")}
    text = json.dumps({"asked": asked.told(), "made": made}, indent=2) + "\n"
    (truth / SUMMARY).write_text(text, encoding="utf-8")


def _take_place(out: Path, network: Network) -> Network:
    """The truth goes last: it holds the summary that says all is there."""
    for name in ("feeds", "truth"):
        (out / "network" / name).rename(out / name)
    (out / "network").rmdir()
    return replace(network, feeds=out / "feeds", truth=out / "truth")
