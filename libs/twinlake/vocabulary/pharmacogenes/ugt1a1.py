"""Named alleles of UGT1A1 (CPIC, CC0; the form is told in `__init__`)."""

from __future__ import annotations

UGT1A1 = """
UGT1A1 chr2 2023-06-29
233759924 rs887829 C T
233760233 rs3064744 CAT C,CATAT,CATATAT
233760498 rs4148323 G A
233760973 rs35350960 C A

*1 | normal | reference
*6 | decreased | 233760498 A
*27 | decreased | 233760973 A
*28 | decreased | 233760233 CATAT
*36 | increased | 233760233 C
*37 | decreased | 233760233 CATATAT
*80 | unknown | 233759924 T
*80+*28 | decreased | 233759924 T, 233760233 CATAT
*80+*37 | decreased | 233759924 T, 233760233 CATATAT
"""
