"""Records of another version of their standard, known by elements that only that version has, or has in that shape.

A feed's `foreign` names each by its place, `Encounter.patient`, `Patient.name.family:array`, or a resource alone,
`MedicationOrder`, with the version whose it is. Read as what they are not, such records would be wrong in silence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

SHAPES = {"object": dict, "array": list, "text": str}


class Mark(NamedTuple):
    """What gives a version away: something at a path, of a shape if one is told."""

    place: str
    steps: tuple[str, ...]
    shape: str
    version: str


class Foreign:
    """The marks of a feed, by the type of resource that may bear them."""

    def __init__(self, declared: Mapping[str, str]) -> None:
        self.marks: dict[str, list[Mark]] = {}
        for place, version in declared.items():
            path, _, shape = place.partition(":")
            kind, *steps = path.split(".")
            self.marks.setdefault(kind, []).append(Mark(place, tuple(steps), shape, version))
        self.first = {kind: {mark.steps[0] for mark in marks if mark.steps} for kind, marks in self.marks.items()}

    def flaw(self, found: dict[str, Any]) -> tuple[str, str] | None:
        """Rule and reason for the first mark that a resource bears."""
        kind = found.get("resourceType")
        marks = self.marks.get(kind) if isinstance(kind, str) else None
        if marks is None or (marks[0].steps and found.keys().isdisjoint(self.first[str(kind)])):
            return None
        borne = next((mark for mark in marks if any(_is_of(mark, value) for value in _at(found, mark.steps))), None)
        return ("wrong_version", f"{borne.place} is of {borne.version}; expected R4") if borne else None


def _is_of(mark: Mark, value: Any) -> bool:
    return isinstance(value, SHAPES.get(mark.shape, object))


def _at(found: Any, steps: tuple[str, ...]) -> Iterator[Any]:
    """Whatever stands at a path; of an array on the way each element is followed."""
    if not steps:
        yield found
    elif isinstance(found, list):
        for each in found:
            yield from _at(each, steps)
    elif isinstance(found, dict) and steps[0] in found:
        yield from _at(found[steps[0]], steps[1:])
