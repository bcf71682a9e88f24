"""Hashes of files bound into one: a Merkle tree as of RFC 6962, over the names in their order."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

BLOCK: Final = 2**20


def hash_file(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal digits.

    Raises:
        OSError: it cannot be read.
    """
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def file_names(folder: Path) -> Iterator[str]:
    """Names of all files below a folder, relative to it with `/`; links are named, not followed."""
    for place, folders, files in os.walk(folder, followlinks=False):
        folders.sort()
        linked = [name for name in folders if (Path(place) / name).is_symlink()]
        for name in (*files, *linked):
            yield (Path(place) / name).relative_to(folder).as_posix()


def hash_files(folder: Path, done: Callable[[], None] = lambda: None) -> dict[str, str]:
    """SHA-256 of every file below a folder, by name; a link or pipe hashes to nothing.

    Args:
        folder: where they are.
        done: is called after each file.

    Raises:
        OSError: a file cannot be read.
    """
    found = {}
    for name in sorted(file_names(folder)):
        path = folder / name
        is_plain = path.is_file() and not path.is_symlink()
        found[name] = hash_file(path) if is_plain else ""
        done()
    return found


def root_of(files: Mapping[str, str]) -> str:
    """The root of the tree over names and hashes of files, in hexadecimal digits."""
    leaves = [_leaf(name, files[name]) for name in sorted(files)]
    return (_root(leaves) if leaves else hashlib.sha256(b"").digest()).hex()


def _leaf(name: str, digest: str) -> bytes:
    return hashlib.sha256(b"\0" + name.encode() + b"\0" + digest.encode()).digest()


def _root(level: Sequence[bytes]) -> bytes:
    """Level by level; a node without a neighbour goes up as it is, as RFC 6962 has it."""
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=False)
        above = [hashlib.sha256(b"\1" + one + other).digest() for one, other in pairs]
        level = above + list(level[len(level) // 2 * 2 :])
    return level[0]
