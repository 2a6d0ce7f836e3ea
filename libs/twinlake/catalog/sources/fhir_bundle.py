"""FHIR R4 as JSON Bundles: transactions, collections, search results, histories (hl7.org/fhir/R4/bundle.html)."""

from __future__ import annotations

from twinlake.catalog.sources._fhir import REFERENCE, ddl
from twinlake.catalog.sources._fhir_feeds import UNMAPPED, within
from twinlake.catalog.sources._fhir_tables import IMPLEMENTATIONS
from twinlake.catalog.sources._fhir_versions import FOREIGN
from twinlake.declare.source import Feed, System

BUNDLE = Feed(
    name="bundle",
    files=r"(?:[^/]*/)*[^/]+\.json",
    wire="fhir_bundle",
    schema=ddl(subject=REFERENCE),
    delivery="increment",
    key=("id",),
    person="subject.reference",
    version="meta.lastUpdated",
    unmapped=UNMAPPED,
    foreign=FOREIGN,
)
SYSTEM = System(
    name="fhir_bundle",
    meaning="FHIR R4 resources of many types in a file, as Bundles in JSON",
    feeds=(BUNDLE, *within(BUNDLE)),
    implementations=IMPLEMENTATIONS,
)
