"""Checks of documents in an output: pages are pictures alone, words of models and CDA say nothing.

What can be read in pages is read as in any other picture; terms are looked for by `audit` in all
that is not compressed.
"""

from __future__ import annotations

from collections.abc import Iterator

from pixelscrub.audit.issues import Issue
from pixelscrub.audit.pairs import File
from pixelscrub.documents.kinds import DocumentKind, document_of, is_document
from pixelscrub.documents.pdf import Pdf, Picture
from pixelscrub.errors import HeldError
from pixelscrub.prove.formats.documents import check_pictures_only


def check_document(output: File, name: str) -> Iterator[Issue]:
    """What a document holds besides pictures; nothing of instances without a document."""
    if not is_document(str(output.header.get("SOPClassUID", ""))):
        return
    try:
        document = document_of(output.header)
        if document.kind is DocumentKind.PDF:
            check_pictures_only(document.data)
    except HeldError as error:
        yield Issue("document_not_clean", name, "(0042,0011)", str(error.reason))


def pages_of(output: File) -> Iterator[tuple[str, Picture]]:
    """The first, middle and last page of a PDF as a reader sees it, and which it is.

    Raises:
        HeldError: it cannot be drawn.
    """
    if not is_document(str(output.header.get("SOPClassUID", ""))):
        return
    document = document_of(output.header)
    if document.kind is not DocumentKind.PDF:
        return
    with Pdf(document.data) as pdf:
        for page in sorted({0, pdf.pages // 2, pdf.pages - 1}):
            yield f"page {page}", pdf.picture(page)
