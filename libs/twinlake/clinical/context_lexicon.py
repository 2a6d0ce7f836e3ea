"""The conditions, findings and drugs that are looked for in notes, in English and Chinese: a small list, no ontology.

Conditions of `vocabulary/codelists.py` bear a code of their list, so that a mention joins with a recorded condition.
The other SNOMED CT codes are those that Synthea and the SMART bulk sample record, and a few of a clinic's daily words;
drugs are RxNorm ingredients. What is not here is not found: no mention is no evidence of absence.
"""

# A term is a line, however long.
# ruff: noqa: E501

from __future__ import annotations

from dataclasses import dataclass

from twinlake.clinical.context_trigger import is_unspaced, spellings


@dataclass(frozen=True)
class Term:
    """A meaning that a note can mention."""

    name: str
    code: str
    vocabulary: str


# code | name | spellings, `{a|b|}` for variants; an s at the end of an English word is taken too.
_CONDITIONS = """
73211009 | Diabetes mellitus | diabetes {mellitus|}, diabetic, dm, iddm, niddm, 糖尿病
44054006 | Type 2 diabetes mellitus | {type 2|type ii|type two|adult onset|adult-onset} diabetes {mellitus|}, diabetes {mellitus|} {type 2|type ii}, t2dm, 2型糖尿病, 二型糖尿病
15777000 | Prediabetes | prediabetes, pre-diabetes, borderline diabetes, 糖尿病前期, 糖耐量异常
38341003 | Hypertension | {essential|arterial|systemic|} hypertension, htn, high blood pressure, hypertensive, 高血压, 高血压病
55822004 | Hyperlipidemia | {hyper|dys}lipidemia, {hyper|dys}lipidaemia, hypercholesterolemia, hypercholesterolaemia, {high|increased|elevated} cholesterol, 高脂血症, 高血脂, 血脂异常
709044004 | Chronic kidney disease | chronic {kidney|renal} {disease|failure|insufficiency}, ckd, 慢性肾病, 慢性肾脏病, 慢性肾功能不全
46177005 | End-stage renal disease | {end stage|end-stage} {renal|kidney} disease, esrd, 尿毒症, 终末期肾病
53741008 | Coronary arteriosclerosis | coronary {artery|heart|} disease, coronary arteriosclerosis, cad, 冠心病, 冠状动脉粥样硬化性心脏病
22298006 | Myocardial infarction | {acute|old|} myocardial infarction, {acute|} mi, heart attack, stemi, nstemi, 心肌梗死, 心梗
84114007 | Heart failure | {congestive|chronic|acute|} heart failure, {congestive|} cardiac failure, chf, 心力衰竭, 心衰
414916001 | Obesity | {morbid|} obesity, obese, morbidly obese, 肥胖, 肥胖症
49436004 | Atrial fibrillation | atrial fibrillation, afib, a-fib, a fib, 房颤, 心房颤动
230690007 | Cerebrovascular accident | stroke, cva, cerebrovascular accident, cerebral infarction, 脑卒中, 中风, 脑梗死, 脑梗塞
195967001 | Asthma | {bronchial|} asthma, asthmatic, 哮喘, 支气管哮喘
13645005 | Chronic obstructive pulmonary disease | chronic obstructive {pulmonary|lung|airway} disease, chronic airway obstruction, copd, 慢性阻塞性肺疾病, 慢阻肺
87433001 | Pulmonary emphysema | {pulmonary|} emphysema, 肺气肿
233604007 | Pneumonia | {aspiration|community acquired|community-acquired|} pneumonia, pneumonias, 肺炎
10509002 | Acute bronchitis | {acute|} bronchitis, 急性支气管炎, 支气管炎
36971009 | Sinusitis | {acute|chronic|viral|bacterial|} sinusitis, 鼻窦炎
59282003 | Pulmonary embolism | pulmonary {embolism|embolus|emboli}, 肺栓塞
128053003 | Deep venous thrombosis | {deep vein|deep venous} thrombosis, dvt, 深静脉血栓
36118008 | Pneumothorax | pneumothorax, pneumothoraces, 气胸
60046008 | Pleural effusion | {pleural|bilateral pleural} effusion, 胸腔积液, 胸水
68566005 | Urinary tract infection | urinary tract infection, uti, 尿路感染, 泌尿系感染
91302008 | Sepsis | sepsis, septic, 脓毒症, 败血症
840539006 | COVID-19 | covid-19, covid 19, covid, coronavirus disease, 新冠肺炎, 新型冠状病毒肺炎, 新型冠状病毒感染
56717001 | Tuberculosis | {pulmonary|} tuberculosis, tb, 结核, 肺结核, 结核病
3738000 | Viral hepatitis | {viral|} hepatitis, 肝炎, 病毒性肝炎
66071002 | Viral hepatitis type B | hepatitis b, hbv, 乙肝, 乙型肝炎, 乙型病毒性肝炎
128302006 | Chronic hepatitis C | {chronic|} hepatitis c, hcv, 丙肝, 丙型肝炎
86406008 | Human immunodeficiency virus infection | hiv, {hiv|human immunodeficiency virus} infection, 艾滋病, 艾滋病病毒感染
271737000 | Anemia | anemia, anaemia, anemic, 贫血
40930008 | Hypothyroidism | hypothyroidism, hypothyroid, 甲减, 甲状腺功能减退症, 甲状腺功能减退
34486009 | Hyperthyroidism | hyperthyroidism, hyperthyroid, 甲亢, 甲状腺功能亢进症, 甲状腺功能亢进
235595009 | Gastroesophageal reflux disease | {gastroesophageal|gastro-esophageal|acid} reflux {disease|}, gerd, reflux esophagitis, 胃食管反流病, 胃食管反流
13200003 | Peptic ulcer | peptic ulcer {disease|}, 消化性溃疡
73430006 | Sleep apnea | {obstructive|} sleep apnea {syndrome|}, osa, 睡眠呼吸暂停
35489007 | Depressive disorder | depression, depressive disorder, depressed, 抑郁症, 抑郁
48694002 | Anxiety | anxiety, anxious, 焦虑, 焦虑症
84757009 | Epilepsy | epilepsy, 癫痫
128613002 | Seizure disorder | seizure disorder, 癫痫发作
91175000 | Seizure | seizure, convulsion, 抽搐, 惊厥
37796009 | Migraine | migraine, migraines, 偏头痛
26929004 | Alzheimer's disease | alzheimer's {disease|dementia|}, alzheimer disease, 阿尔茨海默病
52448006 | Dementia | dementia, 痴呆
396275006 | Osteoarthritis | osteoarthritis, degenerative joint disease, 骨关节炎
64859006 | Osteoporosis | osteoporosis, 骨质疏松, 骨质疏松症
203082005 | Fibromyalgia | fibromyalgia, 纤维肌痛
90560007 | Gout | gout, gouty arthritis, 痛风
125605004 | Fracture of bone | fracture, depressed {skull|} fracture, fractured bone, 骨折
363346000 | Malignant neoplastic disease | cancer, malignancy, malignancies, carcinoma, malignant neoplasm, 恶性肿瘤, 癌症
254837009 | Malignant neoplasm of breast | breast {cancer|carcinoma}, cancer of the breast, 乳腺癌
363358000 | Malignant tumor of lung | lung {cancer|carcinoma}, 肺癌
399068003 | Malignant tumor of prostate | prostate {cancer|carcinoma}, 前列腺癌
363406005 | Malignant tumor of colon | {colon|colonic} {cancer|carcinoma}, 结肠癌
68496003 | Polyp of colon | {colon|colonic} polyp, 结肠息肉
74400008 | Appendicitis | {acute|} appendicitis, 阑尾炎, 急性阑尾炎
75694006 | Pancreatitis | {acute|} pancreatitis, 胰腺炎, 急性胰腺炎
19943007 | Cirrhosis of liver | {liver|hepatic|} cirrhosis, 肝硬化
7180009 | Meningitis | meningitis, 脑膜炎
65363002 | Otitis media | otitis {media|}, 中耳炎
405737000 | Pharyngitis | pharyngitis, 咽炎
24079001 | Atopic dermatitis | atopic dermatitis, eczema, 特应性皮炎, 湿疹
"""
_FINDINGS = """
386661006 | Fever | fever, febrile, pyrexia, 发热, 发烧
43724002 | Chill | chills, rigors, 畏寒, 寒战
49727002 | Cough | {dry|productive|} cough, coughing, 咳嗽
248595008 | Sputum finding | sputum {production|}, phlegm, 咳痰, 咯痰
66857006 | Hemoptysis | hemoptysis, haemoptysis, coughing up blood, 咯血
267036007 | Dyspnea | dyspnea, dyspnoea, shortness of breath, short of breath, sob, difficulty breathing, trouble breathing, 呼吸困难, 气促, 气短, 气喘
56018004 | Wheezing | wheezing, wheeze, 喘息, 哮鸣音
48409008 | Respiratory crackles | rales, crackles, 湿啰音, 干湿啰音, 湿罗音
162397003 | Pain in throat | sore throat, throat pain, 咽痛, 咽喉痛
29857009 | Chest pain | {substernal|} chest {pain|pressure|tightness|discomfort}, 胸痛, 胸闷
80313002 | Palpitations | palpitation, 心悸, 心慌
271594007 | Syncope | syncope, syncopal episode, fainting, passed out, loss of consciousness, 晕厥, 意识丧失
404640003 | Dizziness | dizziness, dizzy, lightheadedness, light-headedness, lightheaded, light-headed, 头晕, 眩晕
25064002 | Headache | headache, 头痛
21522001 | Abdominal pain | {lower|upper|} {abdominal|stomach|belly} pain, pain in {the|my|his|her} {abdomen|stomach|belly}, 腹痛
422587007 | Nausea | nausea, nauseated, nauseous, 恶心
422400008 | Vomiting | vomiting, vomited, emesis, 呕吐
62315008 | Diarrhea | diarrhea, diarrhoea, loose stool, 腹泻
14760008 | Constipation | constipation, constipated, 便秘
2901004 | Melena | melena, black stool, tarry stool, 黑便
34436003 | Blood in urine | hematuria, haematuria, blood in {the|my|his|her|} urine, 血尿
49650001 | Dysuria | dysuria, pain with urination, painful urination, burning on urination, 尿痛, 尿急
18165001 | Jaundice | jaundice, icterus, 黄疸, 黄染
267038008 | Edema | {peripheral|pedal|lower extremity|pitting|} {edema|oedema}, 水肿, 浮肿
3415004 | Cyanosis | cyanosis, 紫绀, 发绀
271807003 | Eruption of skin | rash, rashes, skin eruption, 皮疹
418363000 | Itching of skin | itching, itchy, itchiness, pruritus, 瘙痒
84229001 | Fatigue | fatigue, fatigued, tiredness, malaise, 乏力, 疲劳, 疲乏
13791008 | Asthenia | weakness, 无力
44077006 | Numbness | numbness, 麻木
89362005 | Weight loss | weight loss, loss of weight, 体重下降, 体重减轻, 消瘦
161891005 | Backache | {low|lower|} back pain, backache, low-back pain, 腰痛, 背痛
81680005 | Neck pain | neck pain, 颈痛
57676002 | Joint pain | joint pain, arthralgia, 关节痛
68962001 | Muscle pain | muscle pain, myalgia, 肌肉痛, 肌痛
36955009 | Loss of taste | loss of taste, 味觉丧失
80394007 | Hyperglycemia | hyperglycemia, hyperglycaemia, high blood sugar, 高血糖
302866003 | Hypoglycemia | hypoglycemia, hypoglycaemia, low blood sugar, 低血糖
45007003 | Hypotension | hypotension, hypotensive, low blood pressure, 低血压
131148009 | Bleeding | bleeding, hemorrhage, haemorrhage, 出血
77176002 | Smoker | smoker, smokes, 吸烟
"""
# What holds a term and means something else. No code of theirs was at hand to check, so they are no terms.
_NOT_MEANT = """
diabetes insipidus
{st|st segment|st-segment|st-t|st wave} depression, st-depression, {depressed|depression of|depression in} {the|} st {segment|}
{respiratory|ventilatory|cardiorespiratory|myocardial|cardiac|bone marrow|marrow|cns|central nervous system|neonatal} depression
depression of {the|} {respiration|respiratory drive|bone marrow|marrow|central nervous system|cns}
depressed {level of consciousness|consciousness|sensorium|fontanelle|reflex|respiration|ejection fraction}
depressed {left ventricular|lv|systolic|cardiac} {function|systolic function|ejection fraction}
{pulmonary|portal|portopulmonary|intracranial|ocular|intraocular|intra-abdominal|abdominal} {arterial|artery|venous|vein|} {hypertension|htn|hypertensive}
肺高血压, 肺动脉高血压, 肺静脉高血压, 门静脉高血压, 门脉高血压, 颅内高血压
"""
_DRUGS = """
1191 | aspirin | aspirin, 阿司匹林
6809 | metformin | metformin, glucophage, 二甲双胍
5856 | insulin | insulin, 胰岛素
11289 | warfarin | warfarin, coumadin, 华法林
5224 | heparin | heparin, 肝素
32968 | clopidogrel | clopidogrel, plavix, 氯吡格雷
29046 | lisinopril | lisinopril, 赖诺普利
52175 | losartan | losartan, cozaar, 氯沙坦
17767 | amlodipine | amlodipine, norvasc, 氨氯地平
6918 | metoprolol | metoprolol, lopressor, toprol, 美托洛尔
5487 | hydrochlorothiazide | hydrochlorothiazide, hctz, 氢氯噻嗪
4603 | furosemide | furosemide, lasix, 呋塞米
3407 | digoxin | digoxin, 地高辛
36567 | simvastatin | simvastatin, zocor, 辛伐他汀
83367 | atorvastatin | atorvastatin, lipitor, 阿托伐他汀
161 | acetaminophen | acetaminophen, paracetamol, tylenol, 对乙酰氨基酚
5640 | ibuprofen | ibuprofen, motrin, advil, 布洛芬
7258 | naproxen | naproxen, aleve, 萘普生
7804 | oxycodone | oxycodone, oxycontin, 羟考酮
5489 | hydrocodone | hydrocodone, vicodin
7052 | morphine | morphine, 吗啡
4337 | fentanyl | fentanyl, 芬太尼
10689 | tramadol | tramadol, 曲马多
25480 | gabapentin | gabapentin, neurontin, 加巴喷丁
723 | amoxicillin | amoxicillin, 阿莫西林
11124 | vancomycin | vancomycin, 万古霉素
8640 | prednisone | prednisone, 泼尼松
435 | albuterol | albuterol, salbutamol, 沙丁胺醇
7646 | omeprazole | omeprazole, prilosec, 奥美拉唑
10582 | levothyroxine | levothyroxine, synthroid, 左甲状腺素
42316 | tacrolimus | tacrolimus, prograf, 他克莫司
"""


def _terms(lines: str, vocabulary: str) -> dict[str, Term]:
    terms = {}
    for line in lines.strip().splitlines():
        code, name, words = (part.strip() for part in line.split("|", 2))
        terms.update(
            dict.fromkeys((s for word in words.split(",") for s in _inflected(word)), Term(name, code, vocabulary))
        )
    return terms


def _inflected(word: str) -> list[str]:
    found = spellings(word)
    return [*found, *(f"{s}s" for s in found if not is_unspaced(s) and not s.endswith("s"))]


LOOKALIKES = frozenset(s for words in _NOT_MEANT.replace("\n", ",").split(",") for s in _inflected(words))
"""Spellings in small letters that hold a term and do not mean it: found longer than the term, they hide it."""

LEXICON: dict[str, Term] = _terms(_CONDITIONS, "SNOMED") | _terms(_FINDINGS, "SNOMED") | _terms(_DRUGS, "RxNorm")
"""Spelling in small letters → what it means."""
