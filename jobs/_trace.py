"""A value of a twin traced back to the records it came in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from jobs._run import Opened
from twinlake.catalog.events import item_of
from twinlake.catalog.twins.patient_state import COURSES, END, IS_CANCELLED, START
from twinlake.declare.errors import ConfigurationError
from twinlake.engine.ops import Ops
from twinlake.engine.provenance import place_known_from, places_in_bronze
from twinlake.vocabulary.fields.gold import ITEMS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

Row = Mapping[str, Any]
Read = Callable[[str], "DataFrame"]
CONDITIONS, DRUGS, DEATH, RISKS = "active_conditions", "active_drugs", "death_date", "risks"
TRACED = (*ITEMS, CONDITIONS, DRUGS, DEATH, RISKS)
# Of a table the one whose records its rows are made of, where that is another.
MADE_OF = {"death": "source_person"}


def trace(opened: Opened, person: int, item: str, say: Callable[[str], None]) -> None:
    """Say where a twin's value comes from: the rows of silver that say it, and their records as they came."""
    from jobs._ask import open_published

    if item not in TRACED:
        raise ConfigurationError(f"Nothing of a twin that can be traced is called {item!r}: {', '.join(TRACED)}.")
    spark, _ = open_published(opened.run.home.feeds)
    twins = spark.table("twins.patient_state").where(f"person_id = {int(person)}").select(item).toArrow()
    values = [each for row in twins.to_pylist() for each in _values(row[item])]
    if not values:
        shown = f"{item}.value" if item in ITEMS else item
        raise ConfigurationError(
            f"The twin of person {person} has no {item}. "
            f'`twinlake sql "select person_id, {shown} from twins.patient_state"` shows whose twin has.'
        )
    for value in values:
        say(f"twins.patient_state {item}: {told(item, value)}")
        if item == RISKS:
            say("\n".join(_learnt(opened.run.ops, value)))
            continue
        name, rows = saying(spark.table, person, item, value)
        places = places_in_bronze(opened.run, opened.plan.tables[MADE_OF.get(name, name)], rows)
        for row in rows:
            say("\n".join(_of_row(name, row, places.get(row["_record_id"], ()))))


def _values(value: Any) -> list[Any]:
    """What a column of the twin holds, one by one."""
    if isinstance(value, list):
        return value
    return [] if value is None or (isinstance(value, dict) and value["value"] is None) else [value]


def saying(read: Read, person: int, item: str, value: Any) -> tuple[str, list[dict[str, Any]]]:
    """The rows of silver that say a value: the table, and those of it that are as the twin has it."""
    if item == CONDITIONS:
        return "condition_occurrence", _conditions(read("silver.condition_occurrence"), person, value)
    if item == DRUGS:
        return "drug_exposure", _drugs(read("silver.drug_exposure"), person, value)
    if item == DEATH:
        return "death", _rows(read("silver.death"), person, {"death_date": value})
    of_item = read("silver.measurement").where(item_of([item]) == item)
    same = {"measurement_datetime": value["observed_at"], "value_as_number": value["value"]}
    return "measurement", _rows(of_item, person, {**same, **_of(value, "hospital", "operator", "unit_code")})


def _conditions(rows: DataFrame, person: int, value: Row) -> list[dict[str, Any]]:
    """Recordings that are not over; those of a claim only where there is no other."""
    names = ("condition_start_date", "condition_code", "condition_vocabulary", "condition_name", "hospital")
    is_open = "condition_end_date is null and not coalesce(is_condition_over, false)"
    found = _rows(rows.where(is_open), person, _of(value, *names))
    return [row for row in found if row["condition_type"] != "claim"] or found


def _drugs(rows: DataFrame, person: int, value: Row) -> list[dict[str, Any]]:
    """Its course; of what was dispensed the end may be that of the order it was dispensed on."""
    names = (START, "drug_code", "drug_vocabulary", "drug_name", "dose_source_value", "dose_unit_source_value",
             "drug_status", "hospital")  # fmt: skip
    kinds = ", ".join(f"'{kind}'" for kind in (*COURSES, "dispensing"))
    courses = rows.where(f"drug_type in ({kinds})").where(f"not coalesce({IS_CANCELLED}, false)")
    found = _rows(courses, person, _of(value, *names))
    return [row for row in found if row[END] == value[END]] or found


