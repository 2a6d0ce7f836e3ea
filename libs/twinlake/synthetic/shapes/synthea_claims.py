"""Synthea's claims tables, as far as the billing office keeps them: from `SINCE` on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from twinlake.synthetic.base import rows
from twinlake.synthetic.chart import Chart, Row
from twinlake.synthetic.shapes.synthea_csv import Tables

SINCE = "2026-01-01"
# What says when a row is of; insurance is kept while it lasts.
DAY = {"claims": "SERVICEDATE", "claims_transactions": "FROMDATE", "payer_transitions": "END_DATE"}
OWNER = "OWNER_NAME"


class Export(Tables):
    """patients.csv, claims.csv, claims_transactions.csv, payers.csv, payer_transitions.csv."""

    names = ("patients", "claims", "claims_transactions", "payers", "payer_transitions")
    references = (
        *("Id", "ID", "CLAIMID", "PATIENT", "PATIENTID", "PROVIDERID", "REFERRINGPROVIDERID", "SUPERVISINGPROVIDERID"),
        *("PRIMARYPATIENTINSURANCEID", "SECONDARYPATIENTINSURANCEID", "PATIENTINSURANCEID", "APPOINTMENTID"),
        *("PLACEOFSERVICE", "MEMBERID", "PAYER", "SECONDARY_PAYER"),
    )

    def add(self, chart: Chart) -> str | None:
        """Whom nothing is billed for the billing office does not know."""
        billed = any(row[DAY["claims"]] >= SINCE for row in chart.rows("claims"))
        return super().add(chart) if billed else None

    def told(self, name: str, known: Iterable[Row]) -> Iterator[Row]:
        for row in known:
            if name not in DAY or row[DAY[name]] >= SINCE:
                yield row if OWNER not in row else {**row, OWNER: ""}

    def finish(self) -> None:
        self.put("payers", rows(self.people.table("payers")))
