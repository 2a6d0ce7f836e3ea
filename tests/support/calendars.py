"""Two hospitals: the dates of `a` are those on which things happened, those of `s` are shifted."""

from __future__ import annotations

from twinlake.declare.hospital import Hospital

HOSPITALS = {
    name: Hospital(name, name, "UTC", f"urn:{name}", calendar) for name, calendar in (("a", "true"), ("s", "shifted"))
}
