"""Whether a mention in a note is affirmed, of now, and of the patient: NegEx and ConText, written anew.

Chapman et al., J Biomed Inform 2001; 34: 301-10. Harkema, Dowling, Thornblade, Chapman, J Biomed Inform 2009; 42:
839-51. A trigger says something of the mentions after or before it in its sentence, as far as the next phrase that
ends what it says; a phrase that only looks like a trigger says nothing; the section of the note says the rest.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from twinlake.clinical import context_chinese, context_english
from twinlake.clinical.context_sections import SAYS, Headings, section_of
from twinlake.clinical.context_trigger import (
    AFFIRMED,
    AFTER,
    AROUND,
    BEFORE,
    HISTORICAL,
    HYPOTHETICAL,
    LAST,
    NEGATED,
    OTHER,
    POSSIBLE,
    PSEUDO,
    STOP,
    WITHIN,
    Trigger,
    finder,
    is_last,
    key_of,
    small,
)

RECENT, PATIENT = "recent", "patient"
# A text without an end of a sentence is read in pieces: no sentence of a clinician is as long.
LONGEST_SENTENCE = 2000


@dataclass(frozen=True)
class Status:
    """What a note says of one mention."""

    is_negated: bool = False
    is_possible: bool = False
    temporality: str = RECENT
    experiencer: str = PATIENT


class Found(NamedTuple):
    """A trigger phrase at a place of a sentence, with everything the phrase may say."""

    start: int
    end: int
    triggers: tuple[Trigger, ...]


def _by_phrase() -> dict[str, tuple[Trigger, ...]]:
    """Phrase → what it says; a pseudo-trigger is a phrase that says nothing, and so hides the trigger inside it."""
    said = defaultdict(list)
    for trigger in (*context_english.TRIGGERS, *context_chinese.TRIGGERS):
        said[trigger.phrase].append(trigger)
    return {phrase: tuple(dict.fromkeys(t for t in found if t.says != PSEUDO)) for phrase, found in said.items()}


TRIGGERS = _by_phrase()
_FINDER = finder(TRIGGERS)
_WORD = re.compile(r"[\u3400-\u9fff]|[^\W_]+")
# A line that is wrapped goes on; a bullet, a number, a speaker or an empty line begins anew.
_SENTENCE_END = re.compile(
    r"""(?<!\bDr)(?<!\bMr)(?<!\bMs)(?<!\bMrs)(?<!\bvs)(?<!\bSt)(?<!\b[A-Z])[.!?]["')\]]*\s+(?=["'(\[*]*[A-Z0-9])
    | [。！？；]\s*
    | \n\s*(?=\n|[-*•]\s|[A-Z][\w ]{0,20}:)
    | \n(?=\d{1,2}[.)]\s) | (?<!\s)\s{2,}(?=\d{1,2}[.)]\s)""",
    re.VERBOSE,
)


def status_in(text: str, start: int, end: int, section: str | None = None) -> Status:
    """The status of what stands at a place of a text; `section` is the heading the whole text stands under."""
    headings = Headings.of(text, section_of(section or ""))
    breaks = [place for place in headings.starts if not start < place < end]
    first, last = next((a, b) for a, b in sentences(text, breaks) if b > start)
    sentence = text[first : max(last, end)]
    said = {SAYS[name]} if (name := headings.at(start)) in SAYS else set()
    return status_of(sentence, start - first, end - first, triggers_in(sentence), said)


def sentences(text: str, breaks: Iterable[int] = ()) -> Iterator[tuple[int, int]]:
    """The spans of a text's sentences, all of it; none goes over one of the `breaks`."""
    ends = {match.end() for match in _SENTENCE_END.finditer(text)}
    for start, end in pairwise(sorted({0, len(text), *ends, *breaks})):
        yield from pairwise([*range(start, end, LONGEST_SENTENCE), end])


def triggers_in(sentence: str) -> list[Found]:
    """The trigger phrases of a sentence, the longest at each place, in order."""
    lowered = small(sentence)
    found = ((m, _said_by(key_of(m[0]), is_last(lowered, m.end()))) for m in _FINDER.finditer(lowered))
    return [Found(m.start(), m.end(), said) for m, said in found if said]


def _said_by(phrase: str, ends_its_clause: bool) -> tuple[Trigger, ...]:
    last = TRIGGERS.get(phrase + LAST) if ends_its_clause else None
    return TRIGGERS[phrase] if last is None else last


def status_of(
    sentence: str, start: int, end: int, found: Sequence[Found], known: Collection[str] = frozenset()
) -> Status:
    """What the triggers of its sentence, and what is known of it beforehand, say of a mention."""
    ahead = [f for f in reversed(found) if f.end <= start]
    behind = [f for f in found if f.start >= end]
    inside = (t.says for f in found if f.start < end and f.end > start for t in f.triggers if t.reach == WITHIN)
    said = {*known, *inside, *_said(ahead, AFTER, sentence, start), *_said(behind, BEFORE, sentence, end)}
    if AFFIRMED in known:
        said -= {NEGATED, POSSIBLE}
    is_negated = NEGATED in said
    when = HYPOTHETICAL if HYPOTHETICAL in said else HISTORICAL if HISTORICAL in said else RECENT
    return Status(is_negated, POSSIBLE in said and not is_negated, when, OTHER if OTHER in said else PATIENT)


def _said(outwards: Iterable[Found], reach: str, sentence: str, edge: int) -> Iterator[str]:
    """What the triggers on one side say of a mention, from the nearest outwards until what they say is ended."""
    ended: set[str] = set()
    for found in outwards:
        for trigger in found.triggers:
            may = trigger.says != STOP and trigger.reach in (reach, AROUND) and not ended & {trigger.says, reach}
            if may and _is_near(trigger, found, sentence, edge):
                yield trigger.says
        ended.update(what for trigger in found.triggers for what in trigger.ends)


def _is_near(trigger: Trigger, found: Found, sentence: str, edge: int) -> bool:
    between = (found.end, edge) if found.end <= edge else (edge, found.start)
    if trigger.comma is not None and trigger.comma != ("," in sentence[slice(*between)]):
        return False
    return trigger.words is None or len(_WORD.findall(sentence, *between)) <= trigger.words
