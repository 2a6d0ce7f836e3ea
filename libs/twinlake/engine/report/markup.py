"""The few pieces of HTML the page is made of; every text that comes from data is escaped here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape


@dataclass(frozen=True)
class Section:
    """A part of the page: its place, what the menu calls it, its title, what it shows, and its HTML."""

    anchor: str
    menu: str
    title: str
    lead: str
    body: str

    @property
    def html(self) -> str:
        return (
            f'<section id="{self.anchor}" aria-labelledby="{self.anchor}-title">'
            f'<h2 id="{self.anchor}-title">{text(self.title)}</h2><p class="lead">{self.lead}</p>{self.body}</section>'
        )


def text(said: object) -> str:
    """Anything as escaped text."""
    return escape("" if said is None else str(said))


def number(count: float | None, digits: int = 0) -> str:
    """1234567 → 1,234,567; nothing known → –."""
    return "–" if count is None else f"{count:,.{digits}f}"


def duration(seconds: float | None) -> str:
    """Seconds as people say them."""
    if seconds is None:
        return "–"
    if seconds < 90:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def badge(word: str, kind: str = "plain") -> str:
    """A word in a pill; `kind` is good, warn, bad or plain."""
    return f'<span class="badge {kind}">{text(word)}</span>'


def note(said: str) -> str:
    """A sentence in words where there is no picture; may hold HTML."""
    return f'<p class="note">{said}</p>'


def fold(title: str, body: str) -> str:
    """Details that open on demand."""
    return f"<details><summary>{title}</summary>{body}</details>"


def figure(picture: str, caption: str, wide: bool = False) -> str:
    """A picture with what it shows."""
    return f"<figure{' class=wide' if wide else ''}><figcaption>{caption}</figcaption>{picture}</figure>"


def grid(*pieces: str) -> str:
    """Pieces side by side where there is room."""
    return f'<div class="grid">{"".join(pieces)}</div>'


def table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are HTML already; a head that ends in # is a column of numbers."""
    kinds = ["n" if head.endswith("#") else "" for head in heads]
    top = "".join(
        f'<th scope="col" class="{k}">{text(h.removesuffix("#"))}</th>' for h, k in zip(heads, kinds, strict=True)
    )
    body = "".join(
        "<tr>" + "".join(f'<td class="{k}">{cell}</td>' for cell, k in zip(row, kinds, strict=True)) + "</tr>"
        for row in rows
    )
    return (
        f'<div class="scroll"><table><caption>{text(caption)}</caption><thead><tr>{top}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )
