"""Checks of NIfTI volumes in an output: no word in the header, the same place, no face."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from pixelscrub.audit.issues import Issue
from pixelscrub.errors import HeldError, Reason, guarded
from pixelscrub.prove.face_check import find_face

GZIP: Final = b"\x1f\x8b"
NAMED_GZIP: Final = 0x08
"""FNAME flag of RFC 1952: the file's name is kept in it."""
WORDS: Final = {348: ((4, 14), (14, 32), (148, 228), (228, 252), (328, 344)),
                540: ((240, 320), (320, 344), (508, 524))}  # fmt: skip
"""Places of texts in headers of NIfTI-1 (data_type, db_name, descrip, aux_file, intent_name) and
NIfTI-2 (descrip, aux_file, intent_name), by the size of the header."""


def split_volumes(others: Sequence[str], out: Path) -> tuple[list[str], list[str]]:
    """Names of NIfTI volumes of an output, and those of what is nothing that is known."""
    volumes = [
        name for name in others if name.endswith((".nii", ".nii.gz")) and (out / name).is_file()
    ]
    return volumes, [name for name in others if name not in volumes]


def check_volumes(
    volumes: Sequence[str], originals: Mapping[str, Path | None], out: Path
) -> Iterator[Issue]:
    """Check volumes; beside their originals where those are known."""
    for name in volumes:
        try:
            with guarded(Reason.NOT_READABLE_AGAIN):
                yield from _check(out / name, originals.get(name), name)
        except HeldError:
            yield Issue("unreadable", name)


def _check(path: Path, original: Path | None, name: str) -> Iterator[Issue]:
    from pixelscrub.face.nifti.file import read_nifti

    raw = path.read_bytes()
    if raw[:2] == GZIP:
        if raw[3] & NAMED_GZIP:
            yield Issue("surplus_left", name, detail="name in gzip")
        raw = gzip.decompress(raw)
    size = int.from_bytes(raw[:4], "little")
    size = size if size in WORDS else int.from_bytes(raw[:4], "big")
    if any(raw[start:end].strip(b"\0 ") for start, end in WORDS[size]):
        yield Issue("surplus_left", name, detail="text in the header")
    if len(raw) > size and raw[size]:
        yield Issue("surplus_left", name, detail="an extension of the header")
    written = read_nifti(path)
    if original is None:
        yield Issue("no_original", name)
    else:
        before = read_nifti(original)
        same_place = np.allclose(before.affine, written.affine, atol=1e-3)
        if before.voxels.shape != written.voxels.shape or not same_place:
            yield Issue("geometry_changed", name)
    x, y, z = (float(side) for side in np.linalg.norm(written.affine[:3, :3], axis=0))
    if find_face(written.real(written.times[0]).astype(np.float32), (z, y, x)).is_face:
        yield Issue("face_left", name)
