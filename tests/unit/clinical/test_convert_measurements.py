"""Raw measured values through Spark: text parsed, units converted, every row with a rule."""

from __future__ import annotations

from twinlake.clinical.units import convert_measurements

RAW = (
    "measurement_vocabulary string, measurement_code string, value_source_value string, unit_source_value string, "
    "hospital string"
)
ADDED = ("operator", "value_as_number", "value_as_string", "unit_code", "conversion_rule")
UNITS = {"a": {"mg pct": "mg/dL"}, "b": {}}

# vocabulary, code, raw value, raw unit, hospital → operator, number, string, unit, rule
ROWS = [
    ("LOINC", "2345-7", "100", "mg/dL", "a", None, 100.0, None, "mg/dL", "identity"),
    ("LOINC", "2345-7", " <=5.5 ", "mmol/L", "a", "<=", 5.5 * 18.0156, None, "mg/dL", "mass_molar"),
    ("LOINC", "2345-7", "100", "mg pct", "a", None, 100.0, None, "mg/dL", "identity"),
    ("LOINC", "2345-7", "100", "mg pct", "b", None, None, None, None, "unit_unknown"),
    ("LOINC", "2345-7", "100", None, "b", None, None, None, None, "unit_missing"),
    ("LOINC", "33914-3", ">=60", "mL/min/{1.73_m2}", "b", ">=", 60.0, None, "mL/min/{1.73_m2}", "identity"),
    ("LOINC", "33914-3", ">60", "mL/min", "b", None, None, None, None, "unit_impossible"),
    ("LOINC", "8310-5", "98.6", "[degF]", "b", None, 98.6 * 0.555555555556 - 17.7777777778, None, "Cel", "ucum"),
    ("LOINC", "6301-6", "1.2", None, "b", None, 1.2, None, "{INR}", "unitless"),
    ("LOINC", "1742-6", "≥1e2", "IU/L", "b", ">=", 100.0, None, "U/L", "enzyme_unit"),
    ("LOINC", "2345-7", "= 100", "mg/dL", "b", None, 100.0, None, "mg/dL", "identity"),
    ("LOINC", "5804-0", "NEG", "mg/dL", "b", None, None, "NEG", None, "not_numeric"),
    ("LOINC", "5821-4", "0-2", "#/hpf", "b", None, None, "0-2", None, "not_numeric"),
    ("LOINC", "2345-7", "___", "mg/dL", "b", None, None, "___", None, "not_numeric"),
    ("LOINC", "2345-7", "1e999", "mg/dL", "b", None, None, "1e999", None, "not_numeric"),
    ("LOINC", "2345-7", "NaN", "mg/dL", "b", None, None, "NaN", None, "not_numeric"),
    ("LOINC", "2345-7", " ", "mg/dL", "b", None, None, None, None, "no_value"),
    ("LOINC", "2345-7", None, "mg/dL", "b", None, None, None, None, "no_value"),
    ("local", "51131", "-3.50", "#/uL", "b", None, -3.5, None, "/uL", "as_reported"),
    (None, None, "7", None, "b", None, 7.0, None, None, "unit_missing"),
]  # fmt: skip


# Raw unit → what it was read as in UCUM: also where it is not one of the quantity, and where there is no number.
READ_AS = {("100", "mg pct", "a"): "mg/dL", ("100", "mg pct", "b"): None, ("100", None, "b"): None,
           (">60", "mL/min", "b"): "mL/min", (" <=5.5 ", "mmol/L", "a"): "mmol/L", ("≥1e2", "IU/L", "b"): "[IU]/L",
           ("NEG", "mg/dL", "b"): "mg/dL", ("-3.50", "#/uL", "b"): "/uL"}  # fmt: skip


def test_the_raw_unit_is_kept_in_ucum_beside_the_unit_of_the_code(spark):
    raw = spark.createDataFrame([row[:5] for row in ROWS], RAW)
    rows = convert_measurements(raw, UNITS).collect()
    found = {(r["value_source_value"], r["unit_source_value"], r["hospital"]): r["unit_source_code"] for r in rows}
    assert {key: found[key] for key in READ_AS} == READ_AS


def test_a_raw_value_becomes_a_number_in_the_unit_of_its_code(spark):
    raw = spark.createDataFrame([(*row[:5], n) for n, row in enumerate(ROWS)], f"{RAW}, n int")
    rows = convert_measurements(raw, UNITS).orderBy("n").select(*ADDED).collect()
    assert [tuple(row) for row in rows] == [row[5:] for row in ROWS]
