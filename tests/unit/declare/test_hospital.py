"""hospital.toml: every wrong key and value is named at once, with what was expected."""

from __future__ import annotations

import pytest

from twinlake.declare.errors import ConfigurationError
from twinlake.declare.hospital import read_hospital

GOOD = 'name = "St Brigid\'s"\ntime_zone = "Europe/Dublin"\nidentifier_namespace = "urn:b"\n'


@pytest.fixture
def read(tmp_path):
    def read(text):
        folder = tmp_path / "st_brigid"
        folder.mkdir()
        (folder / "hospital.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_hospital(folder)

    return read


def test_three_keys_are_enough(read):
    hospital = read(GOOD)
    assert (hospital.folder, hospital.calendar, hospital.link) == ("st_brigid", "true", True)
    assert dict(hospital.units) == dict(hospital.codes) == dict(hospital.severity) == {}


def test_everything_that_can_be_said_is_read(read):
    hospital = read(
        GOOD + 'calendar = "shifted"\nlink = false\n[units]\n"mg%" = "mg/dL"\n'
        '[codes]\nGLU = "LOINC:2345-7"\n[severity]\n"measurement.value_in_range" = "warn"\n'
    )
    assert (hospital.calendar, hospital.link, dict(hospital.units)) == ("shifted", False, {"mg%": "mg/dL"})
    assert hospital.code_pairs == {"GLU": ("LOINC", "2345-7")}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD + 'colour = "red"', "unknown key colour"),
        (GOOD.replace("Europe/Dublin", "Europe/Dubblin"), "'Europe/Dubblin' is not an IANA zone"),
        (GOOD.replace("Europe/Dublin", "../../etc/passwd"), "is not an IANA zone"),
        (GOOD.replace('"Europe/Dublin"', "1"), "time_zone must be a text"),
        (GOOD.replace('"urn:b"', '""'), "identifier_namespace must be a text"),
        (GOOD + 'calendar = "julian"', "calendar must be one of true, shifted"),
        (GOOD + "calendar = true", "calendar must be one of true, shifted"),
        (GOOD + 'link = "no"', "link must be true or false"),
        (GOOD + '[severity]\n"measurement.x" = "loud"', "must be one of fatal, warn, characterise"),
        (GOOD + '[codes]\nGLU = "2345-7"', "'GLU' must be vocabulary:code"),
        (GOOD + '[codes]\nGLU = "LOINC:"', "'GLU' must be vocabulary:code"),
        (GOOD + '[codes]\nGLU = "LOINC:2345-8"', "'GLU' must be vocabulary:code"),
        (GOOD + '[codes]\nGLU = "Loinc:2345-7"', "'GLU' must be vocabulary:code"),
        (GOOD + "[units]\nmg = 1", "[units] must map texts to texts"),
        (GOOD + 'units = "mg"', "[units] must map texts to texts"),
        (GOOD + 'codes = "GLU"', "[codes] must map texts to texts"),
        (GOOD + "severity = [1]", "[severity] must map texts to texts"),
        ("name = ", "is not TOML"),
        (b"\xff\xfen\x00", "is not TOML"),
        ("", "missing key name; missing key time_zone; missing key identifier_namespace"),
        (GOOD + 'timezone = "UTC"', "unknown key timezone, did you mean time_zone?"),
    ],
)
def test_what_is_wrong_is_said(read, text, said):
    with pytest.raises(ConfigurationError) as caught:
        read(text)
    assert said in str(caught.value) and "st_brigid/hospital.toml" in str(caught.value)


def test_a_byte_order_mark_does_not_make_it_unreadable_without_a_word(read):
    with pytest.raises(ConfigurationError, match="is not TOML"):
        read(b"\xef\xbb\xbf" + GOOD.encode())


def test_all_that_is_wrong_is_said_at_once(read):
    with pytest.raises(ConfigurationError, match="unknown key colour.*not an IANA zone.*link must be"):
        read(GOOD.replace("Dublin", "Nowhere") + 'colour = "red"\nlink = 1\n')
