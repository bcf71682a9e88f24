"""Decide the fate of an attribute: the recipe's rules first, then the table, then caution."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal, NamedTuple

from pydicom.datadict import dictionary_has_tag

from pixelscrub.dicom.elements import Element, keyword_of, true_vr
from pixelscrub.dicom.values import OTHERS, TEXTS
from pixelscrub.identity import tables
from pixelscrub.recipe import TagSettings
from pixelscrub.tags import attribute_types, bands, rules, technical
from pixelscrub.tags.plain import PLAIN

DATES = frozenset({"DA", "DT", "TM"})


Mood = Literal["keep", "clean", "replace"]
_MOST_KNOWN = 100_000
"""Verdicts that are remembered; private creators come from the files, and never end."""


class Action(StrEnum):
    """What is done with an element. A sequence that is kept or cleaned is walked."""

    KEEP = "keep"
    REMOVE = "remove"
    EMPTY = "empty"
    REPLACE = "replace"
    UID = "uid"
    CLEAN = "clean"
    SOFTEN = "soften"
    CODE = "code"
    LOCAL_CODE = "local_code"
    SHIFT = "shift"
    HASH = "hash"


_STAYING = frozenset({Action.KEEP, Action.CLEAN, Action.SOFTEN, Action.SHIFT})
"""Something of the value stays."""


class Context(NamedTuple):
    """Where a data set stands.

    Attributes:
        within: keyword of the sequence it is an item of, empty at the top.
        mood: how texts that are not listed are treated: `keep`, `clean` in a sequence that is to
            be cleaned, `replace` in one that is to be replaced by a dummy.
        coded: it is a code of a public coding scheme.
        iod: name of the IOD.
    """

    within: str
    mood: Mood
    coded: bool
    iod: str


class ElementPlace(NamedTuple):
    """Where an element stands.

    Attributes:
        tag: its number; for a private one without its block, as `ggggxxee`.
        vr: its value representation, from the dictionary where the file has none.
        creator: private creator, empty for a standard element.
        within, mood, coded, iod: of its data set, see `Context`.
    """

    tag: int
    vr: str
    creator: str
    within: str
    mood: Mood
    coded: bool
    iod: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What is done with an element, and why.

    Attributes:
        why: the rule that says so: a recipe's rule, a row of the table with the option, or the
            caution for what is not listed.
        otherwise: what is done where cleaning leaves nothing.
        weaker: a recipe's rule keeps what the profile would have changed.
        whole: a text of which a word goes, goes as a whole.
        banded: what stays is made coarser.
        by_rule: a recipe's rule says so, in its own words.
    """

    action: Action
    why: str
    otherwise: Action = Action.EMPTY
    weaker: bool = False
    whole: bool = False
    banded: bool = False
    by_rule: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Verdict:
    """The fate of all elements of one tag, VR and creator in one context.

    Attributes:
        place: where they stand.
        fate: what is done with them.
        drops: they go, whatever they hold.
        passes: tells of a value that it is kept without a closer look, or None.
    """

    place: ElementPlace
    fate: Decision
    drops: bool = False
    passes: Callable[[bytes], bool] | None = None


Verdicts = dict[tuple[int, str | None, str | bool], Verdict]
"""Verdicts of one context by tag, VR as written, and private creator; where that does not matter
whether it is a sequence."""
SIMPLE = {
    "X": Action.REMOVE,
    "Z": Action.EMPTY,
    "D": Action.REPLACE,
    "U": Action.UID,
    "K": Action.KEEP,
}
_ESSENTIAL = frozenset([0x00080005, 0x00080016, 0x00080018, 0x0020000D, 0x0020000E])
"""Character set, SOP class and the UIDs of instance, study and series: no rule takes them away."""
_FIRST_OF_DATA_SET = 0x00080000
_MEANINGS = frozenset({"CodeMeaning", "ExtendedCodeMeaning"})
CODES = _MEANINGS | {"CodeValue", "LongCodeValue", "URNCodeValue", "CodingSchemeDesignator"}
"""Attributes of a code (PS3.3 8.8)."""
_CODES_TO_KEEP = frozenset(
    {"ConceptNameCodeSequence", "MeasurementUnitsCodeSequence", "ConceptCodeSequence"}
)


def cleaning(vr: str) -> Action:
    """How code C is carried out for a value representation."""
    if vr in DATES:
        return Action.SHIFT
    if vr in TEXTS or vr in {"CS", "AE", "SQ"}:
        return Action.CLEAN
    return Action.REMOVE if vr in OTHERS else Action.KEEP


