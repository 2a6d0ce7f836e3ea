"""Values of results, in rows and in FHIR's lines: a little different for each person, corrected, or taken back."""

from __future__ import annotations

import re

Row = dict[str, str]

CORRECTED, WITHDRAWN = "corrected", "withdrawn"
# What became of results, as OBX-11 and as FHIR say it; by what a correction multiplies.
AMENDED = {CORRECTED: ("C", "corrected"), WITHDRAWN: ("D", "entered-in-error")}
CORRECTION = 1.1
QUANTITY = re.compile(rb'"valueQuantity":\{"value":(\d+(?:\.\d+)?),"unit":"(?!\{)([^"]+)"')
HEIGHT, PERCENT = "8302-2", "%"
# Years of QALY and the like are bookkeeping; scores, whose units are in braces, are not scaled either.
UNSCALED = re.compile(r"a?$|\{")


def scaled(value: str, unit: str, factor: float) -> str:
    """A value times `factor`, with as many decimals; no share is above one hundred percent."""
    told = float(value) * factor
    return value if unit == PERCENT and told > 100 else f"{told:.{len(value.partition('.')[2])}f}"


def scaled_row(row: Row, factor: float) -> Row:
    """A row of observations.csv; what is no measured quantity, and the height, stay."""
    stays = row["TYPE"] != "numeric" or row["CODE"] == HEIGHT or UNSCALED.match(row["UNITS"])
    return row if stays else {**row, "VALUE": scaled(row["VALUE"], row["UNITS"], factor)}


def scaled_line(line: bytes, factor: float) -> bytes:
    """The same of an Observation."""

    def told(found: re.Match[bytes]) -> bytes:
        value = scaled(found[1].decode(), found[2].decode(), factor).encode()
        return b'"valueQuantity":{"value":%s,"unit":"%s"' % (value, found[2])

    return line if b'"8302-2"' in line else QUANTITY.sub(told, line)


def amended_rows(rows: list[Row], manner: str, sent: str) -> list[Row]:
    """Rows that are told again, for the reason in `STATUS` (as OBX-11 has it), `SENT` when."""
    new = {"STATUS": AMENDED[manner][0], "SENT": sent}
    right = rows if manner == WITHDRAWN else [scaled_row(row, CORRECTION) for row in rows]
    return [{**row, **new} for row in right]


def amended_lines(lines: list[bytes], manner: str) -> list[bytes]:
    """Observations that are told again, for the reason in their status."""
    status = b'"status":"%s"' % AMENDED[manner][1].encode()
    right = lines if manner == WITHDRAWN else [scaled_line(line, CORRECTION) for line in lines]
    return [line.replace(b'"status":"final"', status, 1) for line in right]
