"""De-identify one header in place: PS3.15 Annex E, whatever the depth."""

from __future__ import annotations

import copy
from dataclasses import replace
from functools import lru_cache

from pydicom import Dataset

from pixelscrub.errors import Reason, guarded
from pixelscrub.recipe import TagSettings
from pixelscrub.tags import header as headers
from pixelscrub.tags import sop_classes
from pixelscrub.tags.actions import PATIENT_ID, PATIENT_NAME, Scene
from pixelscrub.tags.done import Done, TagCounts
from pixelscrub.tags.elements import Element
from pixelscrub.tags.file_meta import new_file_meta
from pixelscrub.tags.freetext import Cleaner
from pixelscrub.tags.marks import mark
from pixelscrub.tags.policy import Mood, Policy
from pixelscrub.tags.pseudonyms import Pseudonyms
from pixelscrub.tags.terms import MIN_DIGITS, Terms, pattern
from pixelscrub.tags.walk import Level, Step, Walk, block_of, is_creator, used_blocks

SOP_CLASS, STUDY = 0x00080016, 0x0020000D
_BIRTH_DATE = 0x00100030
_policy = lru_cache(maxsize=8)(Policy)


def deidentify(
    header: Dataset,
    settings: TagSettings,
    pseudonyms: Pseudonyms,
    done: Done,
    terms: Terms | None = None,
) -> TagCounts:
    """De-identify `header` in place, file meta, preamble and marks included.

    Args:
        header: with or without pixel data, which is left alone; elements may be raw.
        settings: the recipe's section.
        pseudonyms: makes the pseudonyms.
        done: what was done to the pixels of this instance.
        terms: what identifies in the whole study; those of this header are always added.

    Raises:
        HeldError: UNKNOWN_SOP_CLASS or UNSUPPORTED_CONTENT, where nothing can judge the
            content; TAGS_FAILED, where the header cannot be understood.
    """
    with guarded(Reason.TAGS_FAILED):
        walk = _walk(header, settings, pseudonyms, terms or Terms())
        _finish(header, settings, done, walk)
        return walk.counts


def explain(header: Dataset, settings: TagSettings, terms: Terms | None = None) -> list[Step]:
    """What `deidentify` would do with each element, and why; the header stays as it is.

    Raises:
        HeldError: as `deidentify`.
    """
    with guarded(Reason.TAGS_FAILED):
        draft = copy.deepcopy(header)
        walk = _walk(draft, settings, Pseudonyms(bytes(32)), terms or Terms(), trace=True)
        return walk.steps or []


def _walk(
    header: Dataset,
    settings: TagSettings,
    pseudonyms: Pseudonyms,
    terms: Terms,
    trace: bool = False,
) -> Walk:
    sop_class = sop_classes.sop_class(headers.text(header, SOP_CLASS))
    mood: Mood = "keep" if sop_class.can_be_judged else "replace"
    if mood == "replace" and settings.unsupported == "hold":
        raise sop_class.held()
    found, charsets = list(headers.elements(header)), headers.charsets(header)
    terms |= Terms.among(found, charsets)
    if "retain_uids" in settings.options:
        terms = replace(terms, uids=frozenset())
    scene = _scene(header, pseudonyms, terms)
    walk = Walk(_policy(settings), scene, sop_class.iod)
    walk.steps = [] if trace else None
    level = Level(charsets, mood=mood)
    for element in found:
        _apply(header, element, walk.element(element, level, element.value))
    _drop_unused_creators(header)
    return walk


def _scene(header: Dataset, pseudonyms: Pseudonyms, terms: Terms) -> Scene:
    variants = terms.variants()
    leaks = pattern(variants)
    return Scene(
        pseudonyms=pseudonyms,
        patient=patient_of(header),
        cleaner=Cleaner(terms.name_words(), terms.words(), leaks),
        leaks=leaks,
        raw_leaks=tuple({v.lower().encode() for v in variants if len(v) >= MIN_DIGITS}),
        uids=terms.uids,
    )


def patient_of(header: Dataset) -> str:
    """Whom an instance belongs to: Patient ID, else name and date of birth, else the study."""
    patient = headers.text(header, PATIENT_ID)
    named = f"{headers.text(header, PATIENT_NAME)}|{headers.text(header, _BIRTH_DATE)}".strip("|")
    return patient or named or headers.text(header, STUDY)


def _apply(header: Dataset, element: Element, new: bytes | None) -> None:
    if new is None or element.tag & 0xFFFF == 0:
        del header[element.tag]
    elif new != element.value:
        headers.replace(header, element, new)


def _drop_unused_creators(header: Dataset) -> None:
    used = used_blocks(header.keys())
    creators = filter(is_creator, list(header.keys()))
    for tag in (creator for creator in creators if block_of(creator) not in used):
        del header[tag]


def _finish(header: Dataset, settings: TagSettings, done: Done, walk: Walk) -> None:
    mark(header, settings, done, whole_profile=not walk.weaker)
    header.file_meta = new_file_meta(header)
    header.preamble = b"\0" * 128
