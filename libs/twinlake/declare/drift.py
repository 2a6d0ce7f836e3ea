"""What may change in what a hospital delivers, and what is done about it: events, their policies, who decides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches

KEEP, WIDEN, QUARANTINE, STOP, WARN = "keep", "widen", "quarantine", "stop", "warn"
# Of each event the policies it can have, the one that holds where nobody says otherwise first.
POLICIES: Mapping[str, tuple[str, ...]] = {
    "new": (KEEP, QUARANTINE, STOP),
    "dropped": (QUARANTINE, KEEP, STOP),
    "lost": (QUARANTINE, STOP),
    "renamed": (QUARANTINE, KEEP, STOP),
    "reordered": (KEEP, QUARANTINE, STOP),
    "retyped": (QUARANTINE, KEEP, WIDEN, STOP),
    "extension": (KEEP, QUARANTINE, STOP),
    "distribution": (WARN, STOP),
}
"""A column that is gone holds its file back unless somebody says otherwise: read as null it would take back what the
delivery before said. `lost` is a dropped column without which no record is known or understood. `retyped` under `widen`
goes on where all that came is of a wider type of the same kind (whole number → number, day → moment), else it is held
back.
"""
OF_A_HEADER = ("new", "dropped", "renamed", "reordered")
OF_A_LAKE = ("distribution",)


def policy(
    event: str,
    feed: str,
    system: str,
    *,
    declared: Mapping[str, str],
    at_hospital: Mapping[str, str],
    known_by_hash: bool = False,
) -> str:
    """What is done about an event: what the hospital says, else the system, the nearer word first, else the default.

    Increments without a key are `known_by_hash`, header and all: under another one a reading that came before would
    be another reading, so unless somebody lets them pass they wait.

    A system's keys are `event` and `feed.event`, a hospital's also `system.event` and `system.feed.event`.
    """
    said = (
        at_hospital.get(f"{system}.{feed}.{event}"), at_hospital.get(f"{system}.{event}"), at_hospital.get(event),
        declared.get(f"{feed}.{event}"), declared.get(event),
    )  # fmt: skip
    default = QUARANTINE if known_by_hash and event in OF_A_HEADER else POLICIES[event][0]
    return next(filter(None, said), default)


def wrong_policies(said: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with the events and policies of a [drift]."""
    for name, policy in said.items():
        event = name.rpartition(".")[2]
        if event not in POLICIES:
            near = get_close_matches(event, POLICIES, n=1)
            yield f"[drift] {name!r}: no such event{_meant(near)}; known: {', '.join(POLICIES)}"
        elif "." in name and event in OF_A_LAKE:
            yield f"[drift] {name!r}: {event} is of a hospital's silver, whatever system it came by; say {event!r}"
        elif policy not in POLICIES[event]:
            yield f"[drift] {name!r} must be one of {', '.join(POLICIES[event])}"


def unknown_places(said: Mapping[str, str], feeds: Mapping[str, Iterable[str]]) -> Iterator[str]:
    """The keys of a hospital's [drift] whose system or feed there is none of; `feeds` are those of each system."""
    for name in said:
        *place, _ = name.split(".")
        if place and (place[0] not in feeds or len(place) > 2 or not {*place[1:]} <= {*feeds[place[0]]}):
            yield f"[drift] {name!r}: no system or feed is called {'.'.join(place)!r}"


def _meant(near: list[str]) -> str:
    return f", did you mean {near[0]}?" if near else ""
