"""Blood counts and coagulation."""

from __future__ import annotations

from twinlake.vocabulary.measured.measurement import page

BLOOD_COUNT = page(
    "lab",
    ("718-7", "haemoglobin", "g/dL", "Hemoglobin [Mass/volume] in Blood", "haemoglobin"),
    ("59260-0", "haemoglobin", "g/dL", "Hemoglobin [Moles/volume] in Blood", "haemoglobin"),
    ("4544-3", "haematocrit", "%", "Hematocrit [Volume Fraction] of Blood by Automated count"),
    ("20570-8", "haematocrit", "%", "Hematocrit [Volume Fraction] of Blood"),
    ("48703-3", "haematocrit", "%", "Hematocrit [Volume Fraction] of Blood by Estimated"),
    ("6690-2", "leukocytes", "10*3/uL", "Leukocytes [#/volume] in Blood by Automated count"),
    ("26464-8", "leukocytes", "10*3/uL", "Leukocytes [#/volume] in Blood"),
    ("789-8", "erythrocytes", "10*6/uL", "Erythrocytes [#/volume] in Blood by Automated count"),
    ("26453-1", "erythrocytes", "10*6/uL", "Erythrocytes [#/volume] in Blood"),
    ("777-3", "platelets", "10*3/uL", "Platelets [#/volume] in Blood by Automated count"),
    ("26515-7", "platelets", "10*3/uL", "Platelets [#/volume] in Blood"),
    ("787-2", "mcv", "fL", "MCV [Entitic volume] by Automated count"),
    ("30428-7", "mcv", "fL", "MCV [Entitic volume]"),
    ("785-6", "mch", "pg", "MCH [Entitic mass] by Automated count", "haemoglobin"),
    # A percentage of a mass concentration is the old writing of grams in 100 mL.
    ("786-4", "mchc", "g/dL", "MCHC [Mass/volume] by Automated count", "haemoglobin", "%"),
    ("788-0", "red_cell_distribution_width", "%", "Erythrocyte distribution width [Ratio] by Automated count"),
    ("30385-9", "red_cell_distribution_width", "%", "Erythrocyte distribution width [Ratio]"),
    ("21000-5", "red_cell_distribution_volume", "fL", "Erythrocyte distribution width [Entitic volume]"),
    ("32623-1", "platelet_mean_volume", "fL", "Platelet mean volume [Entitic volume] in Blood by Automated count"),
    ("32207-3", "platelet_distribution_volume", "fL", "Platelet distribution width [Entitic volume] in Blood"),
    ("17849-1", "reticulocytes_percent", "%", "Reticulocytes/100 erythrocytes in Blood by Automated count"),
    ("14196-0", "reticulocytes", "10*6/uL", "Reticulocytes [#/volume] in Blood"),
    ("4537-7", "sedimentation_rate", "mm/h", "Erythrocyte sedimentation rate by Westergren method"),
)
DIFFERENTIAL = page(
    "lab",
    ("751-8", "neutrophils", "10*3/uL", "Neutrophils [#/volume] in Blood by Automated count"),
    ("731-0", "lymphocytes", "10*3/uL", "Lymphocytes [#/volume] in Blood by Automated count"),
    ("742-7", "monocytes", "10*3/uL", "Monocytes [#/volume] in Blood by Automated count"),
    ("711-2", "eosinophils", "10*3/uL", "Eosinophils [#/volume] in Blood by Automated count"),
    ("704-7", "basophils", "10*3/uL", "Basophils [#/volume] in Blood by Automated count"),
    ("770-8", "neutrophils_percent", "%", "Neutrophils/100 leukocytes in Blood by Automated count"),
    ("736-9", "lymphocytes_percent", "%", "Lymphocytes/100 leukocytes in Blood by Automated count"),
    ("5905-5", "monocytes_percent", "%", "Monocytes/100 leukocytes in Blood by Automated count"),
    ("713-8", "eosinophils_percent", "%", "Eosinophils/100 leukocytes in Blood by Automated count"),
    ("706-2", "basophils_percent", "%", "Basophils/100 leukocytes in Blood by Automated count"),
    ("26508-2", "band_neutrophils_percent", "%", "Band form neutrophils/100 leukocytes in Blood"),
    ("13046-8", "variant_lymphocytes_percent", "%", "Variant lymphocytes/100 leukocytes in Blood"),
    ("28541-1", "metamyelocytes_percent", "%", "Metamyelocytes/100 leukocytes in Blood"),
    ("26498-6", "myelocytes_percent", "%", "Myelocytes/100 leukocytes in Blood"),
    ("38518-7", "immature_granulocytes_percent", "%", "Immature granulocytes/100 leukocytes in Blood"),
    ("26446-5", "blasts_percent", "%", "Blasts/100 leukocytes in Blood"),
    ("58413-6", "nucleated_erythrocytes_percent", "%", "Nucleated erythrocytes/100 leukocytes in Blood"),
    ("24467-3", "cd4_cells", "/uL", "CD3+CD4+ (T4 helper) cells [#/volume] in Blood"),
)
COAGULATION = page(
    "lab",
    ("6301-6", "inr", "{INR}", "INR in Platelet poor plasma by Coagulation assay"),
    ("5902-2", "prothrombin_time", "s", "Prothrombin time (PT)"),
    ("14979-9", "partial_thromboplastin_time", "s", "aPTT in Platelet poor plasma by Coagulation assay"),
    ("3173-2", "partial_thromboplastin_time", "s", "aPTT in Blood by Coagulation assay"),
    ("3255-7", "fibrinogen", "mg/dL", "Fibrinogen in Platelet poor plasma by Coagulation assay", "fibrinogen"),
    ("48065-7", "d_dimer", "ng/mL{FEU}", "Fibrin D-dimer FEU [Mass/volume] in Platelet poor plasma"),
    ("3184-9", "activated_clotting_time", "s", "Activated clotting time (ACT) of Blood by Coagulation assay"),
)
