"""Walk an instance's elements at every depth and carry out what the policy says of each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from pixelscrub.dicom.constants import ITEM, ITEM_END, SEQUENCE_END, UNDEFINED
from pixelscrub.dicom.elements import (
    Element,
    Encoding,
    Item,
    head_of,
    items_of,
    keyword_of,
    true_vr,
)
from pixelscrub.dicom.values import CHARACTER_SET, ElementValue, charsets_of, decode
from pixelscrub.identity.terms import kind_of
from pixelscrub.tags import structured
from pixelscrub.tags.actions import Scene, carry_out
from pixelscrub.tags.done import TagCounts
from pixelscrub.tags.policy import (
    Action,
    Context,
    Decision,
    ElementPlace,
    Mood,
    Policy,
    Verdict,
    Verdicts,
)

_MOODS: dict[Action, Mood] = {
    Action.CLEAN: "clean",
    Action.REPLACE: "replace",
    Action.HASH: "replace",
}
_ORDER: list[Mood] = ["keep", "clean", "replace"]
_SHORT_HEAD = 8
Outcome = Literal["removed", "emptied", "replaced", "kept"]


class Step(NamedTuple):
    """One element's fate, for a person to read.

    Attributes:
        path: keywords or tags from the top down.
        vr: value representation.
        action: what was done.
        why: the rule.
        changed: whether the bytes differ.
        value: the text that stood there, empty for sequences and binary values.
    """

    path: tuple[str, ...]
    vr: str
    action: Action
    why: str
    changed: bool
    value: str = ""


@dataclass(slots=True)
class Level:
    """One data set on the way down.

    Attributes:
        charsets: Python encodings of its text.
        context: the sequence it stands in, and how texts are treated there.
        known: what is known of the elements in this context.
        path: keywords from the top.
        creators: private creator by group and block.
        concept: fate of the value where the data set is a content item.
    """

    charsets: tuple[str, ...]
    context: Context
    known: Verdicts
    path: tuple[str, ...] = ()
    creators: dict[int, str] = field(default_factory=dict)
    concept: Decision | None = None


_ANYWHERE = ElementPlace(0, "UN", "", "", "keep", False, "")
_GROUP_LENGTH = Verdict(
    _ANYWHERE, Decision(Action.REMOVE, "retired, and no longer true"), drops=True
)
_CREATOR = Verdict(
    _ANYWHERE, Decision(Action.KEEP, "stays with its elements"), passes=lambda _: True
)
_Key = tuple[Verdict, Encoding, tuple[str, ...], bytes]


@dataclass(slots=True)
class HeaderRewriter:
    """One instance on its way; `counts` and `steps` tell what happened.

    Attributes:
        policy, scene: what is to be done, and with what.
        steps: filled where it is a list.
        spared: names, numbers and the like that a rule of the recipe kept.
        weaker: there was such an element.
    """

    policy: Policy
    scene: Scene
    counts: TagCounts = field(default_factory=TagCounts)
    steps: list[Step] | None = None
    spared: set[str] = field(default_factory=set)
    weaker: bool = False
    _memory: dict[_Key, tuple[bytes | None, TagCounts]] = field(default_factory=dict)

    def level(
        self, charsets: tuple[str, ...], context: Context, path: tuple[str, ...] = ()
    ) -> Level:
        """A data set to begin."""
        return Level(charsets, context, self.policy.verdicts(context), path)

    def data_set(
        self, found: Iterable[Element], level: Level, how: Encoding, source: bytes
    ) -> dict[int, bytes]:
        """What remains of a data set, each element as it is to be written, by tag.

        Of an element that stands there twice the last one counts. Group lengths are retired,
        and no longer true; private creators stay with the elements that need them.
        """
        chunks: dict[int, bytes] = {}
        known = level.known if self.steps is None and level.concept is None else {}
        kept = removed = 0
        hidden = self.scene.hidden
        for element in found:
            tag = element.tag
            verdict = known.get((tag, element.vr, element.is_sequence))
            if verdict is None:
                verdict = self._verdict(element, level)
            if verdict.drops:
                removed += 1
            elif (
                verdict.passes is not None
                and verdict.passes(element.value)
                and (len(element.value) < 4 or not hidden.tells(element.value, verdict.place.vr))
            ):
                kept += 1
                chunks[tag] = _as_it_was(element, how, source)
            else:
                new = self._element(element, verdict, level, source)
                if new is not None:
                    chunks[tag] = _written(element, new, how, source)
        self.counts.kept += kept
        self.counts.removed += removed
        return _without_unused_creators(chunks) if level.creators else chunks

    def _verdict(self, element: Element, level: Level) -> Verdict:
        tag, creator = element.tag, None
        if not tag & 0xFFFF:
            return _GROUP_LENGTH
        if is_creator(tag):
            name = decode(element.value, "LO", level.charsets)
            level.creators[block_of(tag)] = name
            return _CREATOR
        if tag & 0x10000 and self.policy.by_creator:
            creator = level.creators.get(tag >> 8, "")
        verdict = self.policy.judge(level.context, element, creator)
        if level.concept is not None and tag in structured.VALUES:
            return Verdict(verdict.place, level.concept)
        return verdict if self.steps is None else Verdict(verdict.place, verdict.fate)

    def _element(
        self, element: Element, verdict: Verdict, level: Level, source: bytes
    ) -> bytes | None:
        """The new value of an element; None where it goes."""
        self.weaker |= verdict.fate.weaker
        if element.is_sequence:
            return self._seen_before(element, verdict, level, source)
        if element.tag == CHARACTER_SET:
            level.charsets = charsets_of(element.value)
        vr = verdict.place.vr
        value = ElementValue(element.tag, vr, element.value, level.charsets)
        if verdict.fate.weaker and kind_of(element.tag, vr):
            self.spared.add(value.text())
        new = carry_out(verdict.fate, value, self.scene)
        self._note(outcome(element.value, new), verdict, level, value)
        return new

    def _seen_before(
        self, element: Element, verdict: Verdict, level: Level, source: bytes
    ) -> bytes | None:
        """What became of the same bytes at the same place: frames repeat their sequences."""
        if self.steps is not None or not level.path:
            return self._sequence(element, verdict, level, source)
        key = (verdict, element.inner, level.charsets, source[element.at : element.end])
        known = self._memory.get(key)
        if known is None:
            outside, self.counts = self.counts, TagCounts()
            known = self._sequence(element, verdict, level, source), self.counts
            self._memory[key] = known
            self.counts = outside
        self.counts.add(known[1])
        return known[0]

    def _sequence(
        self, element: Element, verdict: Verdict, level: Level, source: bytes
    ) -> bytes | None:
        action, tag = verdict.fate.action, verdict.place.tag
        value = ElementValue(tag, "SQ", b"", level.charsets)
        if action is Action.REMOVE:
            self._note("removed", verdict, level, value)
            return None
        items = items_of(element, source, len(level.path))
        if action is Action.EMPTY or not items:
            self._note("emptied" if items else "kept", verdict, level, value)
            return b""
        replaced = action in {Action.REPLACE, Action.HASH}
        dummy = structured.dummy(tag, element.inner) if replaced else None
        self._note("kept" if dummy is None else "replaced", verdict, level, value)
        if dummy is not None:
            return dummy
        inner = self._inside(verdict, level)
        return b"".join([self._item(item, inner, source) for item in items])

    def _inside(self, verdict: Verdict, level: Level) -> Level:
        tag = verdict.place.tag
        name = keyword_of(tag) or f"{tag:08X}"
        mood = max(level.context.mood, _MOODS.get(verdict.fate.action, "keep"), key=_ORDER.index)
        context = Context(name, mood, False, level.context.iod)
        return self.level(level.charsets, context, (*level.path, name))

    def _item(self, item: Item, level: Level, source: bytes) -> bytes:
        context = level.context
        if structured.is_public_code(item.elements):
            context = context._replace(coded=True)
        own = self.level(level.charsets, context, level.path)
        if structured.OPTION in self.policy.options:
            own.concept = structured.fate(item.elements, source, self.policy.options)
            if own.concept is not None and own.concept.action is Action.REMOVE:
                self.counts.removed += 1
                return b""
        body = b"".join(self.data_set(item.elements, own, item.how, source).values())
        if not item.undefined:
            return head_of(ITEM, None, len(body), item.how) + body
        start = head_of(ITEM, None, UNDEFINED, item.how)
        return start + body + head_of(ITEM_END, None, 0, item.how)

    def _note(self, what: Outcome, verdict: Verdict, level: Level, value: ElementValue) -> None:
        """Count an element, and write down its fate."""
        setattr(self.counts, what, getattr(self.counts, what) + 1)
        if self.steps is None:
            return
        place, fate = verdict.place, verdict.fate
        name = keyword_of(place.tag) or f"{place.tag:08X}"
        path = (*level.path, name)
        self.steps.append(
            Step(path, place.vr, fate.action, fate.why, what != "kept", value.shown())
        )


def outcome(old: bytes, new: bytes | None) -> Outcome:
    """What became of an element, as the counts name it."""
    if new is None:
        return "removed"
    if new is old or new == old:
        return "kept"
    return "replaced" if new else "emptied"


def _as_it_was(element: Element, how: Encoding, source: bytes) -> bytes:
    """A leaf as it stands in the source, but for the two spare bytes of long heads."""
    if element.at - element.start == _SHORT_HEAD:
        return source[element.start : element.end]
    return head_of(element.tag, element.vr, len(element.value), how) + element.value


def _written(element: Element, new: bytes, how: Encoding, source: bytes) -> bytes:
    vr = element.vr
    if not element.is_sequence:
        if new is element.value:
            return _as_it_was(element, how, source)
        vr = true_vr(element.tag, vr) if vr == "UN" else vr
    if not element.undefined:
        return head_of(element.tag, vr, len(new), how) + new
    end = head_of(SEQUENCE_END, None, 0, how)
    return head_of(element.tag, vr, UNDEFINED, how) + new + end


def is_creator(tag: int) -> bool:
    """Whether a tag is that of a private creator (PS3.5 7.8)."""
    return bool(tag & 0x10000) and 0x10 <= tag & 0xFFFF <= 0xFF


def block_of(tag: int) -> int:
    """Group and block of a private element or of the creator that reserves it."""
    return tag >> 16 << 8 | (tag & 0xFF if is_creator(tag) else tag >> 8 & 0xFF)


def _without_unused_creators(chunks: dict[int, bytes]) -> dict[int, bytes]:
    used = {block_of(tag) for tag in chunks if tag & 0x10000 and not is_creator(tag)}
    return {t: chunk for t, chunk in chunks.items() if not is_creator(t) or block_of(t) in used}
