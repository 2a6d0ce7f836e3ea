"""An OMOP CDM 5.4 export (ohdsi.github.io/CommonDataModel/cdm54.html): no names, integer ids, its own concepts.

The site maps to no standard concepts; what its codes mean stands in its concept.csv, numbered as the CDM wants local
concepts to be, from two thousand million on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from twinlake.catalog.sources._omop_feeds import FEEDS
from twinlake.synthetic.base import rows
from twinlake.synthetic.chart import Chart, Row
from twinlake.synthetic.shapes import Export as Base
from twinlake.synthetic.shapes.synthea_csv import as_spoken, is_loinc

COLUMNS = {feed.name: feed.columns for feed in FEEDS}
FIRST_CONCEPT = 2_000_000_001
GENDERS = {"M": 8507, "F": 8532}
VISITS = {"inpatient": 9201, "snf": 9201, "hospice": 9201, "emergency": 9203}
OUTPATIENT, FROM_RECORD, PRESCRIBED = 9202, 32817, 32838
MEASURED = ("laboratory", "vital-signs")
Told = dict[str, object]


class Export(Base):
    """A CSV file for each table that is read."""

    later = "all"

    def begin(self) -> None:
        for table, columns in COLUMNS.items():
            self.write(f"{table}.csv", ",".join(columns).encode() + b"\n")
        self._concepts: dict[tuple[str, str], tuple[int, str]] = {}
        self._sites: set[str] = set()

    def add(self, chart: Chart) -> str:
        person = self._id("person", chart.who.person)
        self._put("person", [self._person(chart, person)])
        self._put("location", [self._home(chart)])
        if died := chart.patient["DEATHDATE"]:
            self._put("death", [{"person_id": person, "death_date": died[:10], "death_type_concept_id": FROM_RECORD}])
        for table, told in {
            "visit_occurrence": map(self._visit, chart.rows("encounters")),
            "condition_occurrence": map(self._condition, chart.rows("conditions")),
            "procedure_occurrence": map(self._procedure, chart.rows("procedures")),
            "drug_exposure": [
                *map(self._drug, chart.rows("medications")),
                *map(self._vaccine, chart.rows("immunizations")),
            ],
            "measurement": (self._measured(r, "measurement") for r in chart.rows("observations") if _is_measured(r)),
            "observation": (
                self._measured(r, "observation") for r in chart.rows("observations") if not _is_measured(r)
            ),
        }.items():
            numbered = self._numbered(table, chart, told)
            self._put(table, ({**row, "person_id": person} for row in numbered))
        return person

    def finish(self) -> None:
        for row in (row for row in rows(self.people.table("organizations")) if row["Id"] in self._sites):
            place: Told = {
                "location_id": self._id("location", row["Id"]),
                "city": row["CITY"],
                "state": row["STATE"],
                "zip": row["ZIP"],
            }
            self._put("location", [place])
            site = {"care_site_id": self._id("site", row["Id"]), "care_site_name": row["NAME"]}
            self._put("care_site", [{**site, "location_id": place["location_id"]}])
        self._put("concept", (
            {"concept_id": number, "concept_name": name, "vocabulary_id": system, "concept_code": code,
             "domain_id": "Metadata", "concept_class_id": "Undefined", "valid_start_date": "19700101",
             "valid_end_date": "20991231"}
            for (system, code), (number, name) in sorted(self._concepts.items())
        ))  # fmt: skip

    def _put(self, table: str, told: Iterable[Told]) -> None:
        self.write_rows(f"{table}.csv", COLUMNS[table], told)

    def _id(self, kind: str, *old: str) -> str:
        """Never zero, which says that there is none."""
        return f"{1 + int(self.silo.number(kind, '|'.join(old), 15))}"

    def _numbered(self, table: str, chart: Chart, told: Iterable[Told]) -> Iterable[Told]:
        key = COLUMNS[table][0]
        places: Counter[object] = Counter()
        for row in told:
            visit = row["visit_occurrence_id"]
            yield {key: self._id(table, chart.who.person, str(visit), str(places[visit])), **row}
            places[visit] += 1

    def _concept(self, system: str, code: str, name: str) -> int:
        number = FIRST_CONCEPT + int(self.silo.number("concept", f"{system}|{code}", 12))
        return self._concepts.setdefault((system, code), (number, name))[0]

    def _person(self, chart: Chart, person: str) -> Told:
        row = chart.patient
        year, month, day = row["BIRTHDATE"].split("-")
        return {
            "person_id": person, "gender_concept_id": GENDERS.get(row["GENDER"], 0), "year_of_birth": year,
            "month_of_birth": int(month), "day_of_birth": int(day), "race_concept_id": 0, "ethnicity_concept_id": 0,
            "location_id": self._id("location", chart.who.person), "person_source_value": chart.who.mrn,
            "gender_source_value": row["GENDER"], "race_source_value": row["RACE"],
            "ethnicity_source_value": row["ETHNICITY"],
        }  # fmt: skip

    def _home(self, chart: Chart) -> Told:
        who = chart.who
        return {"location_id": self._id("location", who.person), "address_1": who.address_line, "city": who.city,
                "state": "MA", "zip": who.postal_code}  # fmt: skip

    def _visit(self, row: Row) -> Told:
        self._sites.add(row["ORGANIZATION"])
        return {
            "visit_occurrence_id": self._id("visit", row["Id"]),
            "visit_concept_id": VISITS.get(row["ENCOUNTERCLASS"], OUTPATIENT), **_when("visit_start", row["START"]),
            **_when("visit_end", row["STOP"]), "visit_type_concept_id": FROM_RECORD,
            "care_site_id": self._id("site", row["ORGANIZATION"]), "visit_source_value": row["ENCOUNTERCLASS"],
        }  # fmt: skip

    def _coded(self, stem: str, system: str, row: Row) -> Told:
        """A fact's code, under the id of the site's own concept, and the visit it belongs to."""
        visit = self._id("visit", row["ENCOUNTER"]) if row["ENCOUNTER"] else ""
        return {
            f"{stem}_concept_id": 0, f"{stem}_source_value": row["CODE"], f"{stem}_type_concept_id": FROM_RECORD,
            f"{stem}_source_concept_id": self._concept(system, row["CODE"], row["DESCRIPTION"]),
            "visit_occurrence_id": visit,
        }  # fmt: skip

    def _condition(self, row: Row) -> Told:
        dates = {"condition_start_date": row["START"], "condition_end_date": row["STOP"]}
        return {**self._coded("condition", "SNOMED", row), **dates}

    def _procedure(self, row: Row) -> Told:
        times = {**_when("procedure", row["START"]), **_when("procedure_end", row["STOP"])}
        return {**self._coded("procedure", "SNOMED", row), **times}

    def _drug(self, row: Row) -> Told:
        times = {**_when("drug_exposure_start", row["START"]), **_when("drug_exposure_end", row["STOP"])}
        return {**self._coded("drug", "RxNorm", row), **times, "drug_type_concept_id": PRESCRIBED}

    def _vaccine(self, row: Row) -> Told:
        times = {**_when("drug_exposure_start", row["DATE"]), **_when("drug_exposure_end", row["DATE"])}
        return {**self._coded("drug", "CVX", row), **times}

    def _measured(self, row: Row, stem: str) -> Told:
        spoken = as_spoken(row, self) if stem == "measurement" else row
        self.placed(f"{stem}.csv")
        told = {"value_as_number": spoken["VALUE"]} if spoken["TYPE"] == "numeric" else {}
        system = "LOINC" if is_loinc(spoken["CODE"]) else self.silo.name
        # Rows of the CDM name no test: what is missing is the time of day.
        when = _when(stem, spoken["DATE"]) if spoken["DESCRIPTION"] else {f"{stem}_date": spoken["DATE"][:10]}
        words = {} if told or stem == "measurement" else {"value_as_string": spoken["VALUE"]}
        return {
            **self._coded(stem, system, {**spoken, "DESCRIPTION": row["DESCRIPTION"]}), **when, **told, **words,
            "value_source_value": spoken["VALUE"], "unit_source_value": spoken["UNITS"],
        }  # fmt: skip


def _is_measured(row: Row) -> bool:
    return row["CATEGORY"] in MEASURED and row["TYPE"] == "numeric"


def _when(stem: str, moment: str) -> Told:
    return {f"{stem}_date": moment[:10], f"{stem}_datetime": moment}