class Policy:
    """The settings, ready to be asked.

    Attributes:
        settings: what the recipe says.
        options: the active options.
        by_creator: it matters who made a private element.
    """

    def __init__(self, settings: TagSettings) -> None:
        self.settings = settings
        self.options = frozenset(settings.options)
        self.by_creator = bool(settings.rules) or "retain_safe_private" in self.options
        self._known: dict[Context, Verdicts] = {}

    def verdicts(self, context: Context) -> Verdicts:
        """What is known so far of the elements in `context`; see `judge`."""
        return self._known.setdefault(context, {})

    def judge(self, context: Context, element: Element, creator: str | None) -> Verdict:
        """What is to be done with an element; `creator` is None where it does not matter."""
        known, tag, vr = self.verdicts(context), element.tag, element.vr
        key = (tag, vr, element.is_sequence if creator is None else creator)
        verdict = known.get(key)
        if verdict is None:
            if len(known) > _MOST_KNOWN:
                known.clear()
            number = tag if creator is None else tag & 0xFFFF00FF
            true = "SQ" if element.is_sequence else true_vr(tag, vr)
            if creator and true in OTHERS:
                true = tables.safe_vr(creator, number) or true
            place = ElementPlace(number, true, creator or "", *context)
            verdict = known[key] = self._verdict(place)
        return verdict

    def _verdict(self, place: ElementPlace) -> Verdict:
        fate = self._made_coarser(self.fate(place), place)
        if fate.action is Action.REMOVE:
            return Verdict(place, fate, drops=True)
        is_plain = fate.action is Action.KEEP and not (fate.weaker or fate.banded)
        return Verdict(place, fate, passes=PLAIN.get(place.vr) if is_plain else None)

    def _made_coarser(self, fate: Decision, place: ElementPlace) -> Decision:
        """What is done where the recipe wants people to look alike."""
        if not self.settings.generalise or fate.action not in _STAYING:
            return fate
        keyword = keyword_of(place.tag)
        if keyword in bands.SERIALS:
            return Decision(Action.EMPTY, "ours: generalised")
        return replace(fate, banded=bands.is_banded(keyword, place.vr))

    def fate(self, place: ElementPlace) -> Decision:
        """What is to be done with the element at `place`."""
        by_profile = self._profile(place)
        number, rule = rules.first_match(self.settings.rules, place)
        if rule is None:
            return by_profile
        action = Action(rule.action)
        if place.tag in _ESSENTIAL and action not in {Action.KEEP, Action.HASH}:
            return by_profile
        weaker = action is Action.KEEP and by_profile.action is not Action.KEEP
        why = f"rule {number}"
        return Decision(action, why, by_profile.otherwise, weaker, by_rule=True)

    def _profile(self, place: ElementPlace) -> Decision:
        if place.tag < _FIRST_OF_DATA_SET:
            return Decision(
                Action.REMOVE, "ours: commands, file meta and directories are no data set"
            )
        if (place.tag >> 16) % 2:
            return self._private(place)
        row = tables.row(place.tag)
        if row is None:
            return self._unlisted(place)
        code, option = row.code(self.options)
        where = (keyword_of(place.tag), place.within, place.iod)
        resolved = attribute_types.resolve(code, *where)
        why = f"{row.source} {option or 'basic'} {code}"
        action = cleaning(place.vr) if resolved == "C" else SIMPLE[resolved]
        otherwise = SIMPLE[attribute_types.resolve(row.basic, *where)]
        return Decision(action, why if resolved == code else f"{why} as {resolved}", otherwise)

    def _private(self, place: ElementPlace) -> Decision:
        safe = tables.safe_private().get((place.creator, place.tag >> 16, place.tag & 0xFF))
        if "retain_safe_private" not in self.options or safe is None or place.mood == "replace":
            return Decision(Action.REMOVE, "E.1-1 basic X: private")
        if place.vr != "SQ" and safe == "SQ":
            return Decision(Action.REMOVE, "E.3.10-1: no sequence, as the table has it")
        return Decision(self._for_safe(place.vr), "E.3.10-1 retain_safe_private C")

    def _for_safe(self, vr: str) -> Action:
        """What is done with a safe private element: texts are cleaned, dates are as all dates."""
        if vr in TEXTS:
            return Action.CLEAN
        if vr not in DATES or "retain_full_dates" in self.options:
            return Action.KEEP
        return Action.SHIFT if "retain_modified_dates" in self.options else Action.REMOVE

    def _unlisted(self, place: ElementPlace) -> Decision:
        if not dictionary_has_tag(place.tag):
            return Decision(Action.REMOVE, "unlisted: not in the dictionary")
        if place.vr == "PN":
            return Decision(Action.EMPTY, "unlisted: a person's name")
        if place.vr in DATES and "retain_modified_dates" in self.options:
            return Decision(Action.SHIFT, "unlisted: a date, moved with the others")
        if place.mood == "replace" and self._tells_something(place):
            return Decision(Action.REPLACE, "in a sequence that is replaced")
        if place.vr in TEXTS:
            return self._free_text(place)
        return Decision(Action.KEEP, "unlisted")

    def _free_text(self, place: ElementPlace) -> Decision:
        """What becomes of a text that no table lists."""
        keyword = keyword_of(place.tag)
        if keyword in CODES and keyword not in _MEANINGS:
            action = Action.CODE if place.coded else Action.LOCAL_CODE
            return Decision(action, "unlisted: a code", Action.REPLACE)
        if place.coded and keyword in CODES:
            return Decision(Action.SOFTEN, "unlisted: a public code", Action.REPLACE)
        if technical.origin(keyword) is not technical.Origin.PERSON:
            return Decision(Action.SOFTEN, "unlisted: written by devices", Action.REPLACE)
        if place.mood == "clean":
            return Decision(Action.CLEAN, "in a sequence that is cleaned", Action.REPLACE)
        whole = "clean_descriptors" not in self.options
        return Decision(Action.CLEAN, "unlisted: free text", Action.REPLACE, whole=whole)

    @staticmethod
    def _tells_something(place: ElementPlace) -> bool:
        return place.within not in _CODES_TO_KEEP and (
            place.vr in TEXTS or place.vr in OTHERS or keyword_of(place.tag) == "GraphicData"
        )
