"""What becomes of one value: one short function an action."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from pixelscrub.dicom.elements import keyword_of
from pixelscrub.dicom.values import OTHERS, STRINGS, TEXTS, ElementValue, dummy, encode
from pixelscrub.identity import dates, free_text
from pixelscrub.identity.code_strings import clean_code, is_code_value
from pixelscrub.identity.hidden_numbers import HiddenNumbers
from pixelscrub.identity.pseudonyms import Pseudonyms
from pixelscrub.identity.registered_uids import is_made_up, is_registered
from pixelscrub.identity.terms import plain
from pixelscrub.tags import bands, technical
from pixelscrub.tags.plain import PLAIN, is_text
from pixelscrub.tags.policy import Action, Decision

PATIENT_ID, PATIENT_NAME, ACCESSION = 0x00100020, 0x00100010, 0x00080050


@dataclass(frozen=True, slots=True)
class Scene:
    """What the actions of one instance share.

    Attributes:
        pseudonyms: makes them.
        patient: whom the instance belongs to; seed of the date shift.
        cleaner: cleans free text.
        leaks: finds the study's terms in what is kept.
        raw_leaks: the same in binary values, as bytes in lower case.
        uids: the study's UIDs, to be replaced wherever they stand.
        hidden: IDs and dates of birth as numbers.
    """

    pseudonyms: Pseudonyms
    patient: str
    cleaner: free_text.Cleaner
    leaks: re.Pattern[str] | None = None
    raw_leaks: tuple[bytes, ...] = ()
    uids: frozenset[str] = field(default_factory=frozenset)
    hidden: HiddenNumbers = field(default_factory=HiddenNumbers)


def carry_out(fate: Decision, value: ElementValue, scene: Scene) -> bytes | None:
    """The bytes that `fate` makes of `value`; None where the element is to be removed.

    Patient ID, name and accession number become pseudonyms wherever the table has them emptied
    or replaced, as PS3.15 allows a dummy for Z; a recipe's rule `empty` leaves none.
    """
    if fate.weaker:
        return value.data  # the recipe's own word, against the net for leaks as well
    if value.tag in _PSEUDONYMS and _takes_pseudonym(fate):
        return _pseudonym(value, scene)
    new = _ACTIONS[fate.action](value, scene)
    if (
        fate.action in _PARTIAL
        and value.data
        and (new == b"" or (fate.whole and _lost(value, new)))
    ):
        return _ACTIONS[fate.otherwise](value, scene)
    return _banded(value, new) if fate.banded and new else new


def _takes_pseudonym(fate: Decision) -> bool:
    emptied = fate.action is Action.EMPTY and not fate.by_rule
    return emptied or fate.action in {Action.REPLACE, Action.HASH}


def _banded(value: ElementValue, new: bytes) -> bytes:
    """What stays of a value, made coarser."""
    keyword = keyword_of(value.tag)
    parts = value._replace(data=new).parts()
    return encode("\\".join(bands.to_band(keyword, value.vr, part) for part in parts), value.vr)


_PARTIAL = frozenset({Action.CLEAN, Action.SOFTEN, Action.CODE, Action.LOCAL_CODE, Action.SHIFT})


def _lost(value: ElementValue, new: bytes | None) -> bool:
    """Whether a text lost a word or number on the way."""
    return new is not None and _WORDS(value.text()) != _WORDS(value._replace(data=new).text())


_WORDS = re.compile(r"[^\W_]+").findall


def _pseudonym(value: ElementValue, scene: Scene) -> bytes:
    text = value.text()
    if not text and value.tag == ACCESSION:
        return value.data
    return encode(_PSEUDONYMS[value.tag](text, scene), value.vr)


_PSEUDONYMS: dict[int, Callable[[str, Scene], str]] = {
    PATIENT_ID: lambda text, scene: scene.pseudonyms.patient_id(text or scene.patient),
    PATIENT_NAME: lambda _, scene: scene.pseudonyms.patient_id(scene.patient),
    ACCESSION: lambda text, scene: scene.pseudonyms.accession(text),
}


def _keep(value: ElementValue, scene: Scene) -> bytes | None:
    """As it is, unless it holds a term of this study: that part goes, whatever the tag."""
    if value.vr in _KEEPERS:
        return _KEEPERS[value.vr](value, scene)
    if value.vr not in STRINGS:
        return _keep_binary(value, scene)
    if not value.data or scene.leaks is None:
        return value.data
    text = value.text()
    if scene.leaks.search(text):
        return value.encoded(_squeezed(scene.leaks.sub(" ", text))) or dummy(value.vr, 0)
    in_disguise = not text.isascii() and scene.leaks.search(plain(text))
    return dummy(value.vr, 0) if in_disguise or scene.cleaner.is_spelled(text) else value.data


def _keep_binary(value: ElementValue, scene: Scene) -> bytes | None:
    """Binary values that hold no term and no number of the study, and that are no text."""
    if value.vr in OTHERS and is_text(value.data):
        return dummy(value.vr, len(value.data))
    folded = value.data.lower()
    is_found = any(term in folded for term in scene.raw_leaks) or scene.hidden.among(value.data)
    return dummy(value.vr, len(value.data)) if is_found else value.data


def _keep_age(value: ElementValue, _scene: Scene) -> bytes:
    """An age; above 89 years it says no more than that, and other text says nothing."""
    if not value.data or _AGE.fullmatch(value.data) is None:
        return value.data[:0]
    capped = "\\".join(dates.cap_age(part) for part in value.parts())
    return value.data if capped == value.text() else encode(capped, "AS")


def _keep_number(value: ElementValue, scene: Scene) -> bytes:
    """A number, a date or a time; text that stands in its place is cleaned as text is."""
    if not PLAIN[value.vr](value.data):
        return encode("\\".join(map(scene.cleaner.clean, value.parts())), value.vr)
    return dummy(value.vr, 0) if scene.hidden.in_text(value.data) else value.data


def _keep_uids(value: ElementValue, scene: Scene) -> bytes:
    """UIDs that no table lists, but for those of the study and those that tell something."""
    parts = value.parts()
    if _UIDS.fullmatch(value.data) and not any(_tells(part, scene) for part in parts):
        return value.data
    new = (scene.pseudonyms.uid(p) if _tells(p, scene) else p for p in parts)
    return encode("\\".join(new), "UI")


def _tells(uid: str, scene: Scene) -> bool:
    """Whether a UID is one of the study, or holds a date or a number of it, or is none."""
    if uid in scene.uids or _UIDS.fullmatch(uid.encode()) is None:
        return True
    return not is_registered(uid) and (is_made_up(uid) or scene.hidden.in_uid(uid))


def _keep_address(value: ElementValue, scene: Scene) -> bytes:
    """Addresses of standards, and UIDs as URNs that tell nothing; others may lead to a person."""
    text = value.text()
    uid = text.lower().removeprefix("urn:oid:")
    is_plain = _UIDS.fullmatch(uid.encode()) and not _tells(uid, scene)
    return value.data if is_plain or _OF_STANDARDS.match(text) else dummy("UR", 0)


_OF_STANDARDS = re.compile(
    r"https?://(?:[\w-]+\.)*(?:nema\.org|dicomstandard\.org|snomed\.(?:info|org)|loinc\.org|hl7\.org|"
    r"unitsofmeasure\.org|ihe\.net|radlex\.org|nih\.gov|w3\.org)[\w./#-]*$"
)


def _keep_code(value: ElementValue, scene: Scene) -> bytes:
    """Code strings that are known; of several values the others stay where they stand."""
    parts = value.parts()
    new = [clean_code(part, scene.cleaner) for part in parts]
    if new == parts:
        return value.data
    return encode("\\".join(new).rstrip("\\"), "CS") if any(new) else dummy("CS", 0)


def _soften(value: ElementValue, scene: Scene) -> bytes | None:
    """What a device wrote, without addresses, long numbers, titles' names and the study's terms."""
    if value.vr not in TEXTS:
        return _keep(value, scene)
    is_maker = technical.origin(keyword_of(value.tag)) is technical.Origin.MAKER
    parts = value.parts()
    new = [scene.cleaner.soften(part, is_maker) if part else "" for part in parts]
    if scene.cleaner.is_spelled(" ".join(new)):
        return b""
    return value.data if new == parts else value.encoded("\\".join(new) if any(new) else "")


def _public_code(value: ElementValue, scene: Scene) -> bytes | None:
    """Value and scheme of a code of a public scheme, which has numbers of any length."""
    return _code(value, scene, is_public=True)


def _local_code(value: ElementValue, scene: Scene) -> bytes | None:
    """Value and scheme of a code that an institution or a maker thought of."""
    return _code(value, scene, is_public=False)


def _code(value: ElementValue, scene: Scene, is_public: bool) -> bytes | None:
    """Value or scheme of a code, where it looks as codes do; else a pseudonym."""
    text = value.text()
    looks_so = is_code_value(text, is_public)
    is_own = scene.cleaner.is_own(text) or scene.cleaner.is_spelled(text)
    if not text or (looks_so and not is_own) or scene.cleaner.clean(text) == text:
        return value.data
    return encode(scene.pseudonyms.code(text), value.vr)


_AGE = re.compile(rb"[0-9DWMY\\ ]*\0?")
_UIDS = re.compile(rb"[0-9.\\ ]*\0*")
_KEEPERS: dict[str, Callable[[ElementValue, Scene], bytes]] = {
    "AS": _keep_age,
    "CS": _keep_code,
    "UI": _keep_uids,
    "UR": _keep_address,
    **dict.fromkeys(("DA", "DS", "DT", "IS", "TM"), _keep_number),
}


def _squeezed(text: str) -> str:
    return re.sub(r"[ \t]{2,}", " ", text).strip()


def _remove(_value: ElementValue, _scene: Scene) -> bytes | None:
    return None


def _empty(_value: ElementValue, _scene: Scene) -> bytes:
    return b""


def _replace(value: ElementValue, scene: Scene) -> bytes:
    if not value.data:
        return value.data
    if value.vr == "UI":
        return _uid(value, scene)
    return dummy(value.vr, len(value.data))


def _uid(value: ElementValue, scene: Scene) -> bytes:
    if value.vr not in {"UI", "UN"}:
        return _replace(value, scene)
    return encode("\\".join(map(scene.pseudonyms.uid, value.parts())), "UI")


def _clean(value: ElementValue, scene: Scene) -> bytes | None:
    if value.vr in {"DA", "DT"}:
        return _shift(value, scene)
    if value.vr not in TEXTS | {"CS", "AE", "UR"}:
        return _keep(value, scene)
    if value.vr == "CS":
        return _keep_code(value, scene)
    parts = value.parts()
    new = [scene.cleaner.clean(part) for part in parts]
    if scene.cleaner.is_spelled(" ".join(new)):
        return b""
    if new == parts:
        return value.data
    return value.encoded("\\".join(new)) if any(new) else b""


def _shift(value: ElementValue, scene: Scene) -> bytes | None:
    if value.vr not in {"DA", "DT"}:
        return _keep_time(value) if value.vr == "TM" else _remove(value, scene)
    days = scene.pseudonyms.shift_days(scene.patient)
    moved = [dates.shift(part, days) if part else "" for part in value.parts()]
    if None in moved:
        return b""
    return encode("\\".join(part or "" for part in moved), value.vr)


def _keep_time(value: ElementValue) -> bytes:
    """Times of day; what is none goes."""
    return value.data if all(map(dates.is_time, value.parts())) else b""


def _hash(value: ElementValue, scene: Scene) -> bytes:
    if value.vr == "UI":
        return _uid(value, scene)
    if value.vr not in TEXTS | {"CS", "AE"}:
        return _replace(value, scene)
    parts = [scene.pseudonyms.code(part) if part else "" for part in value.parts()]
    return encode("\\".join(parts), value.vr)


_ACTIONS: dict[Action, Callable[[ElementValue, Scene], bytes | None]] = {
    Action.KEEP: _keep,
    Action.REMOVE: _remove,
    Action.EMPTY: _empty,
    Action.REPLACE: _replace,
    Action.UID: _uid,
    Action.CLEAN: _clean,
    Action.SOFTEN: _soften,
    Action.CODE: _public_code,
    Action.LOCAL_CODE: _local_code,
    Action.SHIFT: _shift,
    Action.HASH: _hash,
}
