"""English triggers, in our own words: negation after Chapman (2001), the rest after Harkema (2009)."""

from __future__ import annotations

from twinlake.clinical.context_trigger import (
    AROUND,
    BEFORE,
    HISTORICAL,
    HYPOTHETICAL,
    NEGATED,
    OTHER,
    POSSIBLE,
    PSEUDO,
    SAYS,
    STOP,
    WITHIN,
    triggers,
)

_NO_SIGN = """
{no|without|without any|not any|no new|no overt|no clinical|no clear|no definite|no obvious|lack of|absence of}
{evidence|sign|signs|signs or symptoms|symptoms|indication|suggestion|findings|finding|complaints|
complaint|feature|features|proof} {of|for|to suggest|suggesting|suggestive of|consistent with|to indicate|
concerning for|}
"""
_DENIED = """
{denies|denied|denying|deny} {any|having|having any|}, {declines|declined|refuses|
refused|rejects|disclaims} {having|any}, {negative|-ve|neg} {for|for any}, {free|clear|devoid|void|exempt|freed}
of, no, none, without, without any, w/o, never, never had, never developed, nor, neither, lack of, lacks,
lacking, lacked, absence of, absent, fails to {reveal|show|demonstrate}, failed to {reveal|show|demonstrate},
unremarkable for, non, {ruled|rules|rule} {him|her|the patient|patient|} out {for|against}, {resolution|
disappearance} of, no longer {has|have|had|having|}, {is|was|are|were|has been|had been|not|being} {ruled out|
excluded} for, instead of, rather than
"""
_NOT = """
not {have|had|has|having|been|be|appear|appear to have|show|feel|see|demonstrate|reveal|exhibit|experience|
reported|report|complain of|complaining of|know of|note|endorse|appreciate|support|support a diagnosis of|
represent|develop|require|include|}, {is|was|are|were|does|did|do|has|had|have|could|would|wo|should|ca}n't
{have|had|has|been|be|appear|show|feel|see|demonstrate|report|complain of|}, cannot {see|be found|find}, not
{seen|found|identified|noted|had|noticed} any, not {believe|think|feel|suspect} {that|} {he has|she has|the
patient has|the patient is having|the patient had|this is|it is|there is|}
"""
_NEGATED_BEFORE = """
{is|was|are|were|has been|have been|had been|be|to be|being|} {ruled out|ruled-out|excluded|absent|denied|
resolved|unlikely|improbable|disproved}, not {be|been|} {seen|present|identified|noted|found|detected|
demonstrated|visualized|visualised|appreciated|evident|observed|apparent|shown|likely|supported|reported|
confirmed|elicited|heard|palpated|palpable|felt|reproduced|appear|appreciable|detectable|exist}, {has|have|had|
is|was|} {now|since|completely|fully|subsequently|seemed to have|seems to have|} {resolved|subsided|disappeared|
gone away|abated|cleared}, {is|are|was|were} no longer {seen|present|identified|noted|evident|}, - none, none,
negative, {but|although|though|which|and} {that|this|it|these|they|}
{seemed to have|seems to have|seem to have|has|have|had|} {now|since|completely|} resolved, {have|has} been
ruled out, did not {recur|occur|develop}, never {occurred|happened|recurred}
"""
# An answer to what stands before it, as forms have it.
_ANSWERED = """
{:|: }{no|none|negative|denies|denied|absent}$, - {no|negative|denies|denied|absent}$, ({no|none|negative|denies|
denied|absent})
"""
_ANSWERED_YES = "{:|: }{yes|positive|present}$, - {yes|positive|present}$, ({yes|positive|present})"
# What did not change is there; what is listed after it is denied.
_NO_CHANGE = "no {acute|significant|} change in"
_NOT_NEGATION = """
no {increase|decrease|interval increase|interval change|significant change|
significant interval change|change from|change since|change in size|further change|growth|progression}, {without|
with no} {change|interval change|significant change|difficulty|incident}, not {change|changed}, unchanged,
{no further|no additional|no new}
{increase|change},
not only, not in {labor|labour}, non-small, not {just|merely|simply|solely|all|always|necessarily|entirely|
completely|yet
resolved|fully resolved}, not {certain|sure|clear|known} {if|whether|that|why|}, gram negative, gram-negative,
{rh|rhesus} negative, false negative, {can|could|may} not {exclude|be excluded|be ruled out|rule
out|be entirely excluded|be completely excluded}, not {excluded|ruled out}, not {drain|cause|extend|limited|
limited to}, cannot {exclude|be excluded|be ruled out|rule out|be entirely excluded|be completely excluded},
without {doubt|question|delay}, with or without, with and without, no {doubt|question} {that|about}, has not
{resolved|improved}, have not {resolved|improved}, not {resolved|improved|improving|controlled|well controlled|
well-controlled|relieved|responding|tolerate|tolerating|able|an option}, {not been|never been|not|never}
{treated|medicated|seen|evaluated} for, {not take|not taking|not taken|never took|never taken|n't take|n't
taken} {anything|any medication|any medications|medication|medications|medicine} for, not {cease|stop|sleep|
sleeping|work|working|walk|eat|eating|drink|drinking|get|want|help}, {is|was|are|were|does|did|do|has|had|have|
could|ca|wo}n't {get|getting|help|helped|know|remember|think|go|gone|improve|improved|improving|resolved|able|
want|work|worked|working|eat|sleep|stop|better|getting better|get better|told|thought}, no {relief|improvement|
specific relief|response}, no {sooner|matter}, not {otherwise specified|elsewhere classified}, {room|telephone|
phone|report|account|case|accession|mr|medical record|unit} no, to {rule out|exclude}
"""
_POSSIBLE = """
{possible|possibly|probable|probably|presumed|presumptive|suspected|suspect|suspicious for|suspicion of|
suspicion for|suspicious of|questionable|question of|concern for|concern of|concerning for|concerned about|
worrisome for|possibility of|likelihood of|potential|potentially|perhaps}, {likely|most likely|may be|may have|
might be|might have|could be|could have|may represent|could represent|might represent|appears to be|suggestive
of|suggesting|suggests|suggest|consistent with|compatible with|favor|favors}, {rule out|rule-out|r/o|ro|evaluate
for|evaluation for|assess for|evaluated for|rule him out for|rule her out for|rule the patient out for|versus|
vs|differential includes|differential diagnosis includes|work-up for|workup for|to exclude|to rule out}, {can|
could|may} not {exclude|rule out}, cannot {exclude|rule out}, cannot entirely exclude, not {certain|sure|clear|
known} {if|whether}, does not exclude
"""
_POSSIBLE_BEFORE = """
{can|could|may} not be {excluded|ruled out|entirely excluded|completely excluded}, cannot be {excluded|ruled
out|entirely excluded|completely excluded}, {is|was|are|were} {suspected|possible|likely|probable|questionable|
questioned|a possibility|a consideration|presumed|considered|in the differential|not excluded|not ruled out|to
be ruled out}, is {less likely|a concern}
"""
_HISTORICAL = """
{past|previous|prior|remote|known|long|longstanding|long-standing|distant|significant} {medical|surgical|social|
psychiatric|} history {of|is positive for|positive for|significant for|is significant for|includes|notable for|
is notable for|remarkable for|is remarkable for|including|}, {history|hx} {of|is positive for|positive for|
significant for|is significant for|notable for|remarkable for|includes}, h/o, pmh, pmhx, psh, {status post|
status-post|s/p}, {previous|previously|prior|former|formerly|ex}, {years|months|decades} ago {had|he had|she
had|}, {was|were|been} diagnosed with, has had, childhood, in remission from, {old|healed|remote}, {that|this}
same time last year
"""
_HISTORICAL_BEFORE = """
{in|from|during|over} {the|her|his|their} {past|childhood|youth|remote past}, {the|} last time, {years|decades}
{ago|earlier|previously|before|prior}, in {childhood|remission}, {many|several|few|two|three|four|five|six|
seven|eight|nine|ten} {years|months} {ago|earlier|previously|prior}, last year, as a {child|teenager|youth}
"""
_HISTORICAL_NOT = """
history of present illness, history of the present illness, history present illness, clinical history, brief
history, history and physical, history, physical, {history|histories} {taking|obtained from|was obtained|is
obtained|is limited|limited|provided|from|per|as|could}, {poor|reliable|unreliable} historian, previously
healthy, {one|two|three|four|five|six|seven|several|few|1|2|3|4|5|6|7|8|9|10}
{day|days|week|weeks|hour|hours|month|months} history {of|}, {day|week|hour|month|days|weeks} history of,
{-day|-week|-hour|-month|-days} history of,
prior to {admission|arrival|discharge|presentation|this|coming|the|her|his|being|surgery|procedure|
transfer|}, {compared|comparison} {to|with} prior, prior {study|exam|examination|studies|films|film|ct|mri},
previous {study|exam|examination|studies|ct|mri|hospital|physician|record|records|note}, {old|new} {record|
records|chart|medical records}, {year|years|month|months|week|weeks|day|days} old, {-year|-month|-week|-day}
old, {year-|years-|month-}old
"""
# A habit is asked for the whole of a life, and stands under social history.
_HABITS = """
{tobacco|alcohol|drug|ethanol|etoh|illicit drug|iv drug|intravenous drug|cigarette|substance|recreational drug}
{use|abuse|consumption}, smoking, smoker, {pack-year|pack year} history, allergies
"""
# What a person must not take is told as under the heading of allergies.
_ALLERGIC = "{allergies|allergic|allergy|intolerant|intolerance|hypersensitivity} to"
_HYPOTHETICAL = """
if, {should|return} if, {return|call|come back|follow up|seek|notify|contact} {to the|for|with|if|} {emergency
department|emergency room|any|}, {he|she|the patient|patient|you|they} should {return|call|come back|seek|
notify|watch|monitor|be monitored}, {in case of|in the event of|as needed for|prn for|prn|as needed|watch for|
monitor for|monitored for|look out for|warned about|return precautions|instructed to return}, should {he|she|the
patient|you|there} {develop|have|experience|be|notice}, {risk of|risk for|at risk for|risk factors for|prevent|
prevention of|to prevent|prevents|screen for|screened for|screening for|going to|would have|concerned that},
{risks|complications|side effects} {of surgery|of the procedure|} {include|includes|included|including|are|
were}, as if {he|she|} {was|were|is|} {going to|}, {unless|until|whether|should}, {return|come back} {to|}
"""
_HYPOTHETICAL_NOT = """
if {he|she|} {is|was} {able|not|unable}, {what|only|even} if, if {any|not}, {returned|returns} {from|to}, return
of, follow up, if {indicated|needed|necessary|possible|tolerated|applicable}, should {be|have been|also|then|
continue|undergo|take|receive|follow|avoid|not}, whether or not, until {now|today|then|recently|the present},
call {light|bell|schedule},
{social|limited social|eye|close|sick} contact, contact {precautions|dermatitis|lens|lenses}
"""
_RELATIVE = """{mother|father|mom|dad|mommy|daddy|grandma|grandpa|sister|brother|aunt|uncle|grandmother|grandfather|
grandparent|grandparents|parents|parent|siblings|sibling|cousin|cousins|son|daughter|sisters|brothers|aunts|
uncles|niece|nephew|maternal|paternal}"""
_OTHER = """
{family|fam} {history|hx|medical history|health history} {of|is positive for|positive for|significant for|is
significant for|notable for|includes|}, fhx, fh, {strong|positive|significant} family history {of|}, {family
members|family member|relatives|relative} {with|has|have|had}, {donor|roommate|coworker|classmate|partner|
boyfriend|girlfriend|neighbor} {has|had|have|with|was|is}, {wife|husband|spouse} {has|had|with|have}
"""
_OTHER_BEFORE = f"""
{{in|on}} {{the|her|his|their|}} {{maternal|paternal|}} {_RELATIVE}{{'s side|}}, {{runs|run}} in
{{the|his|her|their|my|your}} family, {{in|among}} {{family members|relatives|other family members}}, family history
"""
_NOT_OTHER = f"""
{{by|per|from|with|to|and|that}} {{the|her|his|their|my|}} {_RELATIVE} {{who|at|in|on|}}, {{her|his|the|}} {_RELATIVE}
{{states|stated|reports|reported|says|said|notes|noted|noticed|denies|denied|feels|felt|thinks|brought|called|gave|
gives|is present|was present|at bedside|believes|describes|described|found|witnessed|observed}},
{{wife|husband|family|spouse}} {{states|reports|notes|noticed|denies|says|brought}}, lives with {{her|his|}} {_RELATIVE}
"""
_CLAUSE = """
but, however, nevertheless, nonetheless, yet, although, though, still, except {for|}, aside from, apart from,
other than, besides, with the exception of, excepting, whereas, even though, which {is|was|are|were|showed|
shows|has|had|have|revealed|resulted}, who {has|had|is|was|presents|presented}, because {of|}, since, secondary
to, due to, as a result of, related to, attributed to, given {the|his|her|}, as the cause of, as {a|the} cause
{of|for}, {reason|source|cause|etiology|origin|causes|reasons|sources} {of|for}, as {a|an|the} {source|reason|
secondary|cause|etiology|origin} {of|for|}, positive for, is positive, {and|he|she|patient|who|but} {has|had|
have} {a|an|some|been|developed|}, {does|did} have, does {complain of|report|endorse|note|admit}, {complains|
complained|complaining} of, {reports|reported|notes|noted to have|endorses|admits to|describes|presents|
presented|presenting} {with|}, {there is|there are|there was|there were}, {and|with} {is|was|are|were}, remains,
continues to, {shows|showed|reveals|revealed|demonstrates|demonstrated}, was {found|noted} to have, and {the|he|
she|his|her|was|is|will|then|a}, {he|she} {is|was|will|did|does}, until, when, so {that|}, therefore,
suggesting, suspect, probably, consistent with
"""
# After a relative, `he had` and `she was` mostly tell of the relative.
_PATIENT_IS = "patient {has|had|have} {a|an|some|been|developed|}, {patient|pt} {is|was|will|did|does}"
_LATER = """
{presents|presented|presenting|admitted|comes|came|who} {with|to|for|today|now|}, {today|currently|now|at this
time|at present|presently|this morning|yesterday|on admission|since then}, {complains|complained|complaining}
of, {noted|notes|reports|states|stated}, {chief complaint|ed course|emergency department course}, found to have
"""
_BECAUSE = "because, since, due to, as {he|she}, {her|his|the} pain is"
_OWN = "patient, patient's, pt, he, she, his own, her own, chief complaint, which"

