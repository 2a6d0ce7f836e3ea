"""DICOM files as they come, and the rows they become."""

# Tables are drawn as wide as they are.
# ruff: noqa: E501

from __future__ import annotations

import hashlib

from tests.spec.sources.conftest import frame_of
from tests.support.device_files import LITTLE, element, file_of, text
from tests.support.text_table import expect
from twinlake.catalog.sources.dicom import SYSTEM


def instance(uid: str, **said: str) -> bytes:
    """A CT image of two by two pixels; an empty text leaves the element out."""
    told = {
        0x00080016: ("UI", "1.2.840.10008.5.1.4.1.1.2"), 0x00080018: ("UI", uid),
        0x00080020: ("DA", said.get("date", "20240119")), 0x00080030: ("TM", said.get("time", "072730.5")),
        0x00080060: ("CS", "CT"), 0x00080070: ("LO", "ACME"), 0x00080201: ("SH", said.get("zone", "")),
        0x00081090: ("LO", "Scan 1"), 0x00100010: ("PN", said.get("name", "Doe^Jane^Q")),
        0x00100020: ("LO", said.get("patient", "p1")), 0x00100021: ("LO", said.get("issuer", "")),
        0x00100030: ("DA", said.get("born", "19600504")), 0x00100040: ("CS", "F"), 0x00101010: ("AS", said.get("age", "")),
        0x00180015: ("CS", "CHEST"), 0x0020000D: ("UI", said.get("study", "1.2")), 0x0020000E: ("UI", "1.2.1"),
        0x00200011: ("IS", "1"), 0x00200013: ("IS", "7"), 0x00280004: ("CS", "MONOCHROME2"),
    }  # fmt: skip
    elements = b"".join(element(tag, vr.encode(), padded(vr, value)) for tag, (vr, value) in told.items() if value)
    shape = b"".join(
        element(tag, b"US", n.to_bytes(2, "little")) for tag, n in ((0x00280010, 2), (0x00280011, 2), (0x00280100, 8))
    )
    return file_of(LITTLE, elements + shape + element(0x7FE00010, b"OW", b"\1\2\3\4"))


def padded(vr: str, value: str) -> bytes:
    return value.encode() + b"\0" * (len(value) % 2) if vr == "UI" else text(value)


def test_an_instance_is_a_row_with_the_address_of_its_pixels(implement) -> None:
    data = instance("1.2.1.7")
    rows = implement(SYSTEM, "imaging_study", instances={"ct/IM0007": data})
    expect(
        rows,
        """
        source_person_id | study_uid | series_uid | instance_uid | modality_source_value | body_site_source_value | device_source_value | study_date | study_datetime        | series_number | instance_number
        p1               | 1.2       | 1.2.1      | 1.2.1.7      | CT                    | CHEST                  | ACME Scan 1         | 2024-01-19 | 2024-01-19 12:27:30.5 | 1             | 7
        """,
    )
    expect(
        rows,
        """
        sop_class_uid             | transfer_syntax_uid | frame_count | pixel_row_count | pixel_column_count | pixel_bit_count | photometric_source_value | pixel_bytes
        1.2.840.10008.5.1.4.1.1.2 | 1.2.840.10008.1.2.1 | 1           | 2               | 2                  | 8               | MONOCHROME2              | 4
        """,
    )
    (row,) = rows.collect()
    assert data[row.pixel_offset_bytes : row.pixel_offset_bytes + row.pixel_bytes] == b"\1\2\3\4"
    assert (row.file_path, row.file_sha256, row.file_bytes) == (
        "st_a/dicom/ct/IM0007", hashlib.sha256(data).hexdigest(), len(data),
    )  # fmt: skip


def test_dates_and_times_are_read_in_all_their_forms(implement) -> None:
    files = {
        "1": instance("1.1", date="1997.04.24", time="10:20"), "2": instance("1.2", time="0727", zone="+0100"),
        "3": instance("1.3", time=""), "4": instance("1.4", date=""), "5": instance("1.5", date="2024", time="07"),
    }  # fmt: skip
    expect(
        implement(SYSTEM, "imaging_study", instances=files),
        """
        instance_uid | study_date | study_datetime
        1.1          | 1997-04-24 | 1997-04-24 14:20:00
        1.2          | 2024-01-19 | 2024-01-19 06:27:00
        1.3          | 2024-01-19 |
        1.4          |            |
        1.5          |            |
        """,
    )


def test_a_person_is_who_their_last_study_says(implement) -> None:
    files = {
        "1": instance("1.1", date="20200101", name="Doe^Jane"), "2": instance("1.2", date="20240119", name="Roe^Jane^Q"),
        "3": instance("1.3", patient="p2", issuer="elsewhere", born="", age="042Y", name="Poe"),
        "4": instance("1.4", patient="p3", issuer="urn:st-a:mrn", born=""),
    }  # fmt: skip
    expect(
        implement(SYSTEM, "source_person", instances=files),
        """
        source_person_id | family_name | given_name | middle_name | birth_date | year_of_birth | sex    | mrn
        p1               | ROE         | JANE       | Q           | 1960-05-04 | 1960          | female | p1
        p2^^^elsewhere   | POE         |            |             |            | 1982          | female |
        p3^^^urn:st-a:mrn | DOE        | JANE       | Q           |            |               | female | p3
        """,
    )


def test_equal_numbers_of_two_issuers_are_two_persons(implement) -> None:
    files = {
        "1": instance("1.1", patient="77", issuer="NORTH", name="Doe^Jane"),
        "2": instance("1.2", patient="77", issuer="SOUTH", name="Roe^Richard"),
        "3": instance("1.3", patient="77", name="Poe^Edgar"),
    }
    expect(
        implement(SYSTEM, "source_person", instances=files),
        """
        source_person_id | family_name | mrn
        77^^^NORTH       | DOE         |
        77^^^SOUTH       | ROE         |
        77               | POE         | 77
        """,
    )


def test_what_is_no_instance_or_nobody_s_says_why_and_is_in_no_table(implement, spark) -> None:
    files = {
        "1": instance("1.1"),
        "2": instance("1.2", patient=""),
        "3": instance("1.3", study=""),
        "DICOMDIR": file_of(LITTLE, b""),
    }
    assert implement(SYSTEM, "imaging_study", instances=files).count() == 1
    feed = SYSTEM.feed("instances")
    found = frame_of(spark, SYSTEM, feed, files)
    assert [found.where(sql).count() for sql in feed.unmapped.values()] == [2, 2]
    assert found.where(" OR ".join(feed.unmapped.values())).count() == 3


def test_no_name_reaches_silver(implement) -> None:
    from twinlake.catalog.silver.imaging_study import imaging_study

    rows = imaging_study.build(implement(SYSTEM, "imaging_study", instances={"1": instance("1.1")}))
    assert not any("Doe" in str(value) or "Jane" in str(value) for value in rows.first())
