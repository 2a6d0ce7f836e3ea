"""The terms of the lexicon in a note, with section and status; what is asked takes its status from the answer."""

from __future__ import annotations

import re
from typing import NamedTuple

from twinlake.clinical.context import Found, Status, sentences, status_of, triggers_in
from twinlake.clinical.context_lexicon import LEXICON, LOOKALIKES, Term
from twinlake.clinical.context_sections import SAYS, Headings, section_of
from twinlake.clinical.context_trigger import AFFIRMED, NEGATED, POSSIBLE, finder, key_of, small

_TERMS = finder({*LEXICON, *LOOKALIKES})
_SPEAKER = r"(?i)\s*(?:\w+[:：])?\s*"
_YES = re.compile(_SPEAKER + r"(?:(?:yes|yeah|yep|yup|correct|right|i do|i have|i did)\b|有|是|对)")
_NO = re.compile(_SPEAKER + r"(?:(?:no|nope|nah|never|none|not)\b|没|无|不)")
# Who asks how long takes it as given.
_PRESUMING = re.compile(r"(?i)\b(?:how (?:long|often|bad)|when did|where is|since when)\b|多久|几天|什么时候")
_QUESTION_MARKS = ("?", "？")


class Mention(NamedTuple):
    """A term at a place of a note, half-open."""

    start: int
    end: int
    text: str
    term: Term
    section: str | None
    status: Status


def mentions(text: str, title: str | None = None) -> list[Mention]:
    """The terms of the lexicon that a note mentions; `title` is the heading the whole note stands under."""
    headings = Headings.of(text, section_of(title or ""))
    spans = [*sentences(text, headings.starts), (len(text), len(text))]
    found: list[Mention] = []
    for (start, end), reply in zip(spans, spans[1:], strict=False):
        terms = [m for m in _TERMS.finditer(small(text[start:end])) if key_of(m[0]) not in LOOKALIKES]
        if terms:
            answer = _answer(text[start:end], text[slice(*reply)])
            # The answer says more than the question mark.
            sentence = text[start:end].rstrip("?？ \r\n") if answer else text[start:end]
            said = triggers_in(sentence)
            found += [_mention(sentence, start, m, headings.at(start + m.start()), said, answer) for m in terms]
    return found


def _mention(
    sentence: str, start: int, m: re.Match[str], section: str | None, said: list[Found], answer: str | None
) -> Mention:
    known = {SAYS.get(section or ""), answer} - {None}
    status = status_of(sentence, m.start(), m.end(), said, known)  # type: ignore[arg-type]
    words = sentence[m.start() : m.end()]
    return Mention(start + m.start(), start + m.end(), words, LEXICON[key_of(words)], section, status)


def _answer(question: str, reply: str) -> str | None:
    """What the reply says of what was asked; without yes or no it stays open. None where nothing was asked."""
    if not question.rstrip().endswith(_QUESTION_MARKS):
        return None
    if _PRESUMING.search(question) or _YES.match(reply):
        return AFFIRMED
    return NEGATED if _NO.match(reply) else POSSIBLE
