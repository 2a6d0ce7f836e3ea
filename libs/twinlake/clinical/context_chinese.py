"""Chinese triggers, by the same mechanism: words have no spaces between them, and a clause ends at its comma."""

from __future__ import annotations

from twinlake.clinical.context_trigger import (
    BEFORE,
    HISTORICAL,
    HYPOTHETICAL,
    NEGATED,
    OTHER,
    POSSIBLE,
    PSEUDO,
    SAYS,
    STOP,
    triggers,
)

_NEGATED = """
{无|未见|未发现|未闻及|未触及|未及|未出现|未诉|未查见|未检出|未检测到|未查及|未扪及|未提示|未再|没有|没|并无|
均无|均未见|从无|从未|不伴|不伴有|缺乏|无明显|未见明显|未见明确|未见确切|未见异常|未闻及明显|未触及明显|
未发现明显|无明确|不考虑|不支持|不符合|未患|未患过|未曾患},
{否认|否认有|否认曾有|否认患有|否认曾患|否认存在},
{排除|已排除|可排除|已除外|可除外|基本排除|基本可排除|排除了}
"""
_NEGATED_BEFORE = """
{阴性|均阴性|均为阴性|呈阴性|为阴性}, (-), （-）, （—）, {未见|未闻及|未触及|未引出|未发现|未出现|均未见|
均未闻及}, 不明显, {已|可|被|基本|基本可|已经|予以|可以}{排除|除外}, {已|均已|已经|基本|}{消失|消退|缓解|痊愈|
好转消失}, 不存在, 不支持, 不考虑
"""
_NOT_NEGATION = """
{无|未|没有|不}{好转|缓解|减轻|改善|消退|消失|治愈|愈|控制|痊愈}, {无|没有|未见}{明显好转|明显缓解|明显改善|
明显变化|变化|改变}, 无效, 无力, 无法, 无痛性, 无诱因, 无明显诱因, 无症状性, 无关, 无菌性, {不能|不可|尚不能|
暂不能|未能|不}{缓解|耐受|平卧|入睡|行走}, 不规则, 不适, 不详, 不全, 不足, 不稳, 不稳定, 不良, 不等, 不止, 不宁,
不清, 未明, 未愈, 未治, 未治疗, 未服药, 未规律, 未予重视, 没多久, 无创, 无缝
"""
_POSSIBLE = """
{可能|可能为|可能是|疑似|怀疑|怀疑为|可疑|疑|疑为|考虑|考虑为|拟诊|倾向|倾向于|不能排除|不能除外|不排除|不除外|
尚不能排除|暂不能排除|未排除|未除外|需排除|需除外|为排除|以排除|以除外|待排除|待除外|待排|警惕|注意排除|
建议排除|进一步排除|首先考虑}
"""
_POSSIBLE_BEFORE = """
{可能|可能性大|可能性较大|待排|待查|待除外|待排除|待明确|不能排除|不能除外|不排除|不除外|可疑|尚不能排除|未排除}
"""
_HISTORICAL = """
{既往|既往有|既往患有|既往曾患|曾|曾有|曾患|曾患有|曾因|曾诊断|曾行|既往史|既往病史|过去|幼时|儿时|早年|年前|
陈旧性|术后|后遗}
"""
_HISTORICAL_BEFORE = "{病史|既往史|手术史|史|史多年|病史多年|术后|切除术后|多年前|年前}"
_HISTORICAL_NOT = "现病史, 史诉, {患者|患儿|}既往{体健|健康|身体健康|体质可}, 家族史, 家族病史"
_HYPOTHETICAL = """
{如|如有|如出现|若|若有|若出现|一旦|一旦出现|如果|如果出现|倘若|预防|以防|防止|警惕出现|监测|筛查|以免|避免}
"""
_HYPOTHETICAL_NOT = "{如下|如图|如前|例如|比如|如上|如厕|如常|如同}"
_OTHER = """
{父亲|母亲|其父|其母|父母|祖父|祖母|外祖父|外祖母|爷爷|奶奶|外公|外婆|哥哥|弟弟|姐姐|妹妹|兄弟|姐妹|儿子|女儿|
叔叔|伯父|姑姑|舅舅|姨妈|家族中|家族史|家族|家人|亲属|家族中有|有家族性|丈夫|妻子|配偶}
"""
_OTHER_BEFORE = "{家族史|家族病史|家族遗传史|家族聚集}"
_NOT_OTHER = """
{家属|家人|父亲|母亲|父母|丈夫|妻子|儿子|女儿|配偶}{诉|代诉|述|代述|发现|称|告知|陪同|送来|陪伴|要求}, 父母体健,
家族性腺瘤
"""
_CLAUSE = """
，, 、但, 但, 但是, 而, 却, 伴, 伴有, 有, 可见, 见, 出现, 现, 提示, 示, 显示, 以及有, 因, 由于, 随后, 后, 则
"""

TRIGGERS = (
    *triggers(_NEGATED, NEGATED), *triggers(_NEGATED_BEFORE, NEGATED, BEFORE, words=12),
    *triggers(_NOT_NEGATION, PSEUDO), *triggers(_POSSIBLE, POSSIBLE),
    *triggers(_POSSIBLE_BEFORE, POSSIBLE, BEFORE, words=12),
    *triggers("?, ？, （？）, (?)", POSSIBLE, BEFORE, words=0),
    *triggers(_HISTORICAL, HISTORICAL), *triggers(_HISTORICAL_BEFORE, HISTORICAL, BEFORE),
    *triggers(_HISTORICAL_NOT, PSEUDO), *triggers(_HYPOTHETICAL, HYPOTHETICAL), *triggers(_HYPOTHETICAL_NOT, PSEUDO),
    *triggers(_OTHER, OTHER), *triggers(_OTHER_BEFORE, OTHER, BEFORE), *triggers(_NOT_OTHER, PSEUDO),
    *triggers(_CLAUSE, STOP, ends=(NEGATED, POSSIBLE, BEFORE)),
    *triggers("{此次|本次|现|入院|今|目前|近日|近期|现因|来诊}", STOP, ends=(HISTORICAL,)),
    *triggers("{患者|本人|患儿|患者本人|病人}", STOP, ends=(OTHER,)),
    *triggers("；,。", STOP, ends=(*SAYS, BEFORE)),
)  # fmt: skip
