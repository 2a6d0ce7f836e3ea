"""Vital signs, body measures, what devices send, and scores."""

from __future__ import annotations

from twinlake.vocabulary.measured.measurement import page

VITALS = page(
    "vital",
    ("29463-7", "weight", "kg", "Body weight"),
    ("3141-9", "weight", "kg", "Body weight Measured"),
    ("8302-2", "height", "cm", "Body height"),
    ("8306-3", "height", "cm", "Body height --lying"),
    ("39156-5", "bmi", "kg/m2", "Body mass index (BMI) [Ratio]"),
    ("8480-6", "systolic_blood_pressure", "mm[Hg]", "Systolic blood pressure"),
    ("76534-7", "systolic_blood_pressure", "mm[Hg]", "Systolic blood pressure by Noninvasive"),
    ("8462-4", "diastolic_blood_pressure", "mm[Hg]", "Diastolic blood pressure"),
    ("76535-4", "diastolic_blood_pressure", "mm[Hg]", "Diastolic blood pressure by Noninvasive"),
    ("8478-0", "mean_blood_pressure", "mm[Hg]", "Mean blood pressure"),
    # Posture changes the pressure on purpose, so these are quantities of their own.
    ("8459-0", "systolic_blood_pressure_sitting", "mm[Hg]", "Systolic blood pressure--sitting"),
    ("8460-8", "systolic_blood_pressure_standing", "mm[Hg]", "Systolic blood pressure--standing"),
    ("8461-6", "systolic_blood_pressure_supine", "mm[Hg]", "Systolic blood pressure--supine"),
    ("8453-3", "diastolic_blood_pressure_sitting", "mm[Hg]", "Diastolic blood pressure--sitting"),
    ("8454-1", "diastolic_blood_pressure_standing", "mm[Hg]", "Diastolic blood pressure--standing"),
    ("8455-8", "diastolic_blood_pressure_supine", "mm[Hg]", "Diastolic blood pressure--supine"),
    ("8867-4", "heart_rate", "/min", "Heart rate"),
    ("9279-1", "respiratory_rate", "/min", "Respiratory rate"),
    ("2708-6", "oxygen_saturation", "%", "Oxygen saturation in Arterial blood"),
    ("59408-5", "oxygen_saturation", "%", "Oxygen saturation in Arterial blood by Pulse oximetry"),
    ("8310-5", "body_temperature", "Cel", "Body temperature"),
    ("8331-1", "body_temperature", "Cel", "Oral temperature"),
    ("9843-4", "head_circumference", "cm", "Head Occipital-frontal circumference"),
    ("59576-9", "bmi_percentile", "%", "Body mass index (BMI) [Percentile] Per age and sex"),
    ("8289-1", "head_circumference_percentile", "%", "Head Occipital-frontal circumference Percentile"),
    ("77606-2", "weight_for_length_percentile", "%", "Weight-for-length Per age and sex"),
    ("74006-8", "dialysis_weight_difference", "kg", "Weight difference --pre dialysis - post dialysis"),
)
DEVICES = page(
    "device",
    ("93832-4", "sleep_duration", "h", "Sleep duration"),
    # The day stands in the code, so a bare count of steps is a count a day.
    (
        "41950-7",
        "steps",
        "/d",
        "Number of steps in 24 hour Measured",
        "",
        "steps",
        "{steps}",
        "{#}",
        "count",
        "{count}",
    ),
    ("99504-3", "interstitial_glucose", "mg/dL", "Glucose [Mass/volume] in Interstitial fluid", "glucose"),
    ("3150-0", "inspired_oxygen", "%", "Inhaled oxygen concentration"),
    ("19994-3", "inspired_oxygen", "%", "Oxygen/Total gas setting [Volume Fraction] Ventilator"),
    ("3151-8", "inspired_oxygen_flow", "L/min", "Inhaled oxygen flow rate"),
    ("20077-4", "peep", "cm[H2O]", "Positive end expiratory pressure setting Ventilator"),
    ("20112-9", "tidal_volume", "mL", "Tidal volume setting Ventilator"),
)
SCORES = page(
    "score",
    ("72514-3", "pain_severity", "{score}", "Pain severity - 0-10 verbal numeric rating [Score] - Reported"),
    ("55758-7", "phq_2", "{score}", "Patient Health Questionnaire 2 item (PHQ-2) total score [Reported]"),
    ("44261-6", "phq_9", "{score}", "Patient Health Questionnaire 9 item (PHQ-9) total score [Reported]"),
    ("70274-6", "gad_7", "{score}", "Generalized anxiety disorder 7 item (GAD-7) total score [Reported.PHQ]"),
    ("75626-2", "audit_c", "{score}", "Total score [AUDIT-C]"),
    ("82667-7", "dast_10", "{score}", "Total score [DAST-10]"),
    ("76504-0", "hark", "{score}", "Total score [HARK]"),
    ("59460-6", "morse_fall_scale", "{score}", "Fall risk total [Morse Fall Scale]"),
    ("72106-8", "mmse", "{score}", "Total score [MMSE]"),
)
