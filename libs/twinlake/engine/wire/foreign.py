"""Records that mean something else than what stands in them would mean here; read so, they would be wrong in silence.

Those of another version of their standard are known by elements that only that version has, or has in that shape. A
feed's `foreign` names each by its place, `Encounter.patient`, `Patient.name.family:array`, or a resource alone,
`MedicationOrder`, with the version whose it is. Others say themselves that they may mean something else: whoever does
not know their extension or rules must not process them (hl7.org/fhir/R4/extensibility.html#modifierExtension,
…/resource-definitions.html#Resource.implicitRules).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

MODIFIERS = ("modifierExtension", "implicitRules")
# Behind an escape a name may hide.
MAY_NAME = (*MODIFIERS, "\\u")
MAY_NAME_BYTES = tuple(name.encode() for name in MAY_NAME)
SHAPES = {"object": dict, "array": list, "text": str}
Flaw = tuple[str, str]


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

    def flaw(self, found: dict[str, Any]) -> Flaw | None:
        """Rule and reason for the first mark that a resource bears."""
        kind = found.get("resourceType")
        marks = self.marks.get(kind) if isinstance(kind, str) else None
        if marks is None or (marks[0].steps and found.keys().isdisjoint(self.first[str(kind)])):
            return None
        borne = next((mark for mark in marks if any(_is_of(mark, value) for value in _at(found, mark.steps))), None)
        return ("wrong_version", f"{borne.place} is of {borne.version}; expected R4") if borne else None


def modified(found: dict[str, Any], text: str | bytes) -> Flaw | None:
    """Rule and reason for what stands in a text, if an element within it may turn round what it says."""
    # Of the text first: nearly no record has one, and walking through each would double what reading costs.
    if not any(name in text for name in (MAY_NAME if isinstance(text, str) else MAY_NAME_BYTES)):
        return None
    left: list[Any] = [found]
    while left:
        one = left.pop()
        if isinstance(one, list):
            left += one
        elif isinstance(one, dict):
            if name := next((name for name in MODIFIERS if one.get(name)), None):
                return "modifier_extension", (
                    f"a member {name} may change what the record says, and nothing here knows it; "
                    "deliver the record without it, saying in FHIR's own elements what it means"
                )
            left += one.values()
    return None


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
