"""A field of the data dictionary: what a column means, said once for every table that has it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Field:
    """One meaning of one column name.

    `type` is a Spark SQL type; `minimum` and `maximum` are inclusive bounds in `unit` (UCUM); `categories` are the
    only values allowed; `identifier` marks what names a person directly, or may, and so stays in bronze, the EMPI and
    the texts of notes.
    """

    name: str
    type: str
    meaning: str
    unit: str | None = None
    categories: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    identifier: bool = False


def dictionary(*pages: tuple[Field, ...]) -> dict[str, Field]:
    """The pages as one mapping by name; a name written twice is refused."""
    fields = [field for page in pages for field in page]
    names = [field.name for field in fields]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"vocabulary/fields defines twice: {', '.join(twice)}. Keep one meaning per name.")
    return dict(zip(names, fields, strict=True))