def _of(value: Row, *names: str) -> dict[str, Any]:
    return {name: value[name] for name in names}


def _rows(rows: DataFrame, person: int, same: Row) -> list[dict[str, Any]]:
    """Those of a person that say the same, nulls included, in the order of their records."""
    from pyspark.sql import functions as F

    found = rows.where(F.col("person_id") == int(person))
    for column, value in same.items():
        found = found.where(F.col(column).eqNullSafe(F.lit(value)))
    return found.orderBy("hospital", "system", "_record_id").toArrow().to_pylist()  # type: ignore[no-any-return]


def told(item: str, value: Any) -> str:
    """A value in a line."""
    if item == CONDITIONS:
        return f"{_code(value, 'condition')}, since {value['condition_start_date']}, at {value['hospital']}"
    if item == DRUGS:
        return f"{_code(value, 'drug')}, since {_at(value[START])}, at {value['hospital']}"
    if item == DEATH:
        return str(value)
    if item == RISKS:
        size = value["risk_value"] if value["risk_prob"] is None else value["risk_prob"]
        said = value["risk_reason"] if size is None else f"{size:g} {value['risk_unit'] or ''}".rstrip()
        return f"{value['risk_name']}: {said}"
    return f"{_amount(value)}, observed {_at(value['observed_at'])}"


def _learnt(ops: Ops, risk: Row) -> Iterator[str]:
    """Which model says a risk, and what it was trained on; its features are many records."""
    yield f"  by {risk['model_name']}, version {risk['model_version'] or 'none'}"
    if risk["observed_at"]:
        yield f"  from what was known at {_at(risk['observed_at'])}"
    versions = {row["model_version"]: row for row in ops.rows("model_run") if row["model_version"]}
    if run := versions.get(risk["model_version"]):
        persons = f"{run['trained_persons']:,} persons" if run["trained_persons"] else "persons"
        yield f"  trained on {persons} of the publication {run['publication_id']}"


def _of_row(name: str, row: Row, places: Any) -> Iterator[str]:
    yield f"silver.{name} {_said(name, row)}"
    # A row that tells no moment (a death) is of the record as it counts now.
    place = place_known_from(places, row["known_from"]) if "known_from" in row else next(iter(places), None)
    if not place:
        yield "  record: no longer in bronze as it counted then; a newer delivery replaced it since the publication"
        return
    feed, at = f"{row['system']}.{place['feed']}", f"{place['delivered_at']:%Y-%m-%d}"
    yield f"  record: {place['path']}, number {place['record_offset']}, of {feed} at {row['hospital']}, delivered {at}"
    # A record of HL7 v2 ends its lines with CR, which would write them over each other.
    yield f"  as it came: {str(place['raw_record']).replace(chr(13), chr(10) + '  ')}"


def _said(name: str, row: Row) -> str:
    """What a row of silver says, and how it was said."""
    if name == "death":
        return f"of the person: {row['death_date']}"
    if name == "measurement":
        known = {"value": row["value_as_number"], "unit_code": row["unit_code"], "operator": row["operator"]}
        words = (row["measurement_source_value"], row["value_source_value"], row["unit_source_value"])
        return (
            f"{row['measurement_id']}: {_amount(known)}, by the rule {row['conversion_rule']}\n"
            f"  said as: {' '.join(word for word in words if word)}\n  code: {_code(row, 'measurement')}"
        )
    kind = name.split("_")[0]
    return (
        f"{row[f'{name}_id']}: {row[f'{kind}_type'] or 'of no type'}\n"
        f"  said as: {row[f'{kind}_source_value'] or ''}\n  code: {_code(row, kind)}"
    )


def _code(row: Row, kind: str) -> str:
    code = " ".join(row[f"{kind}_{part}"] or "no code" for part in ("vocabulary", "code"))
    return f"{code} ({row[f'{kind}_name'] or 'no name'})"


def _amount(value: Row) -> str:
    return f"{value['operator'] or ''}{value['value']:g} {value['unit_code'] or ''}".rstrip()


def _at(moment: Any) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
