"""Named alleles of genes of which one variant, or two, are told (CPIC, CC0; the form is told in `__init__`)."""

from __future__ import annotations

ABCG2 = """
ABCG2 chr4 2023-02-03
88131171 rs2231142 G T

rs2231142 reference (G) | normal | reference
rs2231142 variant (T) | decreased | 88131171 T
"""

CACNA1S = """
CACNA1S chr1 2021-10-22
201060815 rs1800559 C T
201091993 rs772226819 G A

Reference | normal | reference
c.520C>T | malignant hyperthermia | 201091993 A
c.3257G>A | malignant hyperthermia | 201060815 T
"""

IFNL3 = """
IFNL3 chr19 2023-06-27
39248147 rs12979860 C T

rs12979860 reference (C) | favourable response | reference
rs12979860 variant (T) | unfavourable response | 39248147 T
"""

VKORC1 = """
VKORC1 chr16 2023-05-04
31096368 rs9923231 C T

rs9923231 reference (C) | normal sensitivity | reference
rs9923231 variant (T) | higher sensitivity | 31096368 T
"""
