"""Walk an instance's elements at every depth and carry out what the policy says of each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from pixelscrub.tags import structured
from pixelscrub.tags.actions import Scene, carry_out
from pixelscrub.tags.done import TagCounts
from pixelscrub.tags.elements import (
    ITEM,
    ITEM_END,
    SEQUENCE_END,
    UNDEFINED,
    Element,
    Encoding,
    Item,
    head_of,
    items_of,
    keyword_of,
    true_vr,
)
from pixelscrub.tags.policy import Action, Fate, Mood, Place, Policy
from pixelscrub.tags.values import Value, charsets_of, decode

CHARACTER_SET = 0x00080005


_MOODS: dict[Action, Mood] = {
    Action.CLEAN: "clean",
    Action.REPLACE: "replace",
    Action.HASH: "replace",
}


class Step(NamedTuple):
    """One element's fate, for a person to read.

    Attributes:
        path: keywords or tags from the top down.
        vr: value representation.
        action: what was done.
        why: the rule.
        changed: whether the bytes differ.
    """

    path: tuple[str, ...]
    vr: str
    action: Action
    why: str
    changed: bool


@dataclass(slots=True)
class Level:
    """One data set on the way down.

    Attributes:
        within: keyword of the sequence it is an item of, empty at the top.
        charsets: Python encodings of its text.
        mood: how texts that are not listed are treated (see `Place`).
        coded: it is a code of a public coding scheme.
        path: keywords from the top.
        creators: private creator by group and block.
        concept: fate of the value where the data set is a content item.
    """

    charsets: list[str]
    within: str = ""
    mood: Mood = "keep"
    coded: bool = False
    path: tuple[str, ...] = ()
    creators: dict[int, str] = field(default_factory=dict)
    concept: Fate | None = None


_Key = tuple[Place, Encoding, tuple[str, ...], bytes]


@dataclass(slots=True)
class Walk:
    """One instance on its way; `counts` and `steps` tell what happened.

    Attributes:
        policy, scene: what is to be done, and with what.
        iod: name of the IOD.
        steps: filled where it is a list.
        weaker: a rule of the recipe kept what the profile would have changed.
    """

    policy: Policy
    scene: Scene
    iod: str
    counts: TagCounts = field(default_factory=TagCounts)
    steps: list[Step] | None = None
    weaker: bool = False
    _memory: dict[_Key, tuple[bytes | None, TagCounts]] = field(default_factory=dict)

    def element(self, element: Element, level: Level, source: bytes) -> bytes | None:
        """The new value of an element; None where it goes. Creators are always left."""
        vr = true_vr(element.tag, element.vr)
        if element.tag == CHARACTER_SET:
            level.charsets = charsets_of(element.value)
        if is_creator(element.tag):
            block = element.tag >> 16 << 8 | element.tag & 0xFF
            level.creators[block] = decode(element.value, "LO", level.charsets)
            return element.value
        place = self._place(element, "SQ" if element.is_sequence else vr, level)
        fate = self._fate(place, level)
        self.weaker |= fate.weaker
        if element.is_sequence:
            return self._seen_before(element, place, fate, level, source)
        value = Value(element.tag, vr, element.value, level.charsets)
        new = carry_out(fate, value, self.scene)
        self._note(place, fate, level, element.value, new)
        return new

    def _seen_before(
        self, element: Element, place: Place, fate: Fate, level: Level, source: bytes
    ) -> bytes | None:
        """What became of the same bytes at the same place: frames repeat their sequences."""
        if self.steps is not None or not level.path or level.concept is not None:
            return self._sequence(element, place, fate, level, source)
        key = (place, element.inner, tuple(level.charsets), source[element.at : element.end])
        if key not in self._memory:
            before = replace(self.counts)
            new = self._sequence(element, place, fate, level, source)
            self._memory[key] = new, self.counts.since(before)
            return new
        new, counted = self._memory[key]
        self.counts.add(counted)
        return new

    def _fate(self, place: Place, level: Level) -> Fate:
        if level.concept is not None and place.tag in structured.VALUES:
            return level.concept
        return self.policy.fate(place)

    def _place(self, element: Element, vr: str, level: Level) -> Place:
        tag, creator = element.tag, ""
        if tag >> 16 & 1:
            creator = level.creators.get(tag >> 8, "")
            tag &= 0xFFFF00FF
        return Place(tag, vr, level.within, creator, level.mood, level.coded, self.iod)

    def _sequence(
        self, element: Element, place: Place, fate: Fate, level: Level, source: bytes
    ) -> bytes | None:
        if fate.action is Action.REMOVE:
            self._note(place, fate, level, source, None)
            return None
        items = items_of(element, source, len(level.path))
        if fate.action is Action.EMPTY or not items:
            self._note(place, fate, level, b"items"[: len(items)], b"")
            return b""
        replaced = fate.action in {Action.REPLACE, Action.HASH}
        dummy = structured.dummy(place.tag, element.inner) if replaced else None
        self._note(place, fate, level, b"", b"")
        if dummy is not None:
            return dummy
        inner = self._inside(place, level, fate.action)
        return b"".join(self._item(item, inner, source) for item in items)

    @staticmethod
    def _inside(place: Place, level: Level, action: Action) -> Level:
        name = keyword_of(place.tag) or f"{place.tag:08X}"
        mood = max(level.mood, _MOODS.get(action, "keep"), key=["keep", "clean", "replace"].index)
        return Level(level.charsets, name, mood, path=(*level.path, name))

    def _item(self, item: Item, level: Level, source: bytes) -> bytes:
        coded = level.mood == "clean" and structured.is_public_code(item.elements)
        own = Level(level.charsets, level.within, level.mood, coded, level.path)
        if structured.OPTION in self.policy.options:
            own.concept = structured.fate(item.elements, source, self.policy.options)
            if own.concept is not None and own.concept.action is Action.REMOVE:
                self.counts.removed += 1
                return b""
        body = self._body(item.elements, own, item.how, source)
        if not item.undefined:
            return head_of(ITEM, None, len(body), item.how) + body
        start = head_of(ITEM, None, UNDEFINED, item.how)
        return start + body + head_of(ITEM_END, None, 0, item.how)

    def _body(self, found: Iterable[Element], level: Level, how: Encoding, source: bytes) -> bytes:
        chunks: list[tuple[int, bytes]] = []
        for element in found:
            if element.tag & 0xFFFF == 0:
                continue  # group lengths are retired, and no longer true
            new = self.element(element, level, source)
            if new is not None:
                chunks.append((element.tag, self._written(element, new, how, source)))
        if not level.creators:
            return b"".join(chunk for _, chunk in chunks)
        used = used_blocks(tag for tag, _ in chunks)
        return b"".join(c for tag, c in chunks if not is_creator(tag) or block_of(tag) in used)

    @staticmethod
    def _written(element: Element, new: bytes, how: Encoding, source: bytes) -> bytes:
        if not element.is_sequence and new is element.value:
            return source[element.start : element.end]
        vr = element.vr
        if vr == "UN" and not element.is_sequence:
            vr = true_vr(element.tag, vr)
        if not element.undefined:
            return head_of(element.tag, vr, len(new), how) + new
        end = head_of(SEQUENCE_END, None, 0, how)
        return head_of(element.tag, vr, UNDEFINED, how) + new + end

    def _note(self, place: Place, fate: Fate, level: Level, old: bytes, new: bytes | None) -> None:
        changed = new is None or new != old
        if new is None:
            self.counts.removed += 1
        elif not changed:
            self.counts.kept += 1
        elif new:
            self.counts.replaced += 1
        else:
            self.counts.emptied += 1
        if self.steps is not None:
            name = keyword_of(place.tag) or f"{place.tag:08X}"
            step = Step((*level.path, name), place.vr, fate.action, fate.why, changed)
            self.steps.append(step)


def is_creator(tag: int) -> bool:
    """Whether a tag is that of a private creator (PS3.5 7.8)."""
    return bool(tag >> 16 & 1) and 0x10 <= tag & 0xFFFF <= 0xFF


def block_of(tag: int) -> int:
    """Group and block of a private element or of the creator that reserves it."""
    return tag >> 16 << 8 | (tag & 0xFF if is_creator(tag) else tag >> 8 & 0xFF)


def used_blocks(tags: Iterable[int]) -> frozenset[int]:
    """The private blocks that hold an element besides their creator."""
    return frozenset(block_of(tag) for tag in tags if tag >> 16 & 1 and not is_creator(tag))
