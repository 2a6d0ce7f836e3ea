"""What a hospital runs on: beds, staff and equipment."""

from __future__ import annotations

from twinlake.vocabulary.field import Field
from twinlake.vocabulary.fields.silver import VOCABULARIES

# HL7 v2 table 0116, to which FHIR's Location.operationalStatus is bound: closed, housekeeping, isolated, contaminated,
# occupied, unoccupied.
BED_STATUSES = ("C", "H", "I", "K", "O", "U")
# HL7 v3 ServiceDeliveryLocationRoleType, FHIR's Location.type: emergency room, intensive, coronary, paediatric and
# neonatal intensive care; stroke, paediatric, psychiatric and rehabilitation unit; any other unit of a hospital.
CARE_SITE_TYPES = ("ER", "ICU", "CCU", "PEDICU", "PEDNICU", "NCCS", "PEDU", "PHU", "RHU", "HU")
ROLES = (
    "registered_nurse", "nursing_assistant", "student_nurse", "midwife", "physician", "resident_physician",
    "physiotherapist", "respiratory_therapist", "pharmacist", "ward_clerk", "porter",
)  # fmt: skip
SHIFT_STATUSES = ("planned", "worked", "absent", "cancelled")
EQUIPMENT_STATUSES = (
    "in_service", "standby", "out_of_service", "in_repair", "in_maintenance", "in_calibration", "retired",
)  # fmt: skip

PAGE = (
    Field(
        "care_site_type_code",
        "string",
        "Kind of place of care, HL7 v3 ServiceDeliveryLocationRoleType (ER, ICU, HU ...)",
        categories=CARE_SITE_TYPES,
    ),
    Field("bed_count", "int", "Beds that the place of care is staffed for", minimum=0),
    Field("bed_event_id", "bigint", "One stretch of time in which a bed was in one state"),
    Field("bed_id", "bigint", "One bed of one place of care; null where only the place is told"),
    Field("bed_source_value", "string", "The bed as the hospital calls it"),
    Field(
        "bed_status_code",
        "string",
        "State of the bed, HL7 v2 table 0116: C closed, H housekeeping, I isolated, K contaminated, O occupied, "
        "U unoccupied",
        categories=BED_STATUSES,
    ),
    Field("bed_status_source_value", "string", "State of the bed as the hospital wrote it"),
    Field("bed_event_start_datetime", "timestamp", "Start of the bed's state, UTC"),
    Field("bed_event_end_datetime", "timestamp", "End of the bed's state, no longer part of it, UTC; null if it lasts"),
    Field("staff_shift_id", "bigint", "One shift of one member of staff"),
    Field(
        "provider_id",
        "bigint",
        "One member of staff of one hospital (OMOP PROVIDER), whose number and name stay in bronze; null for a shift "
        "that nobody fills",
    ),
    Field("staff_role_code", "string", "What the member of staff works as, in `staff_role_vocabulary`"),
    Field("staff_role_vocabulary", "string", "Coding system of `staff_role_code`", categories=VOCABULARIES),
    Field("staff_role_source_value", "string", "What the member of staff works as, in the hospital's words"),
    Field(
        "shift_status",
        "string",
        "Whether the shift is planned, was worked, was missed (absent) or was called off",
        categories=SHIFT_STATUSES,
    ),
    Field("shift_start_datetime", "timestamp", "Start of the shift as planned, UTC"),
    Field("shift_end_datetime", "timestamp", "End of the shift as planned, UTC"),
    Field("worked_start_datetime", "timestamp", "Start of the shift as worked, UTC; null where nobody said"),
    Field("worked_end_datetime", "timestamp", "End of the shift as worked, UTC; null where nobody said"),
    Field("break_minutes", "int", "Unpaid breaks within the shift", unit="min", minimum=0),
    Field("equipment_event_id", "bigint", "One change of the state of one piece of equipment"),
    Field("equipment_id", "bigint", "One piece of equipment of one hospital (FHIR Device)"),
    Field("equipment_source_value", "string", "The piece of equipment as the hospital calls it: its asset number"),
    Field("equipment_type_source_value", "string", "Kind of equipment (ventilator, infusion pump) as it was written"),
    Field(
        "equipment_status_code",
        "string",
        "State from then on; all but in_service and standby is downtime, but for retired, which is the end",
        categories=EQUIPMENT_STATUSES,
    ),
    Field("equipment_status_source_value", "string", "State from then on as the hospital wrote it"),
    Field("equipment_event_datetime", "timestamp", "When the equipment came into that state, UTC"),
    Field("equipment_log_number", "bigint", "Place of the entry in the maintenance system's log"),
    Field("work_order_source_value", "string", "The work order that the change belongs to"),
)
