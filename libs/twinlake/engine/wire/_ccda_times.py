"""When what a C-CDA statement tells began and ended, and whether it is over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from twinlake.engine.wire._cda import TRUE, Element, attribute, find, find_all, name_of, time_of, type_of
from twinlake.vocabulary.units import SECONDS

LOINC = "2.16.840.1.113883.6.1"
STATUS = "33999-4"
# Problem Status and Allergy Status; in SNOMED CT inactive, resolved, in remission.
STATUS_TEMPLATES = frozenset(f"2.16.840.1.113883.10.20.22.4.{last}" for last in ("6", "28"))
OVER = frozenset(("73425007", "413322009", "277022003"))
UNDONE = ("nullified", "cancelled")


def span(element: Element) -> tuple[str | None, str | None]:
    """Start and end of the first effectiveTime that is no frequency; the end may be told by a `width`."""
    when = _when(element)
    low, high = time_of(find(when, "low")), time_of(find(when, "high"))
    start = low or time_of(when) or time_of(find(when, "center"))
    return start, high or _later(low, find(when, "width"))


def start_of(element: Element, within: Sequence[Element]) -> str | None:
    """When it began, else the panel it is in."""
    panels = (group for group in reversed(within) if name_of(group) == "organizer")
    return next(filter(None, (span(e)[0] for e in (element, *panels))), None)


def is_over(element: Element) -> bool:
    """Whether a problem or an allergy is resolved: it has an end, be it an unknown one, or a status that says so."""
    high = find(_when(element), "high")
    is_of_unknown_end = high is not None and high.get("nullFlavor") == "UNK"
    return is_of_unknown_end or span(element)[1] is not None or any(map(_says_over, _statuses(element)))


def authored(element: Element) -> str | None:
    """When its author wrote it."""
    return time_of(find(element, "author/time"))


def _when(element: Element) -> Element | None:
    """The first effectiveTime that is no frequency (PIVL, EIVL)."""
    whens = [e for e in find_all(element, "effectiveTime") if type_of(e) not in ("PIVL_TS", "EIVL_TS")]
    return next((e for e in whens if e.get("operator") != "A"), None)


def _later(low: str | None, width: Element | None) -> str | None:
    """A moment so much later than a day's midnight or a time; a year or a month is no moment to count from."""
    amount, unit = attribute(width, "value"), attribute(width, "unit")
    if not low or len(low) < 10 or not amount or unit not in SECONDS:
        return None
    try:
        later = datetime.fromisoformat(low) + timedelta(seconds=float(amount) * SECONDS[unit])
    except (ValueError, OverflowError):
        return None
    return f"{later.isoformat()}{'Z' if len(low) == 10 else ''}"


def _statuses(element: Element) -> list[Element]:
    return [e for e in find_all(element, "entryRelationship/observation") if _is_status(e)]


def _is_status(observation: Element) -> bool:
    code = find(observation, "code")
    templates = {attribute(t, "root") for t in find_all(observation, "templateId")}
    return bool(templates & STATUS_TEMPLATES) or (attribute(code, "codeSystem"), attribute(code, "code")) == (
        LOINC,
        STATUS,
    )


def _says_over(status: Element) -> bool:
    is_so = status.get("negationInd") not in TRUE and attribute(find(status, "statusCode"), "code") not in UNDONE
    return is_so and attribute(find(status, "value"), "code") in OVER
