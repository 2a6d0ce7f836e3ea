"""C-CDA documents written by hand: a header, and sections of entries around it."""

from __future__ import annotations

LOINC, SNOMED, RXNORM = "2.16.840.1.113883.6.1", "2.16.840.1.113883.6.96", "2.16.840.1.113883.6.88"
TEMPLATE = "2.16.840.1.113883.10.20.22"
NAMESPACES = (
    'xmlns="urn:hl7-org:v3" xmlns:sdtc="urn:hl7-org:sdtc" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
)
PATIENT = """
<recordTarget><patientRole>
  <id root="2.16.840.1.113883.4.1" extension="123-45-6789"/><id root="1.2.3" extension="p1"/>
  <addr use="HP"><streetAddressLine>1 Main St</streetAddressLine><streetAddressLine>Apt 2</streetAddressLine>
    <city>Boston</city><state>MA</state><postalCode>02118-1234</postalCode></addr>
  <telecom use="HP" value="tel:+1(555)555-2003"/>
  <patient>
    <name use="L"><given>Ada</given><given qualifier="CL">Addie</given><given>Mary</given><family>Hand</family></name>
    <name use="SRCH"><given>Ada</given><family qualifier="BR">Born</family></name>
    <administrativeGenderCode code="F" codeSystem="2.16.840.1.113883.5.1"/><birthTime value="19430903120000"/>
    <sdtc:deceasedTime value="2020"/><maritalStatusCode code="M"/><raceCode code="2106-3" displayName="White"/>
    <ethnicGroupCode nullFlavor="UNK"/>
  </patient>
</patientRole></recordTarget>
"""
VISIT = """
<componentOf><encompassingEncounter><id root="9" extension="v1"/>
  <code code="IMP" codeSystem="2.16.840.1.113883.5.4"/>
  <effectiveTime><low value="201507201000-0500"/><high value="201507231000-0500"/></effectiveTime>
  <location><healthCareFacility><id root="7" extension="ward"/><location><name>West wing</name>
    <addr><city>Boston</city><state>MA</state><postalCode>02118</postalCode></addr></location>
  </healthCareFacility></location>
</encompassingEncounter></componentOf>
"""


def document(
    *sections: str, patient: str = PATIENT, visit: str = "", body: str | None = None, number: int = 1,
    written: str = "201507221800-0500", ident: str = '<id root="5" extension="d1"/>',
) -> str:  # fmt: skip
    """A document of these sections, or with this body."""
    inner = "".join(f"<component>{section}</component>" for section in sections)
    content = f"<component><structuredBody>{inner}</structuredBody></component>" if body is None else body
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><ClinicalDocument {NAMESPACES}>{ident}'
        f'<effectiveTime value="{written}"/><versionNumber value="{number}"/>{patient}{visit}{content}'
        "</ClinicalDocument>"
    )


def section(code: str, *entries: str, text: str = "", templates: tuple[str, ...] = (), inner: str = "") -> str:
    """A section with its narrative and its entries; templates by what follows `…20.22.`."""
    known = "".join(f'<templateId root="{TEMPLATE}.{template}" extension="2015-08-01"/>' for template in templates)
    made = "".join(f'<entry typeCode="DRIV">{entry}</entry>' for entry in entries)
    return f'<section>{known}<code code="{code}" codeSystem="{LOINC}"/><text>{text}</text>{made}{inner}</section>'


def statement(
    kind: str, *content: str, mood: str = "EVN", status: str | None = "completed", when: str = "20150722",
    extra: str = "", ident: str = "",
) -> str:  # fmt: skip
    """A clinical statement: `ident` is its id's extension, `when` a time value or the elements of an effectiveTime."""
    named = f'<id root="8" extension="{ident}"/>' if ident else ""
    state = f'<statusCode code="{status}"/>' if status else ""
    time = when if when.startswith("<") or not when else f'<effectiveTime value="{when}"/>'
    return f'<{kind} moodCode="{mood}" {extra}>{named}{"".join(content)}{state}{time}</{kind}>'


def code(value: str, system: str = LOINC, name: str = "", tag: str = "code", inner: str = "") -> str:
    """A coded element."""
    kind = ' xsi:type="CD"' if tag == "value" else ""
    return f'<{tag}{kind} code="{value}" codeSystem="{system}" displayName="{name}">{inner}</{tag}>'


def observation(loinc: str, value: str, **rest: str) -> str:
    """An observation of a LOINC code with this value element."""
    return statement("observation", code(loinc), value, **rest)  # type: ignore[arg-type]


def quantity(value: str, unit: str) -> str:
    """A physical quantity."""
    return f'<value xsi:type="PQ" value="{value}" unit="{unit}"/>'


def concern(*problems: str, status: str = "active", extra: str = "") -> str:
    """An act with its subjects, as sections of problems and allergies have them."""
    subjects = "".join(f'<entryRelationship typeCode="SUBJ">{problem}</entryRelationship>' for problem in problems)
    return f'<act moodCode="EVN" {extra}><code code="CONC"/><statusCode code="{status}"/>{subjects}</act>'


def subject(role: str) -> str:
    """Whom a section or a statement is about, where it is not the patient."""
    return f'<subject><relatedSubject classCode="PRS"><code code="{role}"/></relatedSubject></subject>'


def organizer(*members: str, when: str = "20150722", status: str = "completed") -> str:
    """A panel."""
    components = "".join(f"<component>{member}</component>" for member in members)
    time = f'<effectiveTime><low value="{when}"/></effectiveTime>' if when else ""
    return f'<organizer moodCode="EVN"><statusCode code="{status}"/>{time}{components}</organizer>'


def drug(rxnorm: str, *content: str, kind: str = "manufacturedMaterial", inner: str = "", **rest: str) -> str:
    """A substance administration of one product."""
    material = f"<{kind}>{code(rxnorm, RXNORM) if rxnorm else inner}</{kind}>"
    product = f"<consumable><manufacturedProduct>{material}</manufacturedProduct></consumable>"
    return statement("substanceAdministration", *content, product, **rest)  # type: ignore[arg-type]
