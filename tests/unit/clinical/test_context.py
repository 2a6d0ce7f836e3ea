"""What a note says of a mention: triggers, their reach, sections, questions; English and Chinese; hostile text."""

from __future__ import annotations

import time

import pytest

from tests.support.negation_sample import accuracy, majority, marked_sentences, precision_recall_f1
from twinlake.clinical.context import LONGEST_SENTENCE, sentences, status_in
from twinlake.clinical.context_lexicon import LEXICON, LOOKALIKES
from twinlake.clinical.context_sections import SAYS, SECTIONS, section_of
from twinlake.clinical.context_trigger import finder, key_of, small, spellings
from twinlake.clinical.note_mentions import mentions
from twinlake.vocabulary.codes import CODELISTS, is_valid_code

# Hand-made. Text, and of each mention in order: what is said. A: affirmed, N: negated, P: possible; then h: historical,
# i: in case of (hypothetical); o: of somebody else.
ENGLISH = [
    ("He has chest pain.", "A"),
    ("No fever, chills or cough.", "N N N"),
    ("She denies chest pain but has dyspnea.", "N A"),
    ("There is no evidence of pneumonia or pleural effusion; edema is noted.", "N N A"),
    ("Pneumothorax was ruled out.", "N"),
    ("Fever and chills have resolved.", "N N"),
    ("Hepatitis B negative.", "N"),
    ("Fever: none", "N"),
    ("He has not had nausea.", "N"),
    ("No relief of his headache.", "A"),
    ("Not only cough, also fever.", "A A"),
    ("No interval change in the pleural effusion.", "A"),
    ("The risks include, but are not limited to, bleeding.", "Ai"),
    ("Pneumonia cannot be excluded.", "P"),
    ("Rule out pulmonary embolism.", "P"),
    ("Findings suggestive of pneumonia.", "P"),
    ("Pneumonia?", "P"),
    ("History of asthma.", "Ah"),
    ("No history of asthma.", "Nh"),
    ("History of present illness: cough.", "A"),
    ("Two week history of headache.", "A"),
    ("Status post stroke, now with weakness.", "Ah A"),
    ("Return if you develop fever or vomiting.", "Ai Ai"),
    ("Treat if indicated for fever.", "A"),
    ("Her mother had breast cancer.", "Ao"),
    ("Family history of diabetes.", "Ao"),
    ("Her mother reports that the fever is gone.", "A"),
    ("Mother died of stroke; patient has hypertension.", "Ao A"),
    ("No family history of stroke.", "No"),
    ("PAST MEDICAL HISTORY: Hypertension. Asthma.\nLUNGS: wheezing.", "Ah Ah A"),
    ("FAMILY HISTORY:\nDiabetes. No stroke.\nPLAN: aspirin.", "Ao No A"),
    ("# Allergies\nNo Known Allergies.\n# Medications\naspirin 81 mg", "A"),
    ("He denies fever.\nCough is worse.", "N A"),
    ("no cough, no\nfever", "N N"),
    ("Dr. Smith saw no edema.", "N"),
    ("He is fever free; vaccine, COVID-19, preservative free.", "N A"),
    ("Limited social contact (finding), not in labor force (finding), sinusitis (disorder), no cough.", "A N"),
    ("Non-small cell lung cancer.", "A"),
    ("Contact us for fever.", "Ai"),
    ("HIV test negative.", "N"),
    ("Diabetes: no, hypertension: yes", "N A"),
    ("Hypertension: yes, diabetes: no.", "A N"),
    ("Past Medical History:\nDiabetes: No\nHypertension: Yes\nStroke: No", "Nh Ah Nh"),
    ("Fever: denies", "N"),
    ("Lungs: no wheezing. Abdomen: denies pain, negative for nausea", "N N"),
    ("Cough (no), fever (yes).", "N A"),
    ("Stroke - no\nAsthma - yes", "N A"),
    ("Chest pain absent, dyspnea present.", "N A"),
    ("Absent fever.", "N"),
    ("Chest pain denied, cough present.", "N A"),
    ("No change in pleural effusion. No acute change in heart failure.", "A A"),
    ("He is allergic to aspirin and vancomycin.", "Ah Ah"),
    ("Aspirin allergy: anaphylaxis. Takes metformin.", "Ah A"),
    ("No allergy to aspirin.", "Nh"),
    ("Allergic to aspirin, takes metformin.", "Ah A"),
    ("No change in bowel habits, fever or cough.", "N N"),
    ("Type 2 diabetes, hypertension and asthma, pregnancy test negative.", "A A A"),
    ("Pneumonia, legionella test negative.", "A"),
    ("Patient has pneumonia, fever: no", "A N"),
    ("Asthma, hypertension, smoker: no", "A A Nh"),
    ("Hypertension, smoker (denies)", "A Nh"),
    ("Fever:no, cough:yes", "N A"),
    ("Father had MI at 50, patient has chest pain.", "Ao A"),
    ("Wife has COVID-19, patient is febrile.", "Ao A"),
    ("Family history of diabetes, patient is hypertensive.", "Ao A"),
    ("Mother died of stroke, pt is febrile.", "Ao A"),
    ("My dad is still around, he had a stroke.", "Ao"),
    ("Her sister has asthma and she has migraines.", "Ao Ao"),
]
ASKED = [
    ("Doctor: Any fever?\nPatient: No, sir.", "N"),
    ("Doctor: Any fever? \r\nPatient: Yes, since Monday.", "A"),
    ("Doctor: Any fever?\nPatient: My wife says so.", "P"),
    ("Doctor: How long have you had this cough?\nPatient: Two weeks.", "A"),
    ("Doctor: Isn't this hematuria?\nPatient: Yes.", "A"),
    ("医生：有发热吗？\n患者：没有。", "N"),
]
CHINESE = [
    ("患者否认高血压、糖尿病病史，有冠心病。", "Nh Nh A"),
    ("无发热、咳嗽，胸痛3天。", "N N A"),
    ("双肺未见肺炎，未闻及湿啰音。", "N N"),
    ("肺炎已排除。", "N"),
    ("排除急性心肌梗死。", "N"),
    ("不能排除肺栓塞。", "P"),
    ("考虑肺炎，肺结核待排。", "P P"),
    ("乙肝（-），结核阴性。", "N N"),
    ("家族史：父亲患高血压，无糖尿病。", "Ao No"),
    ("否认糖尿病家族史。", "No"),
    ("其父死于肺癌，患者无咯血。", "Ao N"),
    ("既往史：高血压10年，糖尿病5年。\n主诉：发热。", "Ah Ah A"),
    ("母亲代诉患儿发热3天。", "A"),
    ("无明显诱因出现腹痛。", "A"),
    ("咳嗽无好转。", "A"),
    ("发热未缓解。", "A"),
    ("无明显诱因头晕、心悸。", "A A"),
    ("患者无力，无头痛。", "A N"),
    ("否认HIV感染，考虑COPD。", "N P"),
    ("如出现胸痛、呼吸困难，立即就诊。", "Ai Ai"),
    ("CT：右下肺考虑肺炎，未见胸腔积液及气胸。", "P N N"),
]


