"""What hospitals write where they know no name: it is many persons', so linkage reads it as missing.

Written from general knowledge. Too long a list does little harm: who bears such a name is linked by what else is known.
"""

from __future__ import annotations

from twinlake.declare.identity import Placeholders

UNKNOWN = ["UNKNOWN", "UNIDENTIFIED", "UNNAMED", "NONE", "NONAME", "UNK", "FNU", "LNU", "NMN"]
NEWBORN = ["BABY", "BABYBOY", "BABYGIRL", "BOY", "GIRL", "NEWBORN", "INFANT", "MALE", "FEMALE", "TWIN"]
TRIED = ["TEST", "PATIENT"]

PLACEHOLDERS = Placeholders(
    given=(*UNKNOWN, *NEWBORN, *TRIED),
    family=tuple(UNKNOWN),
    whole=("JOHN DOE", "JANE DOE"),
)
