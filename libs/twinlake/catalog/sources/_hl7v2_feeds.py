"""The feed of HL7 v2 messages and its parts: a part is one kind of thing that messages tell of.

A field that is not sent leaves what was said before; only `""` deletes it (HL7 2.5.1, chapter 2). So the fields of a
thing that messages update are kept.
"""

from __future__ import annotations

from twinlake.catalog.sources._hl7v2 import EVENT, coded, field, fields, moment, moments, said, schema
from twinlake.declare.source import Feed, GivenUp, part

MESSAGE = Feed(
    name="message",
    files=r"(?:[^/]+/)*[^/]+\.(?:hl7|er7|mllp)",
    wire="hl7v2",
    schema=schema(),
    delivery="increment",
    key=("its kind's own identifier",),
    person="PID-3",
    version="MSH-7, MSH-10",
    unmapped={
        "segments that no table takes: insurance, kin, allergies, specimens, staff, money": "record_kind = 'rest'",
        "an order of tests, or the head of their results: no table takes orders": "record_kind = 'order'",
        "documents (TXA) are not read until a table takes them": "record_kind = 'document'",
        "appointments are not read until a table takes them": "record_kind = 'appointment'",
    },
)  # fmt: skip


def _part(name: str, *places: str, **rest) -> Feed:
    return part(MESSAGE, name=name, only=f"record_kind = '{name}'", schema=schema(*places), **rest)


def _is(place: str, *values: str) -> str:
    return f"ifnull({said(place)}, '') in ({', '.join(repr(value) for value in values)})"


# What `""` says: the field is deleted.
_NONE = "array(named_struct('c1', cast(null as string)))"
_DEMOGRAPHICS = (
    "PID-5.1", "PID-5.2", "PID-5.3", "PID-5.7", "PID-7", "PID-8",
    "PID-10.1", "PID-10.2", "PID-11.1", "PID-11.1.2", "PID-11.2", "PID-11.3", "PID-11.4", "PID-11.5",
    "PID-11.7", "PID-13.1", "PID-13.6", "PID-13.7", "PID-13.12", "PID-16", "PID-19", "PID-20", "PID-22.1",
    "PID-22.2",
)  # fmt: skip
# PID-30: the patient is not dead, whatever was said before.
_DIED = f"if({_is('PID-30', 'N')}, {_NONE}, {field('PID-29')})"
DIED = "get(died, 0).c1"
# What HL7 2.5.1, chapter 3, merges or changes with these is the patient's identifier; its other events with an MRG
# (A35, A41 to A45, A49 to A51) are about an account or a visit.
MERGES = f"{EVENT} in ('A18', 'A30', 'A34', 'A36', 'A39', 'A40', 'A46', 'A47')"
MERGED = f"{MERGES} and prior is not null and patient is not null and prior <> patient"
# An unlink (A37) takes a merge back; so does a merge of the number into itself, or of another one into it.
_GIVEN_UP = f"case when {MERGES} then coalesce(prior <> patient, false) when {EVENT} = 'A37' then false end"
PERSON = _part(
    "person", "MSH-7", "PID-3.1", "PID-3.4", "PID-3.4.2", "PID-3.5", *_DEMOGRAPHICS, "PID-29", "PID-30",
    derived={"died": _DIED},
    kept=("died", *fields(*_DEMOGRAPHICS)),
    given_up=GivenUp("merge", _GIVEN_UP),
    withdrawn=f"{EVENT} = 'A29'",
    unmapped={"PID names no patient by an identifier": "patient is null"},
)  # fmt: skip

MERGE = _part(
    "merge", "MSH-7",
    unmapped={
        "moves a visit to another patient, which its PV1 tells": f"{EVENT} = 'A45'",
        "moves an identifier or an account to another patient: not carried out": f"{EVENT} in ('A43', 'A44')",
        "merges an account or a visit, not a patient": f"not {MERGES}",
        "names no patient who is kept, or none who is retired": "patient is null or prior is null",
        "names one and the same patient: what it said before is taken back": "prior = patient",
    },
)  # fmt: skip

