"""What a hospital says of a measured value: in its own codes, units and spellings, and wrongly at the known rates.

Every draw depends on the hospital and the value's own key alone. What was truly measured goes to the truth beside what
was said of it.
"""

from __future__ import annotations

from twinlake.synthetic.silo import Silo
from twinlake.synthetic.spoken.befall import befallen
from twinlake.synthetic.spoken.result import Result, Said
from twinlake.synthetic.spoken.terms import in_own_terms

__all__ = ["Result", "Said", "speak"]


def speak(silo: Silo, result: Result) -> Said:
    """The value as this hospital sends it."""
    return befallen(silo, result, in_own_terms(silo.profile, result))
