"""A person is found wherever they stand, and nobody else is taken for them."""

from __future__ import annotations

import gzip
import re
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from deltalake import write_deltalake

from tests.support.landing_sample import toy_run
from twinlake.engine.subject import words
from twinlake.engine.whereabouts import Sought, search


@pytest.mark.parametrize("name", ["nested", "number", "key", "json", "gz", "zip", "name", "half"])
def test_they_are_found_wherever_they_stand(tmp_path: Path, name: str) -> None:
    def parquet(file: str, **columns: pa.Array) -> None:
        pq.write_table(pa.table(columns), tmp_path / file)

    nested = pa.array([{"a": [{"b": "see P-77."}]}, {"a": [{"b": "see P-778"}]}])
    match name:
        case "nested":
            parquet("x.parquet", c=nested)
        case "number":
            parquet("x.parquet", c=pa.array([[1], [-5]]))
        case "key":
            parquet("x.parquet", c=pa.array([{"k": "p-77"}]))
        case "json":
            (tmp_path / "x.json").write_text('{"id": "p-77"}')
        case "gz":
            (tmp_path / "x.csv.gz").write_bytes(gzip.compress(b"1,P-77\n"))
        case "zip":
            with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr("y.txt", "P-77")
        case "name":
            (tmp_path / "P-77.txt").write_text("")
        case "half":
            (tmp_path / "x.parquet").write_bytes(b"PAR1 P-77")
    parquet("other.parquet", c=pa.array(["P-778", "xP-77", "P-77-1", "pP-77"]), d=pa.array([5, 6, 7, 8]))
    left = search(tmp_path, [Sought(("P-77",), (-5,))])
    assert (left.files, len(left.found[0])) == (2, 1)
    assert not left.found[0][0].startswith("other")


def test_a_word_stands_between_what_is_no_letter() -> None:
    pattern = re.compile(words(["a.b(c"]))
    assert [bool(pattern.search(text)) for text in ("a.b(c", "/a.b(c,", "aXb(c", "xa.b(c", "a.b(c1")] == [
        True, True, False, False, False,
    ]  # fmt: skip


UUID = "0b1c2d3e-0001-4abc-8def-123456789abc"


@pytest.mark.parametrize("text", [
    f"Abe604_Frami345_{UUID}.xml", f"patient_{UUID}", f"patient-{UUID}-1", f"a\\n{UUID}", f"urn%3Auuid%3A{UUID}",
    "_P-77_", "999-12-3456", "ssn 999 12 3456.", "999.12.3456", "999123456",
])  # fmt: skip
def test_they_are_found_as_people_write_them(tmp_path: Path, text: str) -> None:
    sought = Sought((UUID, "P-77", "999123456"), (), ("999123456",))
    assert re.search(sought.pattern, text)
    assert pc.match_substring_regex(pa.array([text]), sought.pattern).to_pylist() == [True]
    ops = toy_run(tmp_path).ops
    write_deltalake(ops.path("bronze.t"), pa.table({"c": [text]}))
    assert ops.ask(f"select c from t where regexp_like(c, '{sought.pattern}')", {"bronze.t": None})


@pytest.mark.parametrize(
    "text", [f"a{UUID}", f"{UUID}0", "1999-12-3456", "999-12-34567", "999--12-3456", "P-77-1", "9-P-77"]
)
def test_others_are_not_taken_for_them(text: str) -> None:
    assert not re.search(Sought((UUID, "P-77", "999123456"), (), ("999123456",)).pattern, text)


def test_files_behind_links_are_searched_once(tmp_path: Path) -> None:
    home, elsewhere = tmp_path / "home", tmp_path / "elsewhere"
    home.mkdir()
    elsewhere.mkdir()
    (elsewhere / "a.txt").write_text("P-77")
    (elsewhere / "circle").symlink_to(elsewhere)
    (home / "lake").symlink_to(elsewhere)
    (home / "file.txt").symlink_to(elsewhere / "a.txt")
    left = search(home, [Sought(("P-77",))])
    assert (left.files, left.found) == (2, (("file.txt", "lake/a.txt"),))


def test_of_no_words_none_is_found_anywhere() -> None:
    assert [re.search(words([]), text) for text in ("", "a", "Ann Lee", "a^")] == [None] * 4
    assert pc.match_substring_regex(pa.array(["", "Ann Lee", "a^"]), words(())).to_pylist() == [False] * 3
