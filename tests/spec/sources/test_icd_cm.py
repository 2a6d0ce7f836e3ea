"""CMS's lists of ICD codes as they come, and the entries they become."""

# ruff: noqa: E501 (drawn tables are wide)
from __future__ import annotations

import gzip

from tests.support.text_table import expect
from twinlake.catalog.sources.icd_cm import SYSTEM

# Lines of the published files; the places are those of CMS's readme of the order file.
TITLE = "Cholera due to Vibrio cholerae 01, biovar cholerae"
FILES = {
    "icd10cm-codes-2024.txt": "A000    Cholera due to Vibrio cholerae 01, biovar cholerae\n",
    "2025/icd10cm_order_2025.txt": f"00001 A00     0 {'Cholera':<60} Cholera\n00002 A000    1 {TITLE:<60} {TITLE}\n",
    "icd10pcs_codes_2016.txt": "02100Z9 Bypass Coronary Artery, One Artery from Left Internal Mammary, Open Approach\n",
    "CMS32_DESC_LONG_DX.txt": "E8889 Unspecified fall\n25000 Diabetes mellitus without mention of complication\n",
    "CMS32_DESC_LONG_SG.txt": "3961 Extracorporeal circulation auxiliary to open heart surgery\n",
    "icd10cm-codes-April-1-2025.txt": "nothing of the kind\n",
}


def test_a_line_is_a_code_of_its_list_s_system_and_fiscal_year(implement) -> None:
    expect(
        implement(SYSTEM, "listed_code", code_list=FILES),
        f"""
        vocabulary_id | concept_code | fiscal_year | list_start_date | is_billable | concept_name
        ICD10CM       | A00.0        | 2024        | 2023-10-01      | true        | {TITLE}
        ICD10CM       | A00          | 2025        | 2024-10-01      | false       | Cholera
        ICD10CM       | A00.0        | 2025        | 2024-10-01      | true        | {TITLE}
        ICD10PCS      | 02100Z9      | 2016        | 2015-10-01      | true        | Bypass Coronary Artery, One Artery from Left Internal Mammary, Open Approach
        ICD9CM        | E888.9       | 2015        | 2014-10-01      | true        | Unspecified fall
        ICD9CM        | 250.00       | 2015        | 2014-10-01      | true        | Diabetes mellitus without mention of complication
        ICD9Proc      | 39.61        | 2015        | 2014-10-01      | true        | Extracorporeal circulation auxiliary to open heart surgery
        ICD10CM       |              | 2025        | 2025-04-01      | true        | ''
        """,
    )


def test_the_names_that_cms_gives_its_files_are_known() -> None:
    for name in ("icd10cm_codes_2016.txt", "Code Descriptions/icd10cm-order-2026.txt", "icd10pcs_order_2023.txt"):
        assert SYSTEM.feed_of(name), name
    for name in ("CMS32_DESC_SHORT_DX.txt", "icd10cm-order-addenda-2024.txt", "CMS32_DESC_LONG_SHORT_DX.xlsx"):
        assert SYSTEM.feed_of(name) is None and SYSTEM.why_ignored(name), name


def test_every_line_of_the_published_lists_is_read(implement, shared_data) -> None:
    folder = shared_data / "terminology_icd"
    names = ("icd10cm-codes-2024.txt", "CMS32_DESC_LONG_DX.txt", "CMS32_DESC_LONG_SG.txt")
    data = {name: gzip.decompress((folder / f"{name}.gz").read_bytes()) for name in names}
    rows = implement(SYSTEM, "listed_code", code_list=data).groupBy("vocabulary_id").agg(
        {"concept_code": "count", "concept_name": "count"}
    )  # fmt: skip
    # The folder's README: 74044, 14567 and 3882 lines.
    assert {tuple(row) for row in rows.collect()} == {
        ("ICD10CM", 74044, 74044), ("ICD9CM", 14567, 14567), ("ICD9Proc", 3882, 3882),
    }  # fmt: skip
