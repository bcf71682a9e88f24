"""De-identify an instance: PS3.15 Annex E, whatever the depth.

`rewrite` goes from file to file, for instances whose pixels stay; `deidentify` changes a header
whose pixels another step edits. Both have the header as bytes and do the same with it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import BinaryIO, NamedTuple

from pydicom import Dataset

from pixelscrub.dicom import header as headers
from pixelscrub.dicom.constants import PREAMBLE, UNDEFINED
from pixelscrub.dicom.elements import EXPLICIT_LITTLE, head_of
from pixelscrub.dicom.file_meta import new_file_meta
from pixelscrub.dicom.parts import Encoded, Parts
from pixelscrub.dicom.values import decode
from pixelscrub.errors import HeldError, Reason, guarded
from pixelscrub.identity import spellings
from pixelscrub.identity.free_text import Cleaner
from pixelscrub.identity.hidden_numbers import hidden_numbers
from pixelscrub.identity.pseudonyms import CrosswalkEntry, Pseudonyms
from pixelscrub.identity.terms import MIN_DIGITS, Terms, pattern
from pixelscrub.recipe import TagSettings
from pixelscrub.tags import sop_classes
from pixelscrub.tags.actions import PATIENT_ID, PATIENT_NAME, Scene
from pixelscrub.tags.codes import marks
from pixelscrub.tags.done import Done, TagCounts
from pixelscrub.tags.encrypted import SEQUENCE, encrypted_attributes
from pixelscrub.tags.policy import Context, Mood, Policy
from pixelscrub.tags.rewrite import HeaderRewriter, Level, Step

SOP_CLASS, SOP_INSTANCE, STUDY = 0x00080016, 0x00080018, 0x0020000D
_BIRTH_DATE = 0x00100030
_BLOCK = 2**20
_IN_BINARY = ("utf-8", "utf-16-le", "utf-16-be")
_policy = lru_cache(maxsize=8)(Policy)


class Cleaned(NamedTuple):
    """A header after its de-identification.

    Attributes:
        meta: file meta information, without preamble.
        pieces: the data set before the pixel data and after.
        counts: elements by what became of them.
        spared: names, numbers and the like that a rule of the recipe kept.
        pseudonyms: what was made, for the crosswalk; empty where the recipe wants none.
    """

    meta: bytes
    pieces: list[bytes]
    counts: TagCounts
    spared: frozenset[str]
    pseudonyms: list[CrosswalkEntry]


@dataclass(frozen=True, slots=True)
class HeaderTask:
    """How a header is to be de-identified.

    Attributes:
        settings: the recipe's section.
        pseudonyms: makes the pseudonyms.
        done: what was done to the pixels of this instance; the marks say it.
        terms: what identifies in the whole study; those of the header are always added.
        patient: whom the study belongs to; by default what the header says.
    """

    settings: TagSettings
    pseudonyms: Pseudonyms
    done: Done = field(default_factory=Done)
    terms: Terms = field(default_factory=Terms)
    patient: str = ""


def deidentify(header: Dataset, task: HeaderTask) -> Cleaned:
    """De-identify `header` in place, file meta, preamble and marks included.

    Args:
        header: with or without pixel data, which is left alone; elements may be raw.
        task: how.

    Returns:
        what became of it; `header` itself holds the result.

    Raises:
        HeldError: UNKNOWN_SOP_CLASS or UNSUPPORTED_CONTENT, where nothing can judge the
            content; TAGS_FAILED, where the header cannot be understood.
    """
    with guarded(Reason.TAGS_FAILED):
        meta = getattr(header, "file_meta", None)
        syntax = str(meta.get("TransferSyntaxUID") or "") if meta else ""
        cleaned = _clean(headers.encoded(header), syntax, task)
        headers.adopt(header, cleaned.meta, b"".join(cleaned.pieces))
        return cleaned


def rewrite(out: BinaryIO, parts: Parts, task: HeaderTask) -> Cleaned:
    """Write the instance, de-identified, to `out`; pixel data are copied byte for byte.

    Args:
        out: open for writing.
        parts: the original.
        task: how.

    Returns:
        what was written, and what became of the elements.

    Raises:
        HeldError: as `deidentify`.
    """
    with guarded(Reason.TAGS_FAILED):
        cleaned = _clean(parts.header, parts.syntax, task)
    before, after = cleaned.pieces
    out.write(PREAMBLE + cleaned.meta + before)
    _copy_pixels(out, parts)
    out.write(after)
    return cleaned


def explain(header: Dataset, settings: TagSettings, terms: Terms | None = None) -> list[Step]:
    """What `deidentify` would do with each element, and why; the header stays as it is.

    Raises:
        HeldError: as `deidentify`.
    """
    task = HeaderTask(settings, Pseudonyms(bytes(32)), Done(document=True), terms or Terms())
    with guarded(Reason.TAGS_FAILED):
        before = headers.encoded(header)
        walk, level = _begin(before, task)
        walk.steps = []
        _walk(walk, level, before)
        return walk.steps


def _clean(header: Encoded, syntax: str, task: HeaderTask) -> Cleaned:
    walk, level = _begin(header, task)
    pieces = _walk(walk, level, header)
    for tag, mark in marks(task.settings, task.done, not walk.weaker, header.how).items():
        pieces[0][tag] = mark
    if task.settings.encrypt_for is not None:
        pieces[0][SEQUENCE] = encrypted_attributes(header, task.settings.encrypt_for)
    written = [b"".join(chunk for _, chunk in sorted(piece.items())) for piece in pieces]
    meta = new_file_meta(_uid(pieces[0], SOP_CLASS), _uid(pieces[0], SOP_INSTANCE), syntax)
    made = task.pseudonyms.take() if task.settings.crosswalk else []
    return Cleaned(meta, written, walk.counts, frozenset(walk.spared), made)


def _begin(header: Encoded, task: HeaderTask) -> tuple[HeaderRewriter, Level]:
    sop_class = sop_classes.sop_class(header.text(SOP_CLASS), header)
    is_redacted = sop_class.content == "encapsulated" and task.done.document
    mood: Mood = "keep" if sop_class.can_be_judged or is_redacted else "replace"
    if mood == "replace" and task.settings.unsupported == "hold":
        raise sop_class.held()
    terms = task.terms | Terms.among(header)
    if "retain_uids" in task.settings.options:
        terms = replace(terms, uids=frozenset())
    scene = _scene(terms, task.pseudonyms, task.patient or patient_of(header))
    context = Context("", mood, False, sop_class.iod)
    walk = HeaderRewriter(_policy(task.settings), scene)
    return walk, walk.level(header.charsets(), context)


def _walk(walk: HeaderRewriter, level: Level, header: Encoded) -> list[dict[int, bytes]]:
    return [walk.data_set(found, level, header.how, data) for data, found in header.pieces]


def _uid(chunks: dict[int, bytes], tag: int) -> str:
    head = len(head_of(tag, "UI", 0, EXPLICIT_LITTLE))
    return decode(chunks.get(tag, b"")[head:], "UI", ())


def _copy_pixels(out: BinaryIO, parts: Parts) -> None:
    """Copy the pixel data element; its head is made anew, with its spare bytes."""
    pixels, how = parts.pixels, parts.header.how
    if pixels is None:
        return
    length = pixels.end - pixels.start if pixels.items is None else UNDEFINED
    out.write(head_of(pixels.tag, None if how.implicit else pixels.vr, length, how))
    parts.file.seek(pixels.start)
    left = pixels.end - pixels.start
    while left:
        block = parts.file.read(min(left, _BLOCK))
        if not block:
            raise HeldError(Reason.TRUNCATED_PIXEL_DATA)
        out.write(block)
        left -= len(block)


def _scene(terms: Terms, pseudonyms: Pseudonyms, patient: str) -> Scene:
    cleaner, raw = _searched(replace(terms, uids=frozenset()))
    hidden = hidden_numbers(spellings.numbers(terms))
    return Scene(pseudonyms, patient, cleaner, cleaner.leaks, raw, terms.uids, hidden)


@lru_cache(maxsize=64)
def _searched(terms: Terms) -> tuple[Cleaner, tuple[bytes, ...]]:
    """What looks for the terms; instances of one study share it."""
    variants = terms.variants()
    births = {text for date in terms.births for text in spellings.date_spellings(date)}
    sought = pattern(variants | births | spellings.initials(terms))
    joined = spellings.joined(terms)
    cleaner = Cleaner(terms.name_words(), terms.words(), sought, (), joined)
    long = {v.lower() for v in variants if len(v) >= MIN_DIGITS}
    return cleaner, tuple({v.encode(how, "ignore") for v in long for how in _IN_BINARY})


def cleaner_of(terms: Terms) -> Cleaner:
    """What cleans free text of a study."""
    return _searched(replace(terms, uids=frozenset()))[0]


def patient_of(header: Encoded) -> str:
    """Whom an instance belongs to: Patient ID, else name and date of birth, else the study."""
    number = header.text(PATIENT_ID)
    if number:
        return number
    named = f"{header.text(PATIENT_NAME)}|{header.text(_BIRTH_DATE)}".strip("|")
    return named or header.text(STUDY)
