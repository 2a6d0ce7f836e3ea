"""FHIR R4 as a Bulk Data export: NDJSON, one file or more for each resource type (hl7.org/fhir/R4)."""

from __future__ import annotations

from twinlake.catalog.sources._fhir_feeds import FEEDS, IGNORED
from twinlake.catalog.sources._fhir_tables import IMPLEMENTATIONS
from twinlake.declare.source import System

SYSTEM = System(
    name="fhir_r4_bulk",
    meaning="FHIR R4 resources as a Bulk Data export, one NDJSON file or more for each type",
    feeds=FEEDS,
    ignored=IGNORED,
    implementations=IMPLEMENTATIONS,
)
