"""A log of equipment is written in the order of what happened, and ends when the equipment is retired."""

from __future__ import annotations

from expectations.references import care_site_exists
from expectations.times import clock_is_certain, not_in_future
from twinlake.declare.rule import among

BEFORE = "ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING"
AT, NUMBER = "equipment_event_datetime", "equipment_log_number"

RULES = (
    not_in_future(AT),
    among(
        "logged_in_order",
        f"CASE WHEN {NUMBER} IS NOT NULL THEN {AT} >= MAX({AT}) OVER "
        f"(PARTITION BY equipment_id ORDER BY {NUMBER}, equipment_event_id {BEFORE}) END",
        "what was logged later happened later",
    ),
    among(
        "nothing_after_retirement",
        "CASE WHEN NOT equipment_status_code <=> 'retired' THEN MAX(equipment_status_code = 'retired') OVER "
        f"(PARTITION BY equipment_id ORDER BY {AT}, {NUMBER}, equipment_event_id {BEFORE}) = FALSE END",
        "equipment that was retired comes into no other state",
    ),
    clock_is_certain(),
    care_site_exists(),
)
