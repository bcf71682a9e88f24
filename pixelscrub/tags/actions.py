"""What becomes of one value: one short function an action."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from pixelscrub.dicom.values import STRINGS, TEXTS, ElementValue, dummy, encode
from pixelscrub.identity import dates, free_text
from pixelscrub.identity.pseudonyms import Pseudonyms
from pixelscrub.identity.terms import plain
from pixelscrub.tags.plain import PLAIN
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
    """

    pseudonyms: Pseudonyms
    patient: str
    cleaner: free_text.Cleaner
    leaks: re.Pattern[str] | None = None
    raw_leaks: tuple[bytes, ...] = ()
    uids: frozenset[str] = field(default_factory=frozenset)


def carry_out(fate: Decision, value: ElementValue, scene: Scene) -> bytes | None:
    """The bytes that `fate` makes of `value`; None where the element is to be removed.

    Patient ID, name and accession number become pseudonyms wherever the table has them emptied
    or replaced, as PS3.15 allows a dummy for Z.
    """
    if fate.weaker:
        return value.data  # the recipe's own word, against the net for leaks as well
    if value.tag in _PSEUDONYMS and fate.action in {Action.EMPTY, Action.REPLACE, Action.HASH}:
        return _pseudonym(value, scene)
    new = _ACTIONS[fate.action](value, scene)
    if new == b"" and value.data and fate.action in {Action.CLEAN, Action.SHIFT}:
        return _ACTIONS[fate.otherwise](value, scene)
    return new


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
    if not value.data or scene.leaks is None:
        return value.data
    if value.vr not in STRINGS:
        folded = value.data.lower()
        found = any(term in folded for term in scene.raw_leaks)
        return dummy(value.vr, len(value.data)) if found else value.data
    text = value.text()
    if scene.leaks.search(text):
        return value.encoded(_squeezed(scene.leaks.sub(" ", text))) or dummy(value.vr, 0)
    in_disguise = not text.isascii() and scene.leaks.search(plain(text))
    return dummy(value.vr, 0) if in_disguise else value.data


def _keep_age(value: ElementValue, _scene: Scene) -> bytes:
    """An age; above 89 years it says no more than that, and other text says nothing."""
    if not value.data or _AGE.fullmatch(value.data) is None:
        return value.data[:0]
    capped = dates.cap_age(value.text())
    return value.data if capped == value.text() else encode(capped, "AS")


def _keep_number(value: ElementValue, scene: Scene) -> bytes:
    """A number, a date or a time; text that stands in its place is cleaned as text is."""
    if PLAIN[value.vr](value.data):
        return value.data
    return encode("\\".join(map(scene.cleaner.clean, value.parts())), value.vr)


def _keep_uids(value: ElementValue, scene: Scene) -> bytes:
    """UIDs that no table lists, but for those of the study and for what is none."""
    parts = value.parts()
    if scene.uids.isdisjoint(parts) and _UIDS.fullmatch(value.data):
        return value.data
    is_known = [_UIDS.fullmatch(p.encode()) and p not in scene.uids for p in parts]
    new = (
        p if known else scene.pseudonyms.uid(p) for p, known in zip(parts, is_known, strict=True)
    )
    return encode("\\".join(new), "UI")


_AGE = re.compile(rb"[0-9DWMY\\ ]*\0?")
_UIDS = re.compile(rb"[0-9.\\ ]*\0*")
_KEEPERS: dict[str, Callable[[ElementValue, Scene], bytes]] = {
    "AS": _keep_age,
    "UI": _keep_uids,
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
    parts = [scene.cleaner.clean(part) for part in value.parts()]
    return value.encoded("\\".join(parts)) if any(parts) else b""


def _shift(value: ElementValue, scene: Scene) -> bytes | None:
    if value.vr not in {"DA", "DT"}:
        return value.data if value.vr == "TM" else _remove(value, scene)
    days = scene.pseudonyms.shift_days(scene.patient)
    moved = [dates.shift(part, days) if part else "" for part in value.parts()]
    if None in moved:
        return b""
    return encode("\\".join(part or "" for part in moved), value.vr)


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
    Action.SHIFT: _shift,
    Action.HASH: _hash,
}
