"""`twinlake empi link`: the declared model on plain person files."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner

from jobs._empi import link_files
from twinlake.cli import app
from twinlake.declare.errors import ConfigurationError, DataError
from twinlake.declare.person_map import DIRECTIVES, parse_person_map
from twinlake.engine import person_links, standardise_sql
from twinlake.engine.person_files import read_persons

FIELDS = """
row_id = "id"
given_name = "first"
family_name = "last"
birth_date = "born"
address_line = ["number", "street"]
city = "town"
sex = "sex"

["b.csv.gz"]
birth_date_format = "%d/%m/%Y"
"""
HEADER = "id, first,last,born,number,street,town,sex\n"
A = [
    "1,Annabel,Quimby,1961-04-12,12,Harbour Terrace,Winthrop,F\n",
    "2,Robert,O’Neill,1984-11-02,7,Mill Lane,Lowell,male\n",
    "3,Beatrice,Quimby,1961-04-12,12,Harbour Terrace,Winthrop,F\n",
]
B = [
    "x1,ANNABLE,QUIMBY,12/04/1961,12,harbour terrace,WINTHROP,female\n",
    "x2,Bob,O'Neill,02/11/1984,7,Mill  Lane,Lowell,\n",
    "x3,Carla,Diaz,01/02/1990,,,,\n",
]


def lay(folder: Path, a: list[str] = A, b: list[str] = B, fields: str = FIELDS) -> tuple[list[Path], Path]:
    folder.mkdir(exist_ok=True)
    files = [folder / "a.csv", folder / "b.csv.gz"]
    files[0].write_text(HEADER + "".join(a), encoding="utf-8")
    with gzip.open(files[1], "wt", encoding="utf-8") as file:
        file.write(HEADER + "".join(b))
    (folder / "fields.toml").write_text(fields, encoding="utf-8")
    return files, folder / "fields.toml"


def linked(folder: Path, files: list[Path], fields: Path) -> list[dict[str, str]]:
    link_files(files, fields, folder / "links.csv", lambda _: None)
    with (folder / "links.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_two_files_are_linked_and_the_twin_stays_apart(tmp_path: Path) -> None:
    rows = linked(tmp_path, *lay(tmp_path))
    assert [(row["file"], row["row_id"]) for row in rows] == [
        ("a.csv", "1"), ("a.csv", "2"), ("a.csv", "3"), ("b.csv.gz", "x1"), ("b.csv.gz", "x2"), ("b.csv.gz", "x3"),
    ]  # fmt: skip
    person = {row["row_id"]: row["person_id"] for row in rows}
    assert person["1"] == person["x1"] and person["2"] == person["x2"]
    assert len(set(person.values())) == 4
    assert [row["match_weight"] == "" for row in rows] == [False, False, True, False, False, True]


def test_neither_the_order_of_rows_nor_of_files_changes_who_is_who(tmp_path: Path) -> None:
    once = linked(tmp_path / "once", *lay(tmp_path / "once"))
    files, fields = lay(tmp_path / "again", A[::-1], B[::-1])
    assert linked(tmp_path / "again", files[::-1], fields) == once


@pytest.mark.parametrize(
    ("fields", "complaints"),
    [
        ('row_ID = "id"\ngiven = "first"\n', ["did you mean row_id", "given is no key, did you mean given_name"]),
        ('row_id = "id"\nsex = 3\n', ["sex is 3"]),
        ('given_name = "first"\n', ["row_id is missing", "neither birth_date nor year_of_birth"]),
        ('row_id = "id"\nbirth_date = "born"\nmrn = "id"\n', ["mrn is there without hospital"]),
        ("row_id = \n", ["cannot be read as TOML"]),
        (FIELDS.replace("%d/%m/%Y", "%Q"), ["[b.csv.gz] birth_date_format is '%Q', in which %Q means nothing"]),
        (FIELDS.replace("%d/%m/%Y", "%d.%m.%"), ["in which % means nothing"]),
        (FIELDS.replace("%d/%m/%Y", "%d/%m"), ["which names no year"]),
        (FIELDS.replace("%d/%m/%Y", "dd/mm/yyyy"), ["which names no year"]),
    ],
)
def test_a_wrong_map_is_refused_with_all_that_is_wrong(tmp_path: Path, fields: str, complaints: list[str]) -> None:
    with pytest.raises(ConfigurationError) as refused:
        linked(tmp_path, *lay(tmp_path, fields=fields))
    assert all(complaint in str(refused.value) for complaint in complaints)


@pytest.mark.parametrize(
    ("changes", "complaints"),
    [
        (
            {"fields": FIELDS.replace('"first"', '"firstname"')},
            ["a.csv has no column firstname (given_name)", "b.csv.gz"],
        ),
        ({"a": [*A, A[0]], "b": [*B, *B]}, ["a.csv: 1 rows repeat", "b.csv.gz: 3 rows repeat"]),
        ({"a": [A[0].replace("1,", ",", 1), *A[1:]]}, ["a.csv: 1 of 3 rows have no row id"]),
        ({"a": []}, ["a.csv holds no row"]),
        ({"fields": FIELDS.replace("b.csv.gz", "c.csv")}, ["[c.csv] in fields.toml is no file given"]),
        (
            {"fields": FIELDS.replace("%d/%m/%Y", "%m-%Y")},
            ["b.csv.gz: no row has a year"],
        ),
    ],
    ids=["no such column", "row ids twice", "no row id", "no row", "no such file", "unreadable dates"],
)
def test_a_wrong_file_is_refused_with_all_that_is_wrong(
    tmp_path: Path, changes: dict[str, Any], complaints: list[str]
) -> None:
    with pytest.raises(DataError) as refused:
        linked(tmp_path, *lay(tmp_path, **changes))
    assert all(complaint in str(refused.value) for complaint in complaints), str(refused.value)
    assert "Quimby" not in str(refused.value)


@pytest.mark.parametrize("directive", sorted(DIRECTIVES))
def test_every_letter_that_a_map_may_use_is_one_that_duckdb_reads(directive: str) -> None:
    read = standardise_sql.full_date(COLUMN, f"%Y {directive}")
    duckdb.connect().execute(f"SELECT {read} FROM (SELECT '2020 x' AS t)")


def test_what_does_not_fit_into_memory_is_not_left_in_the_folder_one_works_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A killed run would leave it there, and it is names and numbers."""
    seen: list[str] = []

    def spy(connection: duckdb.DuckDBPyConnection, *rest: Any) -> list[str]:
        seen.extend(connection.execute("SELECT current_setting('temp_directory')").fetchone() or ())
        return read_persons(connection, *rest)

    monkeypatch.setattr(person_links, "read_persons", spy)
    linked(tmp_path, *lay(tmp_path))
    (spilled,) = seen
    assert Path(spilled).is_absolute() and Path(spilled).name.startswith("linkage-")
    assert not Path(spilled).exists()