PLANNED = f"{EVENT} in ('A05', 'A14')"
# When it began: told outright, or the moment of the very event that began it.
_BEGAN = f"coalesce({moments('PV1-44')}, if({EVENT} in ('A01', 'A04'), {moments('EVN-6')}, null))"
# A cancelled discharge (A13) deletes the end, whatever PV1-45 still says; so does what begins the visit anew.
_ENDED = f"""if({EVENT} = 'A13', {_NONE}, coalesce({moments("PV1-45")},
    case when {EVENT} = 'A03' then {moments("EVN-6")} when {EVENT} in ('A01', 'A04') then {_NONE} end))"""
STARTED, ENDED = "get(began, 0).c1", "get(ended, 0).c1"
VISITED = f"visit is not null and {STARTED} is not null and not {PLANNED}"
VISIT = _part(
    "visit", "PV1-2", "PV1-3.4", "PV1-3.4.2", "PV1-44", "PV1-45", "EVN-6", *coded("PV2-3"),
    derived={"began": f"if({PLANNED}, null, {_BEGAN})", "ended": _ENDED},
    kept=("began", "ended", *fields("PV1-2", "PV1-3", "PV2-3")),
    withdrawn=f"{EVENT} in ('A11', 'A23', 'A27', 'A38')",
    unmapped={
        "a visit that is only planned": PLANNED,
        "no message gives the visit a number": "visit is null",
        "no message tells when the visit began": f"{STARTED} is null",
    },
)  # fmt: skip

CONDITION = _part(
    "condition", *coded("DG1-3"), "DG1-4", "DG1-5", "DG1-19", "DG1-21", "PV1-44",
    kept=fields("DG1-3", "DG1-4", "DG1-5", "DG1-19", "PV1-44"),
    withdrawn=_is("DG1-21", "D"),
    unmapped={"names no diagnosis": f"coalesce({said('DG1-3.1')}, {said('DG1-3.2')}, {said('DG1-4')}) is null"},
)  # fmt: skip
PROBLEM = _part(
    "problem", "PRB-1", "PRB-2", *coded("PRB-3"), "PRB-7", "PRB-9", "PRB-16",
    kept=fields("PRB-2", "PRB-3", "PRB-7", "PRB-9", "PRB-16"),
    withdrawn=_is("PRB-1", "DE"),
)  # fmt: skip
DONE = "get(done, 0).c1"
PROCEDURE = _part(
    "procedure", *coded("PR1-3"), "PR1-4", "PR1-5", "PR1-20",
    derived={"done": moments("PR1-5")},
    kept=("done", *fields("PR1-3", "PR1-4")),
    withdrawn=_is("PR1-20", "D"),
    unmapped={"names no procedure": f"coalesce({said('PR1-3.1')}, {said('PR1-3.2')}, {said('PR1-4')}) is null"},
)  # fmt: skip

HAS_VALUE = "coalesce(exists(OBX.f5, v -> coalesce(v.c1, v.c2, v.c9) is not null), false)"
ENCAPSULATED = _is("OBX-2", "ED", "RP")
OF_THE_ORDER = _is("OBX-11", "O")
TOLD = f"{HAS_VALUE} and not {ENCAPSULATED} and not {OF_THE_ORDER}"
_IS_NUMBER = f"{said('OBX-5')} rlike '^ *[<>]?=? *[-+]?[0-9]*[.]?[0-9]+ *$'"
# A text is a measurement where it is a number that has a unit.
MEASURED = (
    f"({_is('OBX-2', 'NM', 'SN')} or ({_is('OBX-2', 'ST', 'TX', '')} and ifnull({_IS_NUMBER}, false) "
    f"and coalesce({said('OBX-6.1')}, {said('OBX-6.2')}) is not null))"
)
RESULT = _part(
    "result", "OBX-2", *coded("OBX-3"), *coded("OBX-5"), "OBX-6.1", "OBX-6.2", "OBX-7", "OBX-11", "OBX-14",
    "OBR-7", "OBR-22",
    withdrawn=_is("OBX-11", "D", "W", "X"),
    unmapped={
        "no value is told": f"not {HAS_VALUE}",
        "a picture, a waveform or a document, no value": ENCAPSULATED,
        "a detail of the order, no result": OF_THE_ORDER,
    },
)  # fmt: skip

