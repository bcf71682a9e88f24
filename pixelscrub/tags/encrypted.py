"""The original attributes, encrypted for whoever may restore them (PS3.15 E.1.1, C.12.1.1.4.1).

The Encrypted Attributes Sequence holds a CMS enveloped data content (RFC 5652; AES-256, key
transported with the RSA key of a certificate). Inside is a data set with one Modified Attributes
Sequence, whose only item has the attributes as they came in.
"""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixelscrub.dicom.elements import Encoding, head_of
from pixelscrub.dicom.writer import item, leaf, sequence
from pixelscrub.errors import MissingComponentError, RecipeError
from pixelscrub.identity import tables

if TYPE_CHECKING:
    from pydicom import Dataset

    from pixelscrub.dicom.parts import Encoded

SEQUENCE, SYNTAX, CONTENT = 0x04000500, 0x04000510, 0x04000520
EXPLICIT = "1.2.840.10008.1.2.1"
_MOST_BYTES = 2**16
"""Larger values are left out: they are pictures and tables, no identity."""
_FIRST = 0x00080000


def encrypted_attributes(header: Encoded, certificate: Path) -> bytes:
    """The Encrypted Attributes Sequence of a header, as an element in the header's encoding.

    Args:
        header: the original; its listed attributes at the top are put in.
        certificate: PEM file of whoever may restore them.

    Raises:
        RecipeError: the certificate cannot be used.
        MissingComponentError: the package cryptography is not installed.
    """
    how = header.how
    content = _enveloped(_originals(header), certificate)
    content += b"\0" * (len(content) % 2)
    body = leaf(SYNTAX, "UI", EXPLICIT, how), _binary(CONTENT, content, how)
    return sequence(SEQUENCE, [item(body, how)], how)


def decrypted_attributes(header: Dataset, certificate: Path, key: Path) -> Dataset:
    """The attributes as they were before the instance was de-identified.

    Args:
        header: of a de-identified instance.
        certificate: the PEM file that was used.
        key: PEM file of its private key, without a password.

    Raises:
        RecipeError: there are no encrypted attributes, or the key does not fit.
        MissingComponentError: the package cryptography is not installed.
    """
    from pydicom.filereader import read_dataset

    pkcs7, x509, serialization = _cryptography()
    try:
        content = bytes(header[SEQUENCE].value[0][CONTENT].value)
        own = x509.load_pem_x509_certificate(certificate.read_bytes())
        secret = serialization.load_pem_private_key(key.read_bytes(), None)
        plain = pkcs7.pkcs7_decrypt_der(_without_padding(content), own, secret, [])
        found = read_dataset(BytesIO(plain), False, True)
        restored: Dataset = found.ModifiedAttributesSequence[0]
    except (KeyError, IndexError, ValueError, OSError, AttributeError):
        raise RecipeError("attributes cannot be restored with this certificate and key") from None
    return restored


def _originals(header: Encoded) -> bytes:
    """The data set that is encrypted, in explicit little endian."""
    from pydicom import Dataset
    from pydicom.filebase import DicomBytesIO
    from pydicom.filereader import read_dataset
    from pydicom.filewriter import write_dataset

    data, found = header.pieces[0]
    listed = {e.tag for e in found if e.tag >= _FIRST and _is_listed(e.tag)}
    small = {e.tag for e in found if e.end - e.start <= _MOST_BYTES}
    whole = read_dataset(BytesIO(data[found[0].start :]), header.how.implicit, header.how.little)
    inner, outer = Dataset(), Dataset()
    for tag in listed & small & set(whole.keys()):
        inner.add(whole[tag])
    if "SpecificCharacterSet" in whole:
        outer.SpecificCharacterSet = inner.SpecificCharacterSet = whole.SpecificCharacterSet
    outer.ModifiedAttributesSequence = [inner]
    buffer = DicomBytesIO()
    buffer.is_implicit_VR, buffer.is_little_endian = False, True
    write_dataset(buffer, outer)
    return buffer.getvalue()


def _is_listed(tag: int) -> bool:
    row = tables.row(tag)
    return row is not None and row.basic != "K"


def _enveloped(plain: bytes, certificate: Path) -> bytes:
    """CMS enveloped data of `plain`, in DER."""
    pkcs7, _, serialization = _cryptography()
    from cryptography.hazmat.primitives.ciphers.algorithms import AES256

    builder = pkcs7.PKCS7EnvelopeBuilder().set_data(plain).set_content_encryption_algorithm(AES256)
    own = builder.add_recipient(_certificate(certificate))
    made: bytes = own.encrypt(serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary])
    return made


@lru_cache(maxsize=4)
def _certificate(path: Path) -> Any:
    _, x509, _ = _cryptography()
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError):
        raise RecipeError("certificate for the encrypted attributes cannot be read") from None


def _cryptography() -> tuple[Any, Any, Any]:
    """The modules pkcs7, x509 and serialization of the package, which is optional."""
    try:
        from cryptography import x509
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.serialization import pkcs7
    except ImportError:
        raise MissingComponentError("cryptography", "pip install 'pixelscrub[sign]'") from None
    return pkcs7, x509, serialization


def _binary(tag: int, data: bytes, how: Encoding) -> bytes:
    return head_of(tag, None if how.implicit else "OB", len(data), how) + data


def _without_padding(content: bytes) -> bytes:
    """DER says its own length; the byte that makes it even does not belong to it."""
    if content[1] < 0x80:
        return content[: 2 + content[1]]
    count = content[1] & 0x7F
    return content[: 2 + count + int.from_bytes(content[2 : 2 + count], "big")]
