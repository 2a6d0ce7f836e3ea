"""Makes a network of hospitals: `out/feeds/<hospital>/<system>/…` and, apart from it, `out/truth/…`."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from twinlake.declare.errors import ConfigurationError, PlatformError
from twinlake.synthetic.cache import made_whole
from twinlake.synthetic.chart import Chart, charts
from twinlake.synthetic.deal import Deal, deal, quietest_persons
from twinlake.synthetic.faults.spread import spread
from twinlake.synthetic.measured import MeasuredTruth
from twinlake.synthetic.registration import registrations
from twinlake.synthetic.shapes import Export, export_of
from twinlake.synthetic.silo import Silo, silos
from twinlake.synthetic.synthea import Population, population
from twinlake.synthetic.truth import Known, write_truth

# Raise it when the same arguments come to give other bytes: an older network is then not taken for a new one.
EDITION = 4
SUMMARY = "network.json"


@dataclass(frozen=True)
class Network:
    """A made network: where it lies, and how much of it there is."""

    feeds: Path
    truth: Path
    hospitals: tuple[str, ...]
    persons: int
    source_persons: int
    faults: dict[str, int]


def make_network(patients: int, hospitals: int, seed: int, out: Path, progress: Callable[[str], None]) -> Network:
    """`patients` living persons (and some who died) at `hospitals` hospitals; the same arguments, the same bytes."""
    _refuse_nonsense(patients, hospitals)
    asked = {"edition": EDITION, "patients": patients, "hospitals": hospitals, "seed": seed}
    found = _already_made(out, asked)
    if found:
        progress(f"Network: taken as made before, {found.persons} persons at {len(found.hospitals)} hospitals")
        return found
    try:
        people = population(patients, seed, progress)
        with made_whole(out / "network") as making:
            network = lay(people, silos(hospitals, seed), seed, making, progress)
            _write_summary(making / "truth", asked, network)
        return _take_place(out, network)
    except OSError as error:
        raise PlatformError(
            f"synth: {out} could not be written ({error.strerror}). Mend that and run again."
        ) from error


def lay(people: Population, chosen: tuple[Silo, ...], seed: int, out: Path, progress: Callable[[str], None]) -> Network:
    """Deal a generated population to the hospitals, break what is to be broken, write down the truth."""
    feeds, truth = out / "feeds", out / "truth"
    progress(f"Network: dealing patients to {len(chosen)} hospitals")
    dealt = deal(people, chosen, seed)
    for silo in chosen:
        (feeds / silo.folder).mkdir(parents=True)
        (feeds / silo.folder / "hospital.toml").write_text(silo.toml(), encoding="utf-8")
    with MeasuredTruth(truth) as measured:
        found = charts(people, dealt, registrations(people, dealt, chosen, seed))
        known = write_exports(people, found, chosen, feeds, measured)
    progress("Network: putting in the faults and packing")
    faults = spread(chosen, quietest_persons(people, dealt), feeds, seed)
    write_truth(known, faults, truth)
    kinds = Counter(fault.kind for fault in faults) + measured.faults
    return _summed(feeds, truth, chosen, dealt, known, kinds)


def write_exports(
    people: Population, found: Iterable[Chart], chosen: tuple[Silo, ...], feeds: Path, measured: MeasuredTruth
) -> list[Known]:
    """Every system's export of every hospital, plain, in one pass over the charts; whom each of them knows."""
    exports: dict[str, dict[str, Export]] = {
        silo.folder: {
            system: export_of(system)(silo, people, feeds / silo.folder / system) for system in silo.profile.systems
        }
        for silo in chosen
    }
    known = []
    for chart in found:
        for system, export in exports[chart.who.hospital].items():
            if (called := export.add(chart)) is not None:
                known.append(Known(chart.who, system, called))
                measured.add(chart.who.hospital, system, called, export.measured())
    for export in (export for systems in exports.values() for export in systems.values()):
        export.finish()
    return known


def _summed(
    feeds: Path, truth: Path, chosen: tuple[Silo, ...], dealt: Deal, known: list[Known], kinds: Counter[str]
) -> Network:
    names = tuple(silo.folder for silo in chosen)
    return Network(feeds, truth, names, len(dealt.hospitals), len(known), dict(sorted(kinds.items())))


def _refuse_nonsense(patients: int, hospitals: int) -> None:
    if patients < 1 or hospitals < 1:
        raise ConfigurationError(f"synth: {patients} patients at {hospitals} hospitals; ask for at least one of each.")


def _already_made(out: Path, asked: dict[str, int]) -> Network | None:
    """The network that stands in `out`, if it is the one asked for; anything else there is never overwritten."""
    if not (out / "feeds").exists() and not (out / "truth").exists():
        return None
    summary = out / "truth" / SUMMARY
    told = json.loads(summary.read_text(encoding="utf-8")) if summary.is_file() else {}
    if told.get("asked") != asked:
        raise ConfigurationError(f"synth: {out} already holds another network. Remove it, or choose another folder.")
    return Network(out / "feeds", out / "truth", **{**told["made"], "hospitals": tuple(told["made"]["hospitals"])})


def _write_summary(truth: Path, asked: dict[str, int], network: Network) -> None:
    made = {key: value for key, value in asdict(network).items() if key not in ("feeds", "truth")}
    text = json.dumps({"asked": asked, "made": made}, indent=2) + "\n"
    (truth / SUMMARY).write_text(text, encoding="utf-8")


def _take_place(out: Path, network: Network) -> Network:
    """The truth goes last: it holds the summary that says all is there."""
    for name in ("feeds", "truth"):
        (out / "network" / name).rename(out / name)
    (out / "network").rmdir()
    return replace(network, feeds=out / "feeds", truth=out / "truth")