TRIGGERS = (
    *triggers(_NO_SIGN, NEGATED), *triggers(_DENIED, NEGATED), *triggers(_NOT, NEGATED),
    *triggers("former, quit, stopped", NEGATED, words=2), *triggers(_NEGATED_BEFORE, NEGATED, BEFORE),
    *triggers(_ANSWERED, NEGATED, BEFORE, comma=False), *triggers("{absent|denied}$", NEGATED, BEFORE),
    *triggers("{test|tests|testing} negative", NEGATED, BEFORE, words=1, comma=False),
    *triggers(_NO_CHANGE, NEGATED, comma=True),
    *triggers(_ANSWERED_YES, STOP, ends=(BEFORE,)),
    *triggers(_NOT_NEGATION, PSEUDO), *triggers(_POSSIBLE, POSSIBLE), *triggers(_POSSIBLE_BEFORE, POSSIBLE, BEFORE),
    *triggers(_HISTORICAL, HISTORICAL), *triggers(_HISTORICAL_BEFORE, HISTORICAL, BEFORE),
    *triggers(_HISTORICAL_NOT, PSEUDO), *triggers(_HABITS, HISTORICAL, WITHIN),
    *triggers(_ALLERGIC, HISTORICAL, words=4), *triggers("takes, taking", STOP, ends=(HISTORICAL,)),
    *triggers("{allergy|intolerance}", HISTORICAL, BEFORE, words=0),
    *triggers(_HYPOTHETICAL, HYPOTHETICAL), *triggers(_HYPOTHETICAL_NOT, PSEUDO),
    *triggers("{her|his|the|my|your|} " + _RELATIVE + " {'s|}", OTHER), *triggers(_OTHER, OTHER),
    *triggers(_OTHER_BEFORE, OTHER, BEFORE), *triggers("familial", OTHER, AROUND, words=2),
    *triggers("in {the|his|her|their|my|your} family", OTHER, AROUND),
    *triggers(_NOT_OTHER, PSEUDO),
    *triggers(_CLAUSE, STOP, ends=(NEGATED, POSSIBLE)),
    *triggers(_PATIENT_IS, STOP, ends=(NEGATED, POSSIBLE, OTHER)), *triggers(_LATER, STOP, ends=(HISTORICAL,)),
    *triggers(_BECAUSE, STOP, ends=(HYPOTHETICAL,)), *triggers(_OWN, STOP, ends=(OTHER,)),
    *triggers("free, -free", NEGATED, BEFORE, words=0), *triggers(";", STOP, ends=SAYS),
    # A list of SNOMED CT names: each stands for itself.
    *triggers("({finding|disorder|situation|procedure|event})", STOP, ends=(NEGATED, POSSIBLE, HYPOTHETICAL)),
)  # fmt: skip
