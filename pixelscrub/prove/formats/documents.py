"""Prove a written document: pages are pictures and nothing else, and say nothing that was to go.

The bytes that were written are opened again. What words the pages still show is told by the
original's text layer and the masks; a model or a clinical document is searched as it was written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import numpy as np
import numpy.typing as npt

from pixelscrub.documents.cda import words_of
from pixelscrub.documents.kinds import DocumentKind, document_of
from pixelscrub.documents.pdf import PageText, Pdf, Picture
from pixelscrub.documents.redact import boxes_of
from pixelscrub.documents.unread import unread_letters
from pixelscrub.errors import HeldError, Reason, guarded
from pixelscrub.findings import Box, Finding
from pixelscrub.prove.forbidden import claimed_options, needles, without_makers

if TYPE_CHECKING:
    from pixelscrub.identity.terms import Terms
    from pixelscrub.prove.search import Needles

PAGE_KEYS: Final = (b"/Annots", b"/AcroForm", b"/JavaScript", b"/JS", b"/EmbeddedFiles", b"/Info",
                    b"/Metadata", b"/Names", b"/OpenAction", b"/AA", b"/ID", b"/Font",
                    b"/Outlines")  # fmt: skip
"""What a PDF of pictures does not have; streams are looked at apart, they are compressed."""


def check_document(
    original: BinaryIO, written: BinaryIO, findings: Sequence[Finding], terms: Terms | None
) -> None:
    """Prove that a written document may be released.

    Args:
        original: the instance as it came in.
        written: what was written.
        findings: what was to be masked in its pages.
        terms: what identifies in the study; None where tags were not to be de-identified.

    Raises:
        HeldError: NOT_READABLE_AGAIN, SURPLUS_LEFT, PIXELS_CHANGED, TEXT_LEFT or IDENTIFIER_LEFT.
    """
    from pydicom import dcmread

    with guarded(Reason.NOT_READABLE_AGAIN):
        before, after = dcmread(original, force=True), dcmread(written)
        old, new = document_of(before), document_of(after)
    sought = None
    if terms is not None:
        sought = needles(without_makers(terms, before), claimed_options(after))
    if old.kind is not new.kind:
        raise HeldError(Reason.NOT_READABLE_AGAIN, "another kind of document")
    if new.kind is DocumentKind.PDF:
        _check_pdf(old.data, new.data, findings, sought)
    elif sought is not None:
        texts = words_of(new.data) if new.kind is DocumentKind.CDA else _lines(new.data)
        if any(sought.in_text(text.encode("utf-8")) for text in texts):
            raise HeldError(Reason.IDENTIFIER_LEFT, "in the document")


def _lines(data: bytes) -> Iterator[str]:
    """What of a model is text; numbers name nobody."""
    words = (line.split() for line in data.splitlines())
    yield from (" ".join(w.decode("latin-1") for w in line[1:2]) for line in words
                if line and line[0] in (b"o", b"g", b"usemtl", b"newmtl", b"solid"))  # fmt: skip


def _check_pdf(old: bytes, new: bytes, findings: Sequence[Finding], sought: Needles | None) -> None:
    check_pictures_only(new)
    with Pdf(old) as before, Pdf(new) as after:
        if before.pages != after.pages:
            raise HeldError(Reason.PIXELS_CHANGED, "number of pages")
        for page in range(before.pages):
            boxes = boxes_of(findings, page)
            shown, layer = before.picture(page), before.text(page)
            _check_page(shown, stored_picture(after, page), boxes)
            if sought is None:
                continue
            if _says(layer, boxes, sought):
                raise HeldError(Reason.IDENTIFIER_LEFT, f"page {page}")
            unread = unread_letters(shown, before.picture(page, with_text=False), layer.words)
            if not all(_is_covered(box, boxes) for box in unread):
                raise HeldError(Reason.TEXT_LEFT, f"page {page}")


def check_pictures_only(data: bytes) -> None:
    """Make sure that a PDF has a picture on each page and nothing else.

    Raises:
        HeldError: SURPLUS_LEFT, NOT_READABLE_AGAIN.
    """
    for part in _outside_streams(data):
        found = next((key for key in PAGE_KEYS if key in part), None)
        if found is not None:
            raise HeldError(Reason.SURPLUS_LEFT, "more than pictures in the document")
    with Pdf(data) as pdf:
        if pdf.attachments or any(pdf.text(page).text.strip() for page in range(pdf.pages)):
            raise HeldError(Reason.SURPLUS_LEFT, "text or files in the document")


def _outside_streams(data: bytes) -> Iterator[bytes]:
    at = 0
    while (start := data.find(b"\nstream\n", at)) >= 0:
        yield data[at:start]
        at = data.find(b"\nendstream", start)
        if at < 0:
            raise HeldError(Reason.NOT_READABLE_AGAIN, "a stream without an end")
    yield data[at:]


def stored_picture(pdf: Pdf, page: int) -> Picture:
    """The one picture of a page as it is stored, (rows, columns, 3).

    Raises:
        HeldError: SURPLUS_LEFT, where there are more things on the page or other ones.
    """
    pictures = pdf.stored(page)
    if len(pictures) != 1:
        raise HeldError(Reason.SURPLUS_LEFT, "more than a picture on a page")
    return pictures[0]


def _check_page(old: Picture, new: Picture, boxes: Sequence[Box]) -> None:
    if old.shape != new.shape:
        raise HeldError(Reason.PIXELS_CHANGED, "size of a page")
    gone = mask_of(old.shape, boxes)
    if (old[~gone] != new[~gone]).any():
        raise HeldError(Reason.PIXELS_CHANGED, "a page outside the mask")
    if new[gone].any():
        raise HeldError(Reason.FILL_MISSING, "a page inside the mask")


def mask_of(shape: tuple[int, ...], boxes: Sequence[Box]) -> npt.NDArray[np.bool_]:
    """Where a page of some shape is masked, (rows, columns)."""
    gone = np.zeros(shape[:2], np.bool_)
    for box in boxes:
        gone[max(box.y0, 0) : box.y1, max(box.x0, 0) : box.x1] = True
    return gone


def _says(page: PageText, boxes: Sequence[Box], sought: Needles) -> bool:
    """Whether words of the original that no mask covers hold anything that is sought."""
    letters = list(page.text)
    for word in page.words:
        if word.boxes and all(_is_covered(box, boxes) for box in word.boxes):
            letters[word.start : word.end] = " " * (word.end - word.start)
    return sought.in_text("".join(letters).encode("utf-8"))


def _is_covered(box: Box, boxes: Sequence[Any]) -> bool:
    return any(box.intersection(mask) == box for mask in boxes)
