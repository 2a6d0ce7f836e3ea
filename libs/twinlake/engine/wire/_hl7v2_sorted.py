"""The segments of an HL7 v2 message dealt to the things they tell of, each with those that give its context."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple


class Opens(NamedTuple):
    """What a segment begins: the kind of thing, the segments that give its context, those that may follow it."""

    kind: str
    context: tuple[str, ...]
    tail: frozenset[str]


def _opens(kind: str, context: str, tail: str = "NTE") -> Opens:
    return Opens(kind, ("MSH", *context.split()), frozenset(tail.split()))


OPENS = {
    "PID": _opens("person", "EVN"),
    "MRG": _opens("merge", "EVN PID"),
    "PV1": _opens("visit", "EVN PID", "PV2"),
    "DG1": _opens("condition", "PID PV1", ""),
    "PRB": _opens("problem", "PID PV1"),
    "PR1": _opens("procedure", "PID PV1"),
    "OBR": _opens("order", "PID PV1 ORC", "NTE TQ1 TQ2"),
    "OBX": _opens("result", "PID PV1 ORC OBR"),
    "RXO": _opens("prescription", "PID PV1 ORC TQ1", "NTE RXR RXC"),
    "RXE": _opens("prescription", "PID PV1 ORC", "NTE RXR RXC TQ1 TQ2"),
    "RXD": _opens("dispense", "PID PV1 ORC", "NTE RXR RXC"),
    "RXA": _opens("administration", "PID PV1 ORC", "NTE RXR"),
    "TXA": _opens("document", "PID PV1", "NTE OBX CON"),
    "SCH": _opens("appointment", "PID PV1", "NTE TQ1 RGS AIS AIG AIL AIP APR"),
}
# An order control without an order: it cancels, stops or replaces one that was told before.
CONTROL = _opens("prescription", "PID PV1", "NTE TQ1 TQ2")
CONTEXT = frozenset(name for opened in OPENS.values() for name in opened.context)
OF_APPOINTMENTS = frozenset(("RGS", "AIS", "AIG", "AIL", "AIP", "APR"))
# These tell who took part, and may stand between a segment and what follows it.
ASIDE = frozenset(("PRT", "ROL"))
# A new one of these ends what stood beneath it.
ENDS = {"PID": ("PV1", "ORC", "OBR", "TQ1"), "PV1": ("ORC", "OBR", "TQ1"), "ORC": ("OBR", "TQ1"), "OBR": ("TQ1",)}


@dataclass(eq=False, slots=True)
class Open:
    """A thing that segments are being dealt to; `around` are those that were its context when it began."""

    opens: Opens
    own: list[int]
    around: dict[str, int]

    @property
    def context(self) -> tuple[int, ...]:
        """The places of the segments that give its context."""
        return tuple([self.around[name] for name in self.opens.context if name in self.around])


@dataclass(slots=True)
class Sorted:
    """The segments of one message, dealt to the things they tell of; places are indices into `segments`.

    What is `around` is never changed but replaced, so that things which begin in the same context share it.
    """

    segments: list[str]
    around: dict[str, int] = field(default_factory=dict)
    things: list[Open] = field(default_factory=list)
    appointment: Open | None = None
    controls: list[Open] = field(default_factory=list)

    def sort(self) -> None:
        for place, segment in enumerate(self.segments):
            self._take(place, segment[:3])
        self.things += [control for control in self.controls if self._is_alone(control)]
        if self.appointment:
            self.appointment.around = {**self.around, **self.appointment.around}

    def _take(self, place: int, name: str) -> None:
        last = self.things[-1] if self.things else None
        if name in OF_APPOINTMENTS and self.appointment:
            self.appointment.own.append(place)
            self.things.remove(self.appointment)
            self.things.append(self.appointment)
        elif last and name in last.opens.tail and self._is_next_to(last, place):
            last.own.append(place)
        else:
            self._open(place, name, last)

    def _is_next_to(self, last: Open, place: int) -> bool:
        between = self.segments[last.own[-1] + 1 : place]
        return not between or all(segment[:3] in ASIDE for segment in between)

    def _open(self, place: int, name: str, last: Open | None) -> None:
        if name == "RXE" and last and last.around.get("ORC") == self.around.get("ORC"):
            self._forget_request(last)
        if name in ENDS:
            ended = (*ENDS[name], "ORC") if name == "OBR" and "OBR" in self.around else ENDS[name]
            self.around = {known: at for known, at in self.around.items() if known not in ended}
        if name in OPENS:
            thing = Open(OPENS[name], [place], self.around)
            self.things.append(thing)
            self.appointment = self.appointment or (thing if name == "SCH" else None)
        if name == "ORC":
            self.controls.append(Open(CONTROL, [place], self.around))
        if name in CONTEXT:
            self.around = {**self.around, name: place}

    def _is_alone(self, control: Open) -> bool:
        """Whether nothing follows an ORC that it controls; what may follow it in any case becomes its own."""
        for place in range(control.own[0] + 1, len(self.segments)):
            name = self.segments[place][:3]
            if name in control.opens.tail:
                control.own.append(place)
            elif name not in ASIDE:
                return name in ("ORC", "PID")
        return True

    def _forget_request(self, last: Open) -> None:
        """What the pharmacy encoded counts, not what was asked of it."""
        if self.segments[last.own[0]].startswith("RXO"):
            self.things.remove(last)
