"""What a FHIR reference points to (hl7.org/fhir/R4/references.html)."""

from __future__ import annotations

import re

_LITERAL = re.compile(r"(?:^|[/:])(?:([A-Z][A-Za-z]*)/)?([^/:#?]+)(?:/_history/[^/]+)?$")


def literal(reference: str) -> tuple[str | None, str | None]:
    """Type, if told, and id in `Patient/1`, `https://host/Patient/1/_history/2` or `urn:uuid:1`.

    Neither of what is inside (`#1`) or searched for (`Patient?identifier=1`).
    """
    found = None if "?" in reference else _LITERAL.search(reference)
    return (found[1], found[2]) if found else (None, None)


def patient_in(reference: str) -> str | None:
    """The id of the Patient; None where it is another's (`Group/1`, `Device/1`), whose id may be a Patient's too."""
    kind, key = literal(reference)
    return key if kind in (None, "Patient") else None
