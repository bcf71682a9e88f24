"""Redact a document: pages as pictures with what was found masked, other kinds without their words.

What a document says of itself in the header is made to fit: its length, and its identifier.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from pixelscrub.documents.cda import clean_cda, document_id
from pixelscrub.documents.kinds import Document, DocumentKind, document_of
from pixelscrub.documents.models import clean_model
from pixelscrub.documents.pages import write_pages
from pixelscrub.documents.pdf import DOTS_PER_INCH, Pdf, Picture
from pixelscrub.findings import Box, Finding
from pixelscrub.tags.deidentify import cleaner_of

if TYPE_CHECKING:
    from pixelscrub.identity.pseudonyms import Pseudonyms
    from pixelscrub.identity.terms import Terms

PDF_TYPE = "application/pdf"


def redact(
    header: Any, findings: Sequence[Finding], terms: Terms, pseudonyms: Pseudonyms
) -> tuple[bytes, str]:
    """The document of a data set as it may be released.

    Args:
        header: a data set with its document.
        findings: what is to be masked in pages.
        terms: what identifies in the study.
        pseudonyms: of the run.

    Returns:
        the new document, and what HL7 Instance Identifier is to say (empty where it was empty).

    Raises:
        HeldError: those of `document_of`, `Pdf`, `clean_cda` and `clean_model`.
    """
    document = document_of(header)
    root, _, extension = str(header.get("HL7InstanceIdentifier") or "").partition("^")
    identifier = document_id(root, extension, pseudonyms) if root else ""
    return redacted(document, findings, terms, pseudonyms), identifier


def redacted(
    document: Document, findings: Sequence[Finding], terms: Terms, pseudonyms: Pseudonyms
) -> bytes:
    """A document as it may be released; arguments and errors are those of `redact`."""
    if document.kind is DocumentKind.PDF:
        with Pdf(document.data) as pdf:
            return write_pages(masked_pages(pdf, findings), DOTS_PER_INCH)
    if document.kind is DocumentKind.CDA:
        return clean_cda(document.data, cleaner_of(terms), pseudonyms)
    return clean_model(document.data, document.kind, pseudonyms)


def masked_pages(pdf: Pdf, findings: Sequence[Finding]) -> Iterator[Picture]:
    """Each page as a picture with black where something is to go."""
    for page in range(pdf.pages):
        picture = pdf.picture(page)
        for box in boxes_of(findings, page):
            picture[max(box.y0, 0) : box.y1, max(box.x0, 0) : box.x1] = 0
        yield picture


def boxes_of(findings: Sequence[Finding], page: int) -> list[Box]:
    """What is masked in a page."""
    masked = (f for f in findings if f.action == "mask" and f.covers(page))
    return [found.box for found in masked if found.box is not None]
