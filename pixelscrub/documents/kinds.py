"""What an encapsulated document is: its bytes decide, and its class where they do not tell."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, NamedTuple

from pixelscrub.errors import HeldError, Reason

CLASSES: Final = "1.2.840.10008.5.1.4.1.1.104."
"""Beginning of the classes of encapsulated documents (PS3.4 B.5)."""
MAX_BYTES: Final = 2**30
PDF_MARK: Final = b"%PDF-"
PDF_MARK_WITHIN: Final = 1024
"""Bytes in which a PDF begins (ISO 32000-1 annex H, note 13)."""


class DocumentKind(StrEnum):
    """What a document is."""

    PDF = "pdf"
    CDA = "cda"
    STL = "stl"
    OBJ = "obj"
    MTL = "mtl"


BY_CLASS: Final[Mapping[str, DocumentKind]] = {
    f"{CLASSES}1": DocumentKind.PDF,
    f"{CLASSES}2": DocumentKind.CDA,
    f"{CLASSES}3": DocumentKind.STL,
    f"{CLASSES}4": DocumentKind.OBJ,
    f"{CLASSES}5": DocumentKind.MTL,
}


class Document(NamedTuple):
    """A document without its padding."""

    kind: DocumentKind
    data: bytes


def is_document(sop_class: str) -> bool:
    """Whether instances of a class hold a document."""
    return sop_class in BY_CLASS


def document_of(header: Any) -> Document:
    """The document in a data set.

    Args:
        header: a data set of one of the classes in `BY_CLASS`.

    Raises:
        HeldError: DOCUMENT_DAMAGED, where there is none; DOCUMENT_CONTENT, where it is another
            kind than any known.
    """
    data = header.get("EncapsulatedDocument")
    if not isinstance(data, bytes) or not data.strip(b"\0 \r\n"):
        raise HeldError(Reason.DOCUMENT_DAMAGED, "empty")
    if len(data) > MAX_BYTES:
        raise HeldError(Reason.DOCUMENT_DAMAGED, "too large")
    length = header.get("EncapsulatedDocumentLength")
    if isinstance(length, int) and len(data) - 1 == length:
        data = data[:-1]
    kind = BY_CLASS[str(header.SOPClassUID)]
    if PDF_MARK in data[:PDF_MARK_WITHIN]:
        kind = DocumentKind.PDF
    elif kind is DocumentKind.PDF:
        raise HeldError(Reason.DOCUMENT_DAMAGED, "no PDF")
    return Document(kind, data)
