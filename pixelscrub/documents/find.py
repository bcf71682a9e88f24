"""Find what identifies in the pages of a PDF: in its text layer, and in what is drawn.

Words of the text layer are judged as free text is: what is not known to be harmless goes, and so
do letters that are drawn where it has no word. What a page shows without its text is searched as
every picture is, letters and faces alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from pixelscrub.documents.kinds import DocumentKind, document_of
from pixelscrub.documents.pdf import PageText, Pdf, Picture
from pixelscrub.documents.redact import redacted
from pixelscrub.documents.unread import unread_letters
from pixelscrub.errors import HeldError, Reason
from pixelscrub.findings import Box, Finding
from pixelscrub.formats.wrapped import wrap_pages
from pixelscrub.identity.pseudonyms import Pseudonyms
from pixelscrub.identity.vocabulary import titles
from pixelscrub.photos.find import find_photographed_faces
from pixelscrub.pixels.image import Image
from pixelscrub.tags.deidentify import cleaner_of
from pixelscrub.text.find import find_text

if TYPE_CHECKING:
    from pixelscrub.identity.free_text import Cleaner
    from pixelscrub.identity.terms import Terms
    from pixelscrub.recipe import Recipe

PADDING_PX: Final = 1
"""Around the box of a word: the smoothed edge of a letter."""
TEXT_LAYER: Final = "text layer"
_LINE: Final = re.compile(r"[^\n]+")
_WORD: Final = re.compile(r"[^\W_]+")


def find_in_document(header: Any, recipe: Recipe, terms: Terms) -> list[Finding]:
    """What is to be masked in the pages of a PDF; nothing in documents of other kinds.

    Args:
        header: a data set with its document.
        recipe: what the user wants.
        terms: what identifies in the study.

    Returns:
        findings in pixels of pages as `Pdf.picture` draws them, a page counted as a frame.

    Raises:
        HeldError: DOCUMENT_HELD, where the recipe says so; those of `document_of`, of `Pdf` and of
            the text step.
    """
    if recipe.documents == "hold":
        raise HeldError(Reason.DOCUMENT_HELD)
    document = document_of(header)
    if document.kind is not DocumentKind.PDF:
        redacted(document, [], terms, Pseudonyms(bytes(32)))  # whether it can be
        return []
    cleaner = cleaner_of(terms)
    with Pdf(document.data) as pdf:
        return [found for page in range(pdf.pages) for found in _page(pdf, page, recipe, cleaner)]


def _page(pdf: Pdf, page: int, recipe: Recipe, cleaner: Cleaner) -> Iterator[Finding]:
    picture = pdf.picture(page)
    bare = pdf.picture(page, with_text=False)
    rows, columns = picture.shape[:2]
    layer = pdf.text(page)
    for box in (*words_to_go(layer, cleaner), *unread_letters(picture, bare, layer.words)):
        clipped = box.padded(PADDING_PX).clipped(columns, rows)
        if clipped.area:
            yield Finding(kind="text", box=clipped, frames=(page, page), source=TEXT_LAYER)
    for found in _drawn(bare, picture, recipe):
        yield found.model_copy(update={"frames": (page, page)})


def _drawn(bare: Picture, picture: Picture, recipe: Recipe) -> Iterator[Finding]:
    """Text and codes of a page without its text layer, and faces in its photographs."""
    if (bare != bare[:1, :1]).any():
        with wrap_pages([bare]) as file:
            yield from find_text(Image(file), recipe.text)
    if recipe.steps.face:
        with wrap_pages([picture]) as file:
            yield from find_photographed_faces(Image(file))


def words_to_go(page: PageText, cleaner: Cleaner) -> Iterator[Box]:
    """Boxes of the words of a page of which anything is to go."""
    stays = _staying(page.text, cleaner)
    for word in page.words:
        letters = range(word.start, word.end)
        if any(page.text[at].isalnum() and not stays[at] for at in letters):
            yield from word.boxes


def _staying(text: str, cleaner: Cleaner) -> bytearray:
    """For each character of a page whether it may stay.

    Lines are judged one by one, for what begins a line has nothing to do with what ended the one
    before, unless that was a title; terms of the study are found across lines.
    """
    stays = bytearray(len(text))
    before = ""
    for line in _LINE.finditer(text):
        title = before if before.lower() in titles() else ""
        shift = line.start() - len(title) - 1
        for start, end in cleaner.staying(f"{title} {line[0]}"):
            first = max(start + shift, line.start())
            stays[first : end + shift] = b"\1" * max(end + shift - first, 0)
        words = _WORD.findall(line[0])
        before = words[-1] if words else before
    for found in cleaner.leaks.finditer(text) if cleaner.leaks is not None else ():
        stays[found.start() : found.end()] = bytes(found.end() - found.start())
    return stays
