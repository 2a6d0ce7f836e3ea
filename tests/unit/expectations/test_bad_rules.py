"""A rule or threshold that cannot be right is refused with its file and line, before any data is read."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import expectations
from expectations import rules_for
from expectations.units import refuse_wrong_units
from twinlake.catalog.silver.care_site import care_site
from twinlake.declare.errors import DeclarationError

ADDRESS = Path(expectations.__file__).parent / "silver" / "care_site.py"
HEAD = '"""Rules."""\nfrom twinlake.declare.rule import row\n'


@pytest.fixture
def written(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Writes a file of rules for a table that has none, and takes it away again."""
    assert not ADDRESS.exists()

    def tidy() -> None:
        ADDRESS.unlink(missing_ok=True)
        sys.modules.pop("expectations.silver.care_site", None)

    request.addfinalizer(tidy)
    return lambda body: ADDRESS.write_text(HEAD + body, encoding="utf-8") and None


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('RULES = (row("x", "weight > 1", "heavy"),)\n', "line 3: x reads weight, no such column"),
        ('\nRULES = (row("x", "bed_count > (1", "many"),)\n', "line 4: Rule x: the expression must be one SQL"),
        ('RULES = (row("x", "bed_count > 1", "many"),\n', "line 3: .*never closed"),
        ("RULES = (rwo(),)\n", "line 3: name 'rwo' is not defined"),
        ('RULES = (row("x", "bed_count > 1", "many", severity="deadly"),)\n', "line 3: .*severity is 'deadly'"),
    ],
)
def test_a_file_of_rules_edited_into_nonsense_is_refused_with_its_line(written, body: str, said: str):
    written(body)
    with pytest.raises(DeclarationError, match=rf"expectations/silver/care_site.py, {said}"):
        rules_for(care_site)


def test_a_threshold_in_a_unit_that_nothing_is_kept_in_is_refused_with_its_line():
    with pytest.raises(DeclarationError, match=r"omop_dqd.py, line \d+: 2345-7 in 'mg/dl', expected 'mg/dL'"):
        refuse_wrong_units({"2345-7": ("mg/dl", "mmol/L")})
