"""The headings of a note: which section a place belongs to, and what a section says of everything in it."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass

from twinlake.clinical.context_trigger import HISTORICAL, HYPOTHETICAL, OTHER

# MEDIQA's short names (GENHX, PASTMEDICALHX ...) stand beside the words of reports and the headings of Chinese records.
_NAMES = {
    "chief_complaint": "chief complaint, chief complaints, cc, reason for visit, reason for admission, 主诉",
    "history_of_present_illness": "history of present illness, history of the present illness, hpi, present illness,"
    " genhx, history, clinical history, brief history, patient history, interval history, subjective, 现病史",
    "past_medical_history": "past medical history, past history, medical history, pmh, pmhx, pastmedicalhx,"
    " previous medical history, significant past medical history, past medical/surgical history, other_history, 既往史,"
    " 既往病史, 婚育史, 月经史",
    "past_surgical_history": "past surgical history, surgical history, psh, pastsurgical, 手术史, 外伤手术史",
    "family_history": "family history, family medical history, fh, fhx, 家族史, 家族病史",
    "family_and_social_history": "fam/sochx, family and social history, family/social history, social/family history",
    "social_history": "social history, sh, habits, 个人史",
    "gynecologic_history": "gynhx, gynecologic history, obstetric history, ob/gyn history",
    "allergies": "allergies, allergy, drug allergies, medication allergies, 过敏史, 药物过敏史",
    "medications": "medications, current medications, home medications, discharge medications, meds, 用药史, 目前用药",
    "immunizations": "immunizations, immunization history, vaccinations, 预防接种史",
    "review_of_systems": "review of systems, ros, review of symptoms, 系统回顾",
    "physical_examination": "physical examination, physical exam, exam, pe, objective, vital signs, vitals, general,"
    " general appearance, heent, neck, lungs, chest, heart, cardiovascular, abdomen, extremities, skin, neurologic,"
    " neurological, 体格检查, 查体, 专科检查, 体检",
    "laboratory": "laboratory, laboratory data, labs, laboratory results, lab results, 实验室检查, 化验",
    "imaging": "imaging, radiology, ct, mri, x-ray, findings, examination performed, 辅助检查, 影像学检查,"
    " 检查所见, 所见",
    "emergency_department_course": "ed course, emergency department course, edcourse",
    "hospital_course": "hospital course, brief hospital course, 诊疗经过, 住院经过",
    "procedures": "procedure, procedures, operation, 手术经过",
    "assessment": "assessment, impression, assessment and plan, assessment/plan, clinical impression, 印象, 评估",
    "diagnosis": "diagnosis, diagnoses, final diagnosis, postoperative diagnosis, preoperative diagnosis,"
    " discharge diagnosis, admission diagnosis, admitting diagnosis, referring diagnosis, 诊断, 初步诊断, 入院诊断,"
    " 出院诊断, 诊断意见",
    "plan": "plan, recommendations, recommendation, disposition, follow-up, 处理, 治疗计划, 建议",
    "discharge_instructions": "discharge instructions, instructions, return precautions, 出院医嘱",
    "complications": "complications, 并发症",
}
SECTIONS = tuple(_NAMES)
SAYS = {
    "past_medical_history": HISTORICAL,
    "past_surgical_history": HISTORICAL,
    "social_history": HISTORICAL,
    "allergies": HISTORICAL,
    "family_history": OTHER,
    "discharge_instructions": HYPOTHETICAL,
}
"""What is said of the mentions of a section, unless their own sentence says more."""

_SECTION_OF = {spelling.strip(): name for name, spellings in _NAMES.items() for spelling in spellings.split(",")}
_KNOWN = "|".join(sorted(map(re.escape, _SECTION_OF), key=len, reverse=True)).replace(r"\ ", r"\s+")
# A known name with a colon, alone on its line or after a hash; and capitals of any meaning with a colon.
_HEADING = re.compile(
    rf"(?:(?:^|(?<=[\n.;:。；]))[ \t]*|(?<=\s\s))(?:"
    rf"(?:\#+[ \t]*)?(?P<named>(?i:{_KNOWN}))[ \t]*(?:[:：]|(?=\r?\n|$)|[ ]-[ ])"
    rf"|\#+[ \t]*(?P<marked>[^\n]{{1,60}})"
    rf"|(?P<capitals>[A-Z][A-Z /&()'\-]{{2,48}}):)",
    re.MULTILINE,
)


def section_of(heading: str) -> str | None:
    """The section a heading begins, by our name for it; None where it is none that is known."""
    return _SECTION_OF.get(" ".join(heading.lower().split()))


@dataclass(frozen=True)
class Headings:
    """Where the sections of a text begin, in order, and which; an unknown heading begins one without a name."""

    starts: tuple[int, ...]
    names: tuple[str | None, ...]

    @classmethod
    def of(cls, text: str, first: str | None = None) -> Headings:
        """The headings of a text that begins in the section `first`."""
        found = list(_HEADING.finditer(text))
        names = (section_of(m["named"] or m["marked"] or m["capitals"]) for m in found)
        return cls((0, *(m.start() for m in found)), (first, *names))

    def at(self, place: int) -> str | None:
        """The section that a place belongs to."""
        return self.names[bisect_right(self.starts, place) - 1]
