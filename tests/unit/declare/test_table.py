"""A table checks itself when it is declared, and every fault is named at once."""

from __future__ import annotations

import pytest

from twinlake.declare.errors import DeclarationError
from twinlake.declare.table import Table, table


def declared(**said):
    usual = {
        "name": "toy", "layer": "gold", "meaning": "A toy.", "grain": "a person", "key": ("person_id",),
        "columns": ("person_id", "year_of_birth"), "required": frozenset({"person_id"}), "unit": "person_id",
        "build": lambda person: person, "inputs": ("person",),
    }  # fmt: skip
    return Table(**{**usual, **said})


def test_a_table_knows_its_columns_from_the_dictionary():
    toy = declared()
    assert toy.full_name == "gold.toy" and not toy.is_implemented_by_sources
    assert toy.ddl.lower() == "`person_id` bigint, `year_of_birth` int"


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ({"columns": ("person_id", "colour_of_eyes")}, "column colour_of_eyes is not in vocabulary/fields"),
        ({"key": ("visit_id",)}, "key visit_id is not a column"),
        ({"required": frozenset({"hospital"})}, "required hospital is not a column"),
        ({"unit": "care_site_id"}, "unit care_site_id is not a column"),
        ({"via": {"visit": "x"}}, "via names visit, which build does not read"),
        ({"references": {"care_site_id": "care_site"}}, "reference care_site_id is not a column"),
        ({"columns": ("person_id", "person_id")}, "column person_id stands twice"),
        ({"optional": ("mrn",)}, "optional mrn is not a column, or required"),
        (
            {"optional": ("year_of_birth",), "from_sources": ("year_of_birth",)},
            "optional year_of_birth is not a column, or",
        ),
    ],
)
def test_what_contradicts_itself_is_refused(said, fault):
    with pytest.raises(DeclarationError) as caught:
        declared(**said)
    assert fault in str(caught.value) and str(caught.value).startswith("gold.toy: ")


def test_all_faults_are_named_at_once():
    with pytest.raises(DeclarationError, match="key visit_id.*unit care_site_id"):
        declared(key=("visit_id",), unit="care_site_id")


def test_a_build_bears_the_name_of_its_file():
    def elsewhere(person):
        return person

    with pytest.raises(DeclarationError, match="call it test_table"):
        table(grain="g", key=("person_id",), columns=("person_id",))(elsewhere)


def test_the_parameters_of_a_build_are_its_inputs_but_for_what_the_engine_gives():
    def test_table(person, rows, hospitals, visit_occurrence, champions, link):
        """What it is."""

    test_table.__module__ = "twinlake.catalog.gold.test_table"
    made = table(grain="g", key=("person_id",), columns=("person_id",))(test_table)
    assert (made.layer, made.name, made.meaning) == ("gold", "test_table", "What it is.")
    assert made.inputs == ("person", "visit_occurrence") and made.required == {"person_id"}