def test_an_answer_never_goes_over_a_person_file_and_its_folder_is_made(tmp_path: Path) -> None:
    files, fields = lay(tmp_path)
    for out, why in ((tmp_path, "is a folder"), (files[0], "is a person file")):
        with pytest.raises(ConfigurationError, match=why):
            link_files(files, fields, out, lambda _: None)
    assert files[0].read_text(encoding="utf-8").startswith(HEADER)
    link_files(files, fields, tmp_path / "new/links.csv", lambda _: None)
    assert (tmp_path / "new/links.csv").is_file()


def test_a_map_that_is_not_there_is_named_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"gone\.toml: no such file\.$"):
        link_files(lay(tmp_path)[0], tmp_path / "gone.toml", tmp_path / "links.csv", lambda _: None)


def test_a_row_without_a_year_of_birth_is_told_and_linked_on_what_it_has(tmp_path: Path) -> None:
    files, fields = lay(tmp_path, [*A, "4,Dora,Ames,,,,,\n", "5,Emil,Ames,1970,,,,\n"])
    said: list[str] = []
    link_files(files, fields, tmp_path / "links.csv", said.append)
    assert "note: a.csv: 1 of 5 birth dates are no whole day; of these at most the year is compared" in said
    assert "note: a.csv: 1 of 5 rows have no year of birth (a lake would quarantine them)" in said


def test_help_names_the_keys_of_the_map() -> None:
    told = CliRunner().invoke(app, ["empi", "link", "--help"], env={"COLUMNS": "200"}).output
    assert "row_id" in told and "passport_number" in told and "birth_date_format" in told


def test_a_map_may_differ_from_file_to_file() -> None:
    given = parse_person_map({"row_id": "id", "birth_date": "born", "b.csv": {"birth_date": ["y", "m"]}})
    assert (given.of("a.csv").columns["birth_date"], given.of("b.csv").columns["birth_date"]) == (("born",), ("y", "m"))


COLUMN = "t"
TEXTS = (
    "Ann", " ann  marie ", "Hand679", "O’Neill", "Straße", "Žofia-Éva", "12 HARBOUR\tTerrace", "", "   ", "000-00-0000",
    "(555) 010-1234", "02152-1234", "00000", "021521234", " 02152 1234", "02152 MA", "00000-0000", "0", "D02 X285",
    "SW1A 1AA", "k1a 0b1", "2000", "110001", "01310-100", "100-0001", "1950", "1950-02-03", "1950-02", "1950-02-31",
    "1950-02-03T23:00:00-05:00", "1950-2-3 12:00", "1950/02/03", "infinity  ", "+1950-02-03", "19.5",
    "F", "male", "x", "s 999 12", "ÅSA ßen", "d'Arc", "1234", "–—", "李 Ming",
)  # fmt: skip


def test_duckdb_standardises_as_the_sources_do(spark: Any) -> None:
    from twinlake.declare import standardise

    names = ("line", "name_part", "digits", "identifier", "postal", "sex", "year", "full_date")
    rows = spark.createDataFrame([(text,) for text in TEXTS], "t string")
    theirs = rows.select(*(getattr(standardise, n)(rows.t).alias(n) for n in names)).toArrow().to_pylist()
    given = {"full_date": (COLUMN, None)}
    ours = ", ".join(f"{getattr(standardise_sql, n)(*given.get(n, (COLUMN,)))} AS {n}" for n in names)
    found = duckdb.connect().execute(f"SELECT {ours} FROM (SELECT unnest(?) AS t)", [list(TEXTS)])
    assert [dict(zip(names, row, strict=True)) for row in found.fetchall()] == theirs