def told(text: str, title: str | None = None) -> str:
    return " ".join(
        ("N" if m.status.is_negated else "P" if m.status.is_possible else "A")
        + {"recent": "", "historical": "h", "hypothetical": "i"}[m.status.temporality]
        + ("o" if m.status.experiencer == "other" else "")
        for m in mentions(text, title)
    )


@pytest.mark.parametrize(("text", "expected"), [*ENGLISH, *ASKED, *CHINESE])
def test_a_mention_is_what_its_sentence_and_its_section_say(text: str, expected: str) -> None:
    assert told(text) == expected


def test_the_heading_of_a_whole_note_counts_until_another_one() -> None:
    assert told("Asthma. Cough.", "PASTMEDICALHX") == "Ah Ah"
    assert told("Asthma.\nREVIEW OF SYSTEMS: Cough.", "PASTMEDICALHX") == "Ah A"


def test_a_mention_has_its_place_its_words_and_its_code() -> None:
    text = "𝔸 note.\nNo Type 2  Diabetes, but ASPIRIN."
    found = [(m.text, text[m.start : m.end], m.term.code, m.term.vocabulary) for m in mentions(text)]
    assert found == [
        ("Type 2  Diabetes", "Type 2  Diabetes", "44054006", "SNOMED"),
        ("ASPIRIN", "ASPIRIN", "1191", "RxNorm"),
    ]


def test_the_longest_term_is_taken_and_only_whole_words() -> None:
    assert [m.term.name for m in mentions("Essential hypertension, pulmonary embolism, 2型糖尿病")] == [
        "Hypertension", "Pulmonary embolism", "Type 2 diabetes mellitus",
    ]  # fmt: skip
    assert mentions("Admission. Stroked. A sobbing tbone.") == []


@pytest.mark.parametrize(
    "text",
    ["ST depression in V4-V6.", "1 mm ST-segment depressions.", "Respiratory depression after the dose.",
     "Bone marrow depression.", "CNS depression.", "Depression of the ST segment.", "Depressed LV function.",
     "Central diabetes insipidus.", "Nephrogenic diabetes\ninsipidus.", "Severe pulmonary hypertension.",
     "Pulmonary arterial hypertension.", "Portal HTN.", "Portal hypertensive gastropathy.",
     "Idiopathic intracranial hypertension.", "Ocular hypertension.", "肺动脉高血压。"],
)  # fmt: skip
def test_what_only_holds_the_words_of_a_condition_is_no_mention_of_it(text: str) -> None:
    assert mentions(text) == []