_NAMED = "coalesce(get(RXE.f2, 0).c1, get(RXE.f2, 0).c2, get(RXO.f1, 0).c1, get(RXO.f1, 0).c2) is not null"
# HL7 tables 0119 and 0038: what ends an order, and what makes that there was none. Unable to cancel (UC) or to
# discontinue (UD): it goes on.
_IS_STOPPED = f"({_is('ORC-1', 'DC', 'OD', 'DR', 'RP', 'RQ', 'RU')} or {_is('ORC-5', 'DC', 'RP')})"
_IS_CANCELLED = f"({_is('ORC-1', 'CA', 'OC', 'CR', 'UA')} or {_is('ORC-5', 'CA')})"
# Of an order that is stopped, ORC-15 tells when it was.
_EFFECTIVE, _ENTERED = moment("ORC-15"), moment("ORC-9")
_ASKED = f"if({_NAMED} and not {_IS_STOPPED}, coalesce({_EFFECTIVE}, {_ENTERED}, {moment('RXE-32')}), null)"
_BEGINS = f"coalesce({moment('TQ1-7')}, {_ASKED})"
_STOPS = f"""case when {_IS_STOPPED} then array(coalesce({_EFFECTIVE}, {_ENTERED}, {said("MSH-7")}))
    when {_NAMED} or {_is("ORC-1", "UD")} then array(cast(null as string)) end"""
_ENDS = f"if({_NAMED} or {said('TQ1-8')} is not null, array({moment('TQ1-8')}), null)"
ORDERED = f"coalesce(began, {_ENTERED}, {moment('RXE-32')}, {_EFFECTIVE})"
STOPPED = "coalesce(get(stopped, 0), get(ended, 0))"
TAKEN = "drug is not null and not coalesce(is_cancelled, false)"
# Table 0038. An order that is completed (CM) is carried out: what it handed out may still be taken, and so may what was
# handed out on one that was replaced (RP).
ORDER_OVER = f"({_IS_STOPPED} or {_is('ORC-5', 'CA')})"
DISPENSING_OVER = f"({_is('ORC-1', 'DC', 'OD', 'DR')} or {_is('ORC-5', 'CA', 'DC')})"
PRESCRIPTION = _part(
    "prescription", "MSH-7", "ORC-1", "ORC-5", "ORC-9", "ORC-15", *coded("RXE-2"), "RXE-3", "RXE-5.1", "RXE-5.2",
    "RXE-32", *coded("RXO-1"), "RXO-2", "RXO-4.1", "RXO-4.2", "RXR-1.1", "RXR-1.2", "TQ1-7", "TQ1-8",
    derived={
        "drug": f"if({_NAMED}, struct(RXE, RXO, RXR), null)", "began": _BEGINS, "ended": _ENDS, "stopped": _STOPS,
        "is_cancelled": f"if({_IS_CANCELLED}, true, if({_NAMED} or {_is('ORC-1', 'UC')}, false, null))",
    },
    kept=("visit", "drug", "began", "ended", "stopped", "is_cancelled"),
    unmapped={"names no drug": "drug is null", "the order was cancelled": "drug is not null and is_cancelled"},
)  # fmt: skip
DISPENSE = _part(
    "dispense", "ORC-1", "ORC-5", *coded("RXD-2"), "RXD-3", "RXD-4", "RXD-5.1", "RXD-5.2", "RXR-1.1", "RXR-1.2",
)  # fmt: skip
NOT_GIVEN = f"({_is('RXA-20', 'RE', 'NA')} or ({_is('RXA-5.1', '998')} and {_is('RXA-5.3', 'CVX')}))"
ADMINISTRATION = _part(
    "administration", "RXA-3", "RXA-4", *coded("RXA-5"), "RXA-6", "RXA-7.1", "RXA-7.2", "RXA-20", "RXA-21",
    "RXR-1.1", "RXR-1.2",
    withdrawn=_is("RXA-21", "D"),
    unmapped={"refused or not given": NOT_GIVEN},
)  # fmt: skip

FEEDS = (
    MESSAGE, PERSON, MERGE, VISIT, CONDITION, PROBLEM, PROCEDURE, RESULT, PRESCRIPTION, DISPENSE, ADMINISTRATION,
)  # fmt: skip
