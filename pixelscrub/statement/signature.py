"""Sign a statement with an Ed25519 key (RFC 8032); the package `cryptography` does it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pixelscrub.errors import MissingComponentError, UsageError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

INSTALL: Final = "install it with: pip install 'pixelscrub[sign]'"


def make_key(path: Path) -> str:
    """Write a new private key, readable by its owner alone.

    Args:
        path: a new file (PEM, PKCS #8).

    Returns:
        The public key, 64 hexadecimal digits.

    Raises:
        UsageError: the file exists, or cannot be written.
        MissingComponentError: `cryptography` is not installed.
    """
    serialization, ed25519 = _library()
    key = ed25519.Ed25519PrivateKey.generate()
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
    except OSError as error:
        raise UsageError(f"key cannot be written ({type(error).__name__})") from None
    return _public(key)


def sign(message: bytes, path: Path) -> dict[str, str]:
    """Public key and signature of a message.

    Args:
        message: what is signed.
        path: the private key (PEM), which nobody else may be able to read.

    Raises:
        UsageError: the key is open to others, missing, or no Ed25519 key.
        MissingComponentError: `cryptography` is not installed.
    """
    serialization, ed25519 = _library()
    try:
        if path.stat().st_mode & 0o077:
            raise UsageError("signing key is open to others; close it with chmod 600")
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise UsageError(f"signing key cannot be read ({type(error).__name__})") from None
    if not isinstance(key, ed25519.Ed25519PrivateKey):
        raise UsageError("signing key is no Ed25519 key")
    return {
        "algorithm": "Ed25519",
        "public_key": _public(key),
        "signature": key.sign(message).hex(),
    }


def holds(message: bytes, signature: dict[str, Any]) -> bool:
    """Whether a signature is that of its public key over the message.

    Raises:
        MissingComponentError: `cryptography` is not installed.
    """
    from_bytes = _library()[1].Ed25519PublicKey.from_public_bytes
    try:
        public = from_bytes(bytes.fromhex(signature["public_key"]))
        public.verify(bytes.fromhex(signature["signature"]), message)
    except Exception:  # a key or signature that is none, and one that does not fit
        return False
    return True


def _public(key: Ed25519PrivateKey) -> str:
    return key.public_key().public_bytes_raw().hex()


def _library() -> tuple[Any, Any]:
    try:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ed25519
    except ImportError:
        raise MissingComponentError("cryptography", INSTALL) from None
    return serialization, ed25519