def test_what_stands_beside_a_lookalike_is_still_found() -> None:
    text = (
        "Postnatal depression, respiratory depression; pulmonary and systemic hypertension, diabetes mellitus, "
        "depressed skull fracture, 门脉高血压、高血压。"
    )
    assert [(m.text, m.term.name) for m in mentions(text)] == [
        ("depression", "Depressive disorder"), ("systemic hypertension", "Hypertension"),
        ("diabetes mellitus", "Diabetes mellitus"), ("depressed skull fracture", "Fracture of bone"),
        ("高血压", "Hypertension"),
    ]  # fmt: skip
    assert not LOOKALIKES & set(LEXICON)


def test_sections_are_told_by_our_own_names_never_by_the_note_s_words() -> None:
    text = "JOHN SMITH: fever.\nPast Medical History: asthma.\nJane Roe: cough.\n家族史：高血压"
    assert [m.section for m in mentions(text)] == [
        None, "past_medical_history", "past_medical_history", "family_history",
    ]  # fmt: skip
    assert set(SAYS) <= set(SECTIONS) and section_of("  FAMILY   History ") == "family_history"


def test_a_trigger_inside_the_mention_says_nothing_of_it() -> None:
    text = "BACK: reveals no stepoff."
    assert not status_in(text, text.index("reveals"), len(text) - 1).is_negated


def test_sentences_cover_the_text_and_are_never_endless() -> None:
    text = "One. Two?\n\n- three\n" + "x" * 5000
    spans = list(sentences(text))
    assert spans[0][0] == 0 and spans[-1][1] == len(text)
    assert all(a[1] == b[0] for a, b in zip(spans, spans[1:], strict=False))
    assert max(end - start for start, end in spans) <= LONGEST_SENTENCE
    assert list(sentences("")) == []


def test_spellings_of_a_pattern_and_the_longest_of_them() -> None:
    assert spellings("{no|without} {clear |}sign") == ["no clear sign", "no sign", "without clear sign", "without sign"]
    found = finder(["no", "no sign", "未见"]).finditer("no  sign, nose, 未见no")
    assert [m[0] for m in found] == ["no  sign", "未见", "no"]
    assert key_of("No\n Patient\u2019s") == "no patient's"
    assert len(small("İstanbul")) == len("İstanbul")


def test_every_code_of_the_lexicon_has_the_form_of_its_vocabulary() -> None:
    assert [t for t in LEXICON.values() if not is_valid_code(t.vocabulary, t.code)] == []
    assert {t.name for t in LEXICON.values() if not t.name} == set()


@pytest.mark.parametrize(
    ("spelling", "codelist"),
    [("diabetes", "has_diabetes"), ("type 2 diabetes", "has_type_2_diabetes"), ("prediabetes", "has_prediabetes"),
     ("高血压", "has_hypertension"), ("high cholesterol", "has_hyperlipidaemia"), ("ckd", "has_chronic_kidney_disease"),
     ("esrd", "has_chronic_kidney_disease"), ("冠心病", "has_coronary_heart_disease"),
     ("heart attack", "has_coronary_heart_disease"), ("chf", "has_heart_failure"), ("obese", "has_obesity")],
)  # fmt: skip
def test_a_condition_of_a_codelist_joins_with_it(spelling: str, codelist: str) -> None:
    assert LEXICON[spelling].code in CODELISTS[codelist]["SNOMED"]


@pytest.mark.parametrize(
    "text",
    ["", "\x00", "no " * 60_000 + "fever", "fever " * 20_000, " " * 200_000 + "fever", "\n" * 200_000 + "fever",
     ". " * 100_000 + "fever", "[" * 200_000, "A " * 100_000 + ":", "无" * 100_000 + "发热", "\ud800 fever",
     "#" * 100_000, "1) " * 50_000 + "fever"],
    ids=lambda text: f"{text[:3]!r}x{len(text)}",
)  # fmt: skip
def test_hostile_text_is_read_in_time_in_proportion_to_its_length(text: str) -> None:
    started = time.process_time()
    found = mentions(text)
    assert time.process_time() - started < 20
    assert ("fever" in text or "发热" in text) == bool(found)


@pytest.mark.shared_data
@pytest.mark.parametrize(("half", "least"), [("tuned", 0.98), ("held_out", 0.96)])
def test_negation_of_real_sentences_is_better_than_the_rules_that_come_with_them(shared_data, half, least) -> None:
    marked = [m for m in marked_sentences(shared_data) if m.half == half]
    pairs = [(m.is_negated, m.status().is_negated) for m in marked]
    assert len(marked) > 500
    assert precision_recall_f1(pairs, True)[2] >= least > 0.946


@pytest.mark.shared_data
def test_temporality_and_experiencer_of_real_sentences_beat_the_commonest_answer(shared_data) -> None:
    held_out = [(m, m.status()) for m in marked_sentences(shared_data) if m.half == "held_out"]
    when = [(m.temporality, s.temporality) for m, s in held_out]
    who = [(m.experiencer, s.experiencer) for m, s in held_out]
    assert accuracy(when) > majority(when) + 0.04
    assert accuracy(who) > majority(who)
